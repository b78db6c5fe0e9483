"""Fit a sweep: one store, one plan over all cells, each model compiled once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sbc.fitting import handed, loop, origin, preflight
from sbc.fitting.allowed import expects_uniform
from sbc.fitting.fit import Task
from sbc.fitting.functions import with_functions
from sbc.fitting.setup import design
from sbc.plugins.errors import UserError
from sbc.store.database import Store
from sbc.store.folder import read_run, write_run
from sbc.store.settings import Settings
from sbc.store.shard import WHOLE, Shard
from sbc.studies.sweep.doubt import Doubts, doubts, spend
from sbc.studies.sweep.factors import OPTION, TRUTH
from sbc.studies.sweep.panels import where
from sbc.studies.sweep.plan import Plan
from sbc.studies.sweep.read import EXPECTED, load_sweep, plan_of
from sbc.studies.sweep.same import copy, shared


def create(
    settings: Settings, plan: Plan, folder: Path, command: list[str] | None = None,
    part: Shard = WHOLE, overwrite: bool = False, **besides: Any,
) -> Store:  # fmt: skip
    """Check settings and plan, and make the sweep's folder, or that of one part of it.

    Parameters
    ----------
    settings, plan
        Of the sweep.
    folder, command, part, overwrite
        As for `sbc.fitting.loop.create`.
    **besides
        What ``run.json`` says besides.

    Raises
    ------
    UserError
        If something cannot be, or the folder cannot be used.
    """
    grid = plan.grid
    _check_data(plan, settings)
    more: dict[str, Any] = {"sweep": plan.to_json(), **besides}
    if {TRUTH, OPTION} & set(grid.kinds.values()):
        _check_truths(plan, settings)
        more[EXPECTED] = [_expected(plan, settings, cell) for cell in range(len(grid.cells))]
    first = grid.labelled(settings, 0)
    return loop.create(settings, folder, command, part, first, overwrite, **more)


def _check_data(plan: Plan, settings: Settings) -> None:
    """Draw a dataset of every cell, before anything is made.

    Raises
    ------
    UserError
        If the generator can draw none in one of them.
    """
    seen: set[tuple[str, str]] = set()
    for number, levels in enumerate(plan.grid.cells):
        cell = plan.grid.labelled(settings, number)
        if (key := (cell.truth, str(cell.parameters))) not in seen:
            seen.add(key)
            try:
                design(cell)
            except UserError as problem:
                raise UserError(f"in the cell {where(levels)}: {problem.neutral}") from problem


def _check_truths(plan: Plan, settings: Settings) -> None:
    """Try the models in every regime but the first, in which they are tried anyway.

    Raises
    ------
    UserError
        If an estimator cannot be in one of them.
    """
    cells = [plan.grid.labelled(settings, cell) for cell in range(len(plan.grid.cells))]
    seen = {cells[0].truth}
    for cell in cells:
        if cell.truth not in seen:
            seen.add(cell.truth)
            preflight.estimands(with_functions(cell))


def _expected(plan: Plan, settings: Settings, cell: int) -> list[str]:
    """List the estimators whose ranks are expected to be uniform in a cell."""
    alone = plan.grid.settings(settings, cell)
    return [n for n in settings.estimators if expects_uniform(alone, plan.grid.spec(n, cell))]


def tasks(settings: Settings, plan: Plan) -> Iterator[Task]:
    """List the fits of a sweep, estimator by estimator, so that each model is compiled once."""
    cells = [plan.grid.settings(settings, cell) for cell in range(len(plan.grid.cells))]
    for engine in settings.fitters:
        for estimator in (name for name, by in settings.pairs if by == engine):
            for cell, process in enumerate(cells):
                spec = plan.grid.spec(estimator, cell)
                for k in range(plan.datasets[estimator][cell]):
                    yield Task(process, spec, engine, k, cell, estimator)


def execute(
    folder: Path,
    settings: Settings,
    plan: Plan,
    jobs: int,
    progress: bool = True,
    watch: Callable[[Plan, Doubts], None] = lambda plan, open_: None,
    allow_versions: bool = False,
    **executor: Any,
) -> Plan:
    """Fit what is missing of a plan; then, batch by batch, what its precision and bounds ask for.

    Parameters
    ----------
    folder : Path
        Of the sweep.
    settings, plan
        Take the place of those that are there; `resumed` says whether they can.
    jobs : int
        Workers.
    progress : bool
        Whether to draw a progress bar on stderr.
    watch : callable
        Told the plan and what is in doubt after each batch.
    allow_versions : bool
        Whether what is there may have been made with other versions of packages.
    **executor
        Of `sbc.fitting.loop.execute`.

    Returns
    -------
    Plan
        With what has been spent.

    Raises
    ------
    UserError
        As `sbc.fitting.loop.execute`, and if models, data or versions of packages have changed
        since the sweep was made.
    """
    run = read_run(folder)
    origin.check_files(folder, run, settings)
    noted = origin.check_versions(folder, run, allow_versions)
    part = run.shard
    open_: Doubts | None = None
    while True:
        with Store.open(folder, write=True) as store:
            run = read_run(folder)
            whole = {"settings": settings.to_json(), "sweep": plan.to_json()}
            write_run(folder, run | noted | whole)
            fits = shared(plan, tasks(settings, plan), part)
            try:
                loop.execute(settings, store, jobs, progress=progress, tasks=fits.made, **executor)
            finally:
                copy(store, fits)
        if not (plan.precision or plan.bounds) or part != WHOLE:
            return plan
        sweep = load_sweep(folder)
        open_ = doubts(sweep, open_)
        watch(plan, open_)
        more = spend(sweep, open_) if plan.precision else {}
        if not more:
            return plan
        plan = plan.grown(more)


def resumed(folder: Path, settings: Settings) -> Plan:
    """Check that a sweep can go on with these settings, and give its plan.

    Raises
    ------
    UserError
        If the folder is no sweep, or was made with other settings.
    """
    run = read_run(folder)
    plan = plan_of(folder, run)
    made = run.settings
    made.check_same(settings, str(folder))
    handed.check(run, settings, folder)
    return plan.at_least(settings.datasets) if settings.datasets > made.datasets else plan
