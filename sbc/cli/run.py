"""``sbc run``: the main job."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import signal
import sys
import time
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

from sbc import registry
from sbc.cli.main import INTERRUPTED, OK
from sbc.contracts import Budget
from sbc.errors import UserError
from sbc.settings import Settings, parameters_of, parse_parameter, validate

#: What is used where neither the user nor a resumed run says otherwise.
DEFAULTS: dict[str, Any] = {
    "estimator": "mundlak",
    "generator": "confound",
    "engine": "nutpie",
    "datasets": 200,
    "seed": 1,
    "draws": 500,
    "tune": 200,
    "chains": 2,
    "target_accept": 0.8,
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options; none has a default here, so that --resume knows what was asked for."""
    declare_settings(parser)
    add = parser.add_argument
    add("--datasets", type=int, metavar="N", help="simulated datasets (default 200)")
    add("--jobs", type=int, metavar="N", help="workers (default: all cores)")
    add("--out", type=Path, metavar="DIR", help="the run's folder (default: reports/<name of run>)")
    add("--resume", type=Path, metavar="DIR", help="go on with a run that was stopped")
    add("--profile", action="store_true", help="say where the time went")
    add("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(function=main)


def declare_settings(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say what one fit is, for this command and others that fit."""
    add = parser.add_argument
    add("--estimator", metavar="NAME[,NAME...]", help="estimators, or 'all' (default mundlak)")
    add("--generator", metavar="NAME", help="the simulated world (default confound)")
    add(
        "--truth", metavar="REGIME", help="how the truth is chosen (default: the generator's first)"
    )
    add("--set", metavar="NAME=VALUE", action="append", help="a parameter of the generator")
    add("--engine", metavar="NAME[,NAME...]", help="samplers (default nutpie)")
    add("--seed", type=int, metavar="N", help="of all random numbers (default 1)")
    add("--draws", type=int, metavar="N", help="draws a chain (default 500)")
    add("--tune", type=int, metavar="N", help="warm-up steps a chain (default 200)")
    add("--chains", type=int, metavar="N", help="chains a fit (default 2)")
    add("--target-accept", type=float, metavar="P", help="of the step size (default 0.8)")


def main(arguments: argparse.Namespace) -> int:
    """Run or resume, then print the table."""
    began = time.perf_counter()
    jobs, settings = prepared(arguments)
    from sbc import run

    if arguments.resume is not None:
        store, settings = run.resume(arguments.resume, settings)
    else:
        store = run.create(settings, arguments.out or default_folder(settings))
    imported = time.perf_counter()
    try:
        with store:
            profile = run.execute(settings, store, jobs, progress=not arguments.quiet)
    except KeyboardInterrupt:
        return _interrupted(store.folder)
    fitted = time.perf_counter()
    _print_table(store.folder)
    if arguments.profile:
        profile.importing = imported - began
        profile.summing_up = time.perf_counter() - fitted
        print(f"\n{profile.describe()}")
    _write_report(store.folder)
    return OK


def prepared(arguments: argparse.Namespace) -> tuple[int, Settings]:
    """Check what was asked for, by this command or another that runs: workers and settings.

    Raises
    ------
    UserError
        For options that cannot be, alone or together.
    """
    jobs = arguments.jobs if arguments.jobs is not None else os.cpu_count() or 1
    if jobs < 1:
        raise UserError(f"--jobs must be at least 1, not {jobs}")
    if arguments.resume is not None and arguments.out is not None:
        raise UserError("--out starts a new run and --resume goes on with one; name one of them")
    settings = _settings(arguments)
    validate(settings)
    _interruptible()
    return jobs, settings


def _settings(arguments: argparse.Namespace) -> Settings:
    """Take each setting from the command line, else from the run resumed, else the default."""
    base = _resumed(arguments.resume)
    settings = settings_over(base, arguments)
    if base is not None:
        base.check_same(settings, str(arguments.resume))
    return settings


def settings_over(base: Settings | None, arguments: argparse.Namespace) -> Settings:
    """Take each setting from the command line, else from a run, else the default.

    Raises
    ------
    UserError
        For names that there are not.
    """
    if base is None:
        names = ("draws", "tune", "chains", "target_accept")
        base = Settings(
            generator=DEFAULTS["generator"],
            truth="",
            estimators=(DEFAULTS["estimator"],),
            engines=(DEFAULTS["engine"],),
            datasets=DEFAULTS["datasets"],
            seed=DEFAULTS["seed"],
            budget=Budget(**{name: DEFAULTS[name] for name in names}),
        )

    def given(name: str, otherwise: Any) -> Any:
        value = getattr(arguments, name)
        return otherwise if value is None else value

    generator = given("generator", base.generator)
    made = registry.generator(generator)
    truth = given("truth", base.truth or next(iter(made.regimes)))
    parameters = dict(base.parameters)
    for text in arguments.set or []:
        name, value = parse_parameter(text, generator, truth)
        parameters[name] = value
    defaults = parameters_of(made, truth)
    return Settings(
        generator=generator,
        truth=truth,
        estimators=_names("estimator", given("estimator", base.estimators)),
        engines=_names("engine", given("engine", base.engines)),
        datasets=given("datasets", base.datasets),
        seed=given("seed", base.seed),
        budget=Budget(
            draws=given("draws", base.budget.draws),
            tune=given("tune", base.budget.tune),
            chains=given("chains", base.budget.chains),
            target_accept=given("target_accept", base.budget.target_accept),
        ),
        parameters={n: v for n, v in parameters.items() if v != defaults.get(n)},
    )


def _resumed(folder: Path | None) -> Settings | None:
    if folder is None:
        return None
    from sbc.store import Store, read_run

    run = read_run(folder)
    Store.open(folder).close()
    return Settings.from_json(run["settings"])


def _names(kind: str, chosen: str | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(chosen, tuple):
        return chosen
    if chosen == "all":
        return tuple(registry.standard(kind))
    return tuple(name.strip() for name in chosen.split(",") if name.strip())


def default_folder(settings: Settings) -> Path:
    """Name a run after what it is and when it began."""
    stems = [re.sub(r"\W", "-", Path(name).name) for name in settings.estimators]
    what = "-".join(stems) if len(stems) < 4 else f"{len(stems)}-estimators"
    when = datetime.now().strftime("%Y%m%d-%H%M%S")
    generator = re.sub(r"\W", "-", Path(settings.generator).name)
    return Path("reports") / f"{when}-{generator}-{settings.truth}-{what}"


def _interruptible() -> None:
    """Let a batch system's SIGTERM end a run as Ctrl-C does."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


def _interrupted(folder: Path) -> int:
    from sbc.store import Store

    with Store.open(folder) as store:
        kept = len(store.done())
    command = f"python -m sbc run --resume {shlex.quote(str(folder))}"
    print(f"sbc: interrupted; {kept} fits are kept. Go on with: {command}", file=sys.stderr)
    return INTERRUPTED


def _print_table(folder: Path) -> None:
    from sbc.read import load_run
    from sbc.table import render

    print(f"\n{render(load_run(folder))}\n\nrun folder: {folder}", flush=True)


def _write_report(folder: Path) -> None:
    from sbc.read import load_run
    from sbc.report.write import write_page

    try:
        print(f"report: {write_page([load_run(folder)])}")
    except UserError as problem:  # the run is made and kept all the same
        print(f"sbc: no report: {problem}", file=sys.stderr)
