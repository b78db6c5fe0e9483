"""Fit and judge by turns, until every check is decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sbc.fitting.allowed import expects_uniform, regimes_of
from sbc.fitting.deadline import NEVER, Deadline
from sbc.gates.baseline import TOLERANCE
from sbc.gates.checks import Subject, checks_of
from sbc.gates.config import Config
from sbc.gates.expectations import Better, Calibrated, Unmoved
from sbc.gates.forward import SHARE
from sbc.gates.forward_file import write_forward
from sbc.gates.gate import Gate, judge_run, nothing_expected
from sbc.gates.judge import Check, rival
from sbc.gates.words import keep
from sbc.plugins.engine import FUNCTION
from sbc.plugins.errors import TimeUpError, option
from sbc.stats.sequential.power import detectable
from sbc.store.database import Store
from sbc.store.folder import read_run
from sbc.store.frames import Run, load_run
from sbc.store.settings import Settings
from sbc.studies.check import check

if TYPE_CHECKING:
    from sbc.fitting.workers.threads import HandOut

BATCH = 25
"""Datasets between two looks. Looking costs nothing in error rates."""

LOOKED_AT = 400
"""Datasets of which generator and model are compared before the first fit, at most."""

LEAST = 10
"""Datasets below which no fault shows."""


def judge_while_running(
    settings: Settings,
    folder: Path,
    config: Config,
    *,
    jobs: int,
    resume: bool = False,
    allow_versions: bool = False,
    overwrite: bool = False,
    baseline: Run | None = None,
    tolerance: float = TOLERANCE,
    command: list[str] | None = None,
    watch: Callable[[Gate], None] = lambda gate: None,
    begun: Callable[[], None] = lambda: None,
    say: Callable[[str], None] = lambda line: None,
    hand_out: HandOut | None = None,
    deadline: Deadline = NEVER,
) -> Gate:
    """Fit batch after batch of datasets until every check is decided.

    Parameters
    ----------
    settings : Settings
        What to fit; the number of datasets is chosen here.
    folder : Path
        The run's folder: a new one, or one to go on with.
    config : Config
        What is expected, and after how many datasets to give up.
    jobs : int
        Workers.
    resume : bool
        Whether `folder` is a run already.
    allow_versions : bool
        Whether that may have been made with other versions of packages.
    overwrite : bool
        Whether a run that the folder holds gives way, once the new one is there.
    baseline, tolerance
        As for `judge_run`.
    command : list of str, optional
        How it was asked for; by default the process's own arguments.
    watch : callable
        Called with the verdicts after each batch.
    begun : callable
        Called as soon as there is a run that can be gone on with.
    say : callable
        Told before the first fit what the gate can see.
    hand_out : callable, optional
        Gives the fits to workers, as for `sbc.fitting.loop.execute`.
    deadline : Deadline
        When to stop: what is not decided by then is inconclusive.

    Returns
    -------
    Gate
        What is decided, of one estimator by one engine, is not fitted to the datasets that others
        still need.

    Raises
    ------
    UserError
        As `judge_run`, or if the run cannot be made.
    """
    from sbc.fitting import loop

    _check_expected(settings, config, baseline)
    config = replace(config, max_datasets=config.limit)

    def look() -> Gate:
        return judge_run(load_run(folder), config, baseline, tolerance)

    n, waiting = min(BATCH, config.limit), settings.pairs
    if resume:
        gate, n = look(), settings.datasets
        if not (waiting := _waiting(gate)):
            return _kept(gate)
    else:
        gate = None
    first = True
    while True:
        grown = replace(settings, datasets=n)
        if resume:
            store, grown = loop.resume(folder, grown, allow_versions)
        else:
            store, resume = loop.create(grown, folder, command, overwrite=overwrite), True
        begun()
        with store:
            if first and gate is None and _differ_before_any_fit(grown, folder, config):
                return _kept(look())
            if first:
                say(sees(grown, read_run(folder), config.limit, config))
            first = False
            try:
                _fit(grown, waiting, store, jobs, hand_out=hand_out, deadline=deadline)
            except TimeUpError as stopped:
                say(f"{stopped.neutral}; {_how_to_go_on(folder)}")
                return _kept(_undecided(look(), gate), cut=_looked_at(gate))
        gate = look()
        watch(gate)
        waiting = _waiting(gate)
        if not waiting or n >= config.limit:
            return _kept(gate)
        n = min(n + BATCH, config.limit)


def _looked_at(gate: Gate | None) -> int:
    """Count the leading datasets of the last whole look."""
    return 0 if gate is None else max((found.n for found in gate.failures), default=0)


def _kept(gate: Gate, cut: int | None = None) -> Gate:
    """Keep what was asked, and if its time was up how many leading datasets count."""
    there = None if cut is None else (len(load_run(gate.folder).fits), cut)
    keep(gate, fitted=True, cut=there)
    return gate


def _differ_before_any_fit(settings: Settings, folder: Path, config: Config) -> bool:
    """Compare generator and models of which uniform ranks are asked and expected, and keep it."""
    asked = {
        c.estimator for c in _checks(settings, config) if isinstance(c.expectation, Calibrated)
    }
    models = [name for name in settings.estimators if name not in settings.functions]
    names = tuple(n for n in models if n in asked and expects_uniform(settings, n))
    if not names or (settings.regime.own and not settings.simulator):
        return False
    n = min(config.limit, LOOKED_AT)
    found = check(
        replace(settings, estimators=names, functions=(), datasets=n), config.alpha_fail * SHARE
    )
    write_forward(folder, found)
    return any(one.faults for one in found)


def _fit(
    settings: Settings,
    waiting: list[tuple[str, str]],
    store: Store,
    jobs: int,
    hand_out: HandOut | None,
    deadline: Deadline,
) -> None:
    """Fit who waits, as (estimator, engine), to the datasets that there are."""
    from sbc.fitting import loop
    from sbc.fitting.workers import local

    for engine in settings.fitters:
        names = tuple(name for name, by in waiting if by == engine)
        functions = tuple(name for name in names if name in settings.functions)
        mine = replace(settings, estimators=names, engines=(engine,), functions=functions)
        loop.execute(
            *(mine, store, jobs),
            progress=False,
            hand_out=hand_out or local.fits,
            deadline=deadline,
        )


def _how_to_go_on(folder: Path) -> str:
    """Say how; what is expected of a run stands in no run."""
    same = f"{option('preset')}, {option('config')} and {option('expect')}"
    return f"continue with {option('resume', folder)}, with the same {same}"


def _undecided(partial: Gate, before: Gate | None) -> Gate:
    """Take back what a batch that was cut short decided: its quick fits came first."""
    known = {} if before is None else {v.check: v.outcome for v in before.verdicts}
    verdicts = tuple(
        v if known.get(v.check) == v.outcome else replace(v, outcome="inconclusive")
        for v in partial.verdicts
    )
    return replace(partial, verdicts=verdicts)


def _check_expected(settings: Settings, config: Config, baseline: Run | None) -> None:
    """Refuse, before the first fit, what is wrongly named, or that nothing is expected at all."""
    if not _checks(settings, config) and baseline is None:
        raise nothing_expected(settings)


def _checks(settings: Settings, config: Config) -> list[Check]:
    expected_uniform = [name for name in settings.estimators if expects_uniform(settings, name)]
    empty: dict[str, list[str]] = {name: [] for name in settings.estimators}
    subject = Subject(settings, expected_uniform, empty, empty, regimes_of(settings))
    return checks_of(config, subject)


def sees(settings: Settings, run: Mapping[str, Any], max_datasets: int, config: Config) -> str:
    """Say the least fault of ranks that so many datasets show.

    Parameters
    ----------
    settings, run
        A run's settings and what ``run.json`` says of it.
    max_datasets : int
        Datasets after which the gate gives up, at least 1.
    config : Config
        The gate's error rates.
    """
    if max_datasets < LEAST:
        return f"{max_datasets} datasets show no fault of the ranks: allow at least {LEAST}"
    # Every estimand and the log likelihood are a stream each.
    streams = sum(
        (len(names) + 1) * sum(engine != FUNCTION for engine in settings.engines_of(name))
        for name, names in run["estimands"].items()
    )
    fault = detectable(max_datasets, max(1, streams), config.alpha_fail)
    return (
        f"with up to {max_datasets} datasets this gate detects, with a chance of 80 %, a bias of "
        f"{fault.bias:.2f} posterior sds, or posterior sds {fault.sd_low:.2f} or "
        f"{fault.sd_high:.2f} times the right size"
    )


def _waiting(gate: Gate) -> list[tuple[str, str]]:
    """List what needs more datasets, as (estimator, engine); nothing if all is settled."""
    if gate.outcome == "fail" or any(found.surely for found in gate.failures):
        return []
    there = {(found.estimator, found.engine): found.n for found in gate.failures}
    waiting = set()
    for verdict in gate.verdicts:
        check = verdict.check
        key = (check.estimator, check.engine)
        if verdict.outcome != "inconclusive":
            continue
        if isinstance(check.expectation, Unmoved) and verdict.n < there[key]:
            continue  # the baseline has no more to compare with
        waiting.add(key)
        if isinstance(check.expectation, Better):
            waiting.add(rival(check, check.expectation))
    return [p for p in gate.settings.pairs if p in waiting]
