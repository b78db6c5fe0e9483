"""``sbc run``: fit estimators to simulated datasets."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sbc.cli import options
from sbc.cli.supervise import after_a_crash
from sbc.fitting.asked import limit_of
from sbc.fitting.options import default_folder
from sbc.plugins.errors import ExitCode, TimeUpError, TooManyFailuresError, UserError, in_shell
from sbc.store.settings import Settings
from sbc.store.shard import Shard

if TYPE_CHECKING:
    from sbc.store.frames import Run
    from sbc.store.precision import Precision


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    declare_run(parser)
    add = parser.add_argument
    add(
        "--precision",
        action="append",
        metavar="METRIC=ERROR[,...]",
        help="add datasets until Monte Carlo errors are this small: bias=0.01,coverage_95=0.007",
    )
    add("--max-datasets", type=int, metavar="N", help="with --precision: at most (default 1000)")


def declare_run(parser: argparse.ArgumentParser) -> None:
    """Declare the options of a run of so many datasets, for this command and for ``sbc gate``.

    None has a default here, so that --resume knows what was asked for.
    """
    options.declare_settings(parser)
    add = parser.add_argument
    add(
        "--datasets",
        type=int,
        metavar="N",
        help=f"simulated datasets (default {Settings.datasets})",
    )
    add("--out", type=Path, metavar="DIR", help="the run's folder (default: reports/<name of run>)")
    add(
        "--resume", type=Path, metavar="DIR", help="go on with a run; runs the model files it names"
    )
    options.declare_executor(parser)
    add("--max-failures", metavar="N", help="stop when more fits fail: a count, or a share as 10%%")
    add("--profile", action="store_true", help="say where the time went")
    add("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Run or resume, then print the table."""
    began = time.perf_counter()
    jobs, settings = options.prepared(arguments)
    part = options.part_of(arguments, settings)
    limit = limit_of(arguments.max_failures)
    precision = _precision(arguments, settings, part)
    # What is wrong with a cluster is told before anything is made.
    with options.executor_of(arguments, settings) as executor:
        how = {"jobs": jobs, "progress": not arguments.quiet, "limit": limit, **executor}
        return _fit(arguments, settings, part, precision, how, began)


def _precision(arguments: argparse.Namespace, settings: Settings, part: Shard) -> Precision | None:
    """Read which errors are to be reached, or take those of the run that is resumed."""
    from sbc.store.folder import read_run
    from sbc.store.precision import parse, plan

    before = None if arguments.resume is None else read_run(arguments.resume).precision
    errors = None if arguments.precision is None else parse(arguments.precision)
    return plan(settings, errors, arguments.max_datasets, before, part)


def _fit(
    arguments: argparse.Namespace,
    settings: Settings,
    part: Shard,
    precision: Precision | None,
    how: dict[str, Any],
    began: float,
) -> int:
    from sbc.fitting import loop
    from sbc.store.frames import load_run
    from sbc.studies import precise

    if arguments.resume is not None:
        store, settings = loop.resume(arguments.resume, settings, arguments.allow_versions)
    else:
        store = loop.create(settings, arguments.out or default_folder(settings, part), part=part)
    imported = time.perf_counter()
    after_a_crash(options.going_on(store.folder))
    try:
        profile = precise.execute(settings, store, precision=precision, told=_tell, **how)
    except KeyboardInterrupt:
        return _interrupted(store.folder)
    except TimeUpError as stopped:
        print(
            f"sbc: {in_shell(stopped.neutral)}. "
            f"Go on with: {options.resume_command('run', store.folder)}",
            file=sys.stderr,
        )
        profile = None
    except TooManyFailuresError as stopped:
        raise options.with_hint(stopped, store.folder) from None
    fitted = time.perf_counter()
    run = load_run(store.folder)
    _print_table(run)
    shown = time.perf_counter()
    _write_report(run)
    if arguments.profile and profile is not None:
        profile.importing = imported - began
        profile.summing_up = shown - fitted
        profile.reporting = time.perf_counter() - shown
        print(f"\n{profile.describe()}")
    if run.all_failed:
        return ExitCode.FAILED_FITS
    return ExitCode.OK if profile is not None else ExitCode.UNDECIDED


def _tell(text: str) -> None:
    print(f"sbc: {text}", file=sys.stderr, flush=True)


def _interrupted(folder: Path) -> int:
    from sbc.store.database import Store

    with Store.open(folder) as store:
        kept = len(store.done())
    command = options.resume_command("run", folder)
    print(f"sbc: interrupted; {kept} fits are kept. Go on with: {command}", file=sys.stderr)
    return ExitCode.INTERRUPTED


def _print_table(run: Run) -> None:
    from sbc.report.table import render

    print(f"\n{in_shell(render(run))}\n\nrun folder: {run.folder}", flush=True)


def _write_report(run: Run) -> None:
    from sbc.report.write import write_page

    try:
        print(f"report: {write_page([run])}")
    except UserError as problem:  # the run is made and kept all the same
        print(f"sbc: no report: {in_shell(problem.neutral)}", file=sys.stderr)
