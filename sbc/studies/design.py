"""Find the smallest study that delivers what is asked, by bisection over a grid of sizes.

Each size that is looked at is a cell of a sweep, fitted until a sequential test has decided. The
chance of naming a size that does not reach the assurance is at most `ALPHA`: it is shared out over
the sizes that a bisection of this grid looks at. What is taken for granted is that larger studies
give narrower intervals; a size that is not decided counts as too small.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sbc.plugins.errors import UserError, option
from sbc.stats.sequential.outcome import Outcome
from sbc.store.folder import RUN_FILE, read_run
from sbc.store.settings import Settings
from sbc.studies.sweep import fit
from sbc.studies.sweep.doubt import BATCH
from sbc.studies.sweep.factors import Level
from sbc.studies.sweep.goal import KEPT, Delivered, Goal, delivered, of_all
from sbc.studies.sweep.grid import Grid
from sbc.studies.sweep.plan import Plan, initial
from sbc.studies.sweep.read import load_sweep, plan_of

ALPHA = 0.05


@dataclass(frozen=True)
class Looked:
    """What was found at one size."""

    cell: int
    value: Level
    outcome: Outcome
    found: list[Delivered]


def looks(sizes: int) -> int:
    """Count the sizes that a bisection looks at, at most: the largest, and then halves."""
    return 1 + math.ceil(math.log2(sizes)) if sizes > 1 else 1


def bisect(sizes: int, settle: Callable[[int], Outcome]) -> int | None:
    """Find the first of sizes 0, 1, … that passes, if every one after one that passes does too.

    Parameters
    ----------
    sizes : int
        How many there are, at least 1.
    settle : callable
        Gives the outcome of one; anything but a pass counts as too small.

    Returns
    -------
    int or None
        None if the last one does not pass.
    """
    if settle(sizes - 1) != "pass":
        return None
    low, high = -1, sizes - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if settle(middle) == "pass" else (middle, high)
    return high


def design(
    folder: Path,
    settings: Settings,
    plan: Plan,
    goal: Goal,
    jobs: int,
    progress: bool = True,
    watch: Callable[[Looked], None] = lambda looked: None,
    begun: Callable[[], None] = lambda: None,
    **executor: Any,
) -> tuple[int | None, list[Looked]]:
    """Fit and judge size after size.

    Parameters
    ----------
    folder : Path
        Of a sweep that is there, or of a new one.
    settings : Settings
        One estimator and one engine; `datasets` is the least number on which a size passes.
    plan : Plan
        Its grid has one parameter, the size; `max_datasets` limits the datasets of each.
    goal : Goal
        What is asked.
    jobs : int
        Workers.
    progress : bool
        Whether to draw a progress bar on stderr.
    watch : callable
        Told of each size when it is settled.
    begun : callable
        Called when there is a folder to go on with.
    **executor
        Of `sbc.fitting.loop.execute`.

    Returns
    -------
    int or None, list of Looked
        The number of the smallest size that passes, and all that were looked at, in that order.
    """
    if not (folder / RUN_FILE).exists():
        kept: dict[str, Any] = {KEPT: asdict(goal)}
        fit.create(settings, plan, folder, **kept).close()
    begun()
    (values,) = plan.grid.vary.values()
    alpha = ALPHA / looks(len(values))
    (estimator,) = settings.estimators
    seen: list[Looked] = []

    def settle(cell: int) -> Outcome:
        nonlocal plan
        while True:
            n = plan.datasets[estimator][cell]
            if n:
                plan = fit.execute(folder, settings, plan, jobs, progress, **executor)
                run = load_sweep(folder).runs[cell]
                found = delivered(run, goal, settings.datasets, alpha)
                outcome = of_all(found)
                if outcome != "inconclusive" or n >= plan.max_datasets:
                    seen.append(Looked(cell, values[cell], outcome, found))
                    watch(seen[-1])
                    return outcome
            plan = plan.grown({(estimator, cell): min(2 * BATCH, plan.max_datasets - n)})

    return bisect(len(values), settle), seen


def unplanned(settings: Settings, plan: Plan) -> Plan:
    """Plan no datasets at all: each size gets its own when it is looked at."""
    none = (0,) * len(plan.grid.cells)
    return replace(plan, datasets=dict.fromkeys(settings.estimators, none))


def plan_of_sizes(
    settings: Settings, grid: Grid | None, resume: Path | None, max_datasets: int | None
) -> Plan:
    """Make the plan of a new search, or take that of one that is there.

    Parameters
    ----------
    settings : Settings
        Of the search.
    grid : Grid or None
        The sizes, of a new one; None if nobody has named them.
    resume : Path or None
        The folder of one that is there.
    max_datasets : int or None
        Of a size, at most.

    Raises
    ------
    UserError
        If it varies something else than one size, is for several estimators, or allows too few
        datasets.
    """
    if len(settings.pairs) > 1:
        raise UserError("a design is for one estimator and one engine; name one of each")
    if resume is not None:
        plan = plan_of(resume, read_run(resume))
    else:
        if grid is None:
            told = option("vary", "NAME=VALUES")
            raise UserError(
                f"a design varies the size of the study: name it and its values, {told}"
            )
        plan = unplanned(settings, initial(grid, settings))
    if max_datasets is not None:
        plan = replace(plan, max_datasets=max_datasets)
    if plan.max_datasets < settings.datasets:
        raise UserError(
            f"{option('max_datasets', plan.max_datasets)} is less than "
            + option("datasets", settings.datasets)
        )
    if len(plan.grid.vary) != 1 or plan.grid.kinds:
        raise UserError("a design varies one parameter, the size of the study")
    return plan
