"""Where in the grid a bound holds, is broken, or cannot be told yet.

Each answer comes from a sequential test of one estimator, estimand and bound in one cell: exact for
coverage, asymptotic for means (`sbc.gates`). However often it is looked at, and whatever decides on
how many datasets there are, it errs with a chance of at most `ALPHA`. That is the chance of one
answer: of many cells that lie just beyond a bound, one in twenty may be taken for good.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sbc.decisions import Levels
from sbc.expectations import Bounds
from sbc.gate_run import read_truths
from sbc.gates import Check, Panels, decide_check
from sbc.metrics import Estimate, Proportion
from sbc.panel import panel
from sbc.pooled import measure
from sbc.read import Run
from sbc.sequential import Outcome
from sbc.subjects import ELEMENT, Subject, subjects_of
from sbc.sweep.plan import COLUMNS
from sbc.sweep.read import Sweep

#: Chance that an answer is wrong, either way.
ALPHA = 0.05


@dataclass(frozen=True)
class Answer:
    """What is known of one bound in one cell.

    Attributes
    ----------
    cell : int
        Its number.
    estimator, engine, estimand : str
        Of whom and of what.
    bound : Bounds
        What was asked.
    outcome : {"pass", "fail", "inconclusive"}
        Whether it holds.
    needed : int or None
        About how many more datasets would tell; None if it is told, or nothing points anywhere.
    """

    cell: int
    estimator: str
    engine: str
    estimand: str
    bound: Bounds
    outcome: Outcome
    needed: int | None


def subjects(run: Run) -> list[Subject]:
    """List what a cell is judged by: scalars, and vectors as a whole."""
    return [subject for subject in subjects_of(run) if subject.kind != ELEMENT]


def answers(
    sweep: Sweep, bounds: Sequence[Bounds], only: Collection[tuple[str, int]] | None = None
) -> list[Answer]:
    """Judge every bound in every cell.

    Parameters
    ----------
    sweep : Sweep
        Finished or not; leading datasets without a gap are judged.
    bounds : sequence of Bounds
        What is asked.
    only : collection of (str, int), optional
        The estimators and cells to judge, if not all.
    """
    return [
        answer
        for run in sweep.runs
        for subject, panels in _to_judge(run, bounds, only)
        for answer in _judged(run.cell, subject, panels, bounds)
    ]


def _to_judge(
    run: Run, bounds: Sequence[Bounds], only: Collection[tuple[str, int]] | None
) -> Iterator[tuple[Subject, Panels]]:
    """Give what a cell is judged by, with the datasets of its estimator."""
    mine = [s for s in subjects(run) if only is None or (s.estimator, run.cell) in only]
    for whose, group in groupby(mine, key=lambda s: (s.estimator, s.engine)):
        together = list(group)
        names = [name for subject in together for name in subject.frames]
        bounded = any(bound.metric == "contraction" for bound in bounds)
        truths = read_truths(run, {whose[0]: names})[whose[0]] if bounded else None
        panels = {whose: panel(run.fits, run.results, *whose, truths=truths)}
        yield from ((subject, panels) for subject in together)


def _judged(cell: int, subject: Subject, panels: Panels, bounds: Sequence[Bounds]) -> list[Answer]:
    whose = subject.estimator, subject.engine
    streams = tuple(subject.frames)
    worked = set(panels[whose].quantities).issuperset(streams)
    found = []
    for bound in bounds:
        outcome: Outcome = "inconclusive"
        needed = None
        if worked:
            check = Check(*whose, subject.name, bound, streams)
            outcome, _, needed, _ = decide_check(check, panels, Levels(ALPHA, ALPHA))
        found.append(Answer(cell, *whose, subject.name, bound, outcome, needed))
    return found


def estimate(subject: Subject, metric: str) -> Estimate | Proportion:
    """Estimate a metric by its name in bounds and precisions."""
    what: Any = subject.what
    if metric.startswith("coverage_"):
        return measure("coverage", what, level=int(metric[-2:]) / 100, kind="pit")
    return measure(COLUMNS[metric], what)


def error_of(subject: Subject, metric: str) -> float:
    """Give the Monte Carlo error that a precision is held against, infinite where there is none.

    Of a coverage it is a quarter of the 95 % interval's width: the usual estimate of its error is
    0 when all intervals hit, which the first few may.
    """
    found = estimate(subject, metric)
    error = (found.high - found.low) / 4 if isinstance(found, Proportion) else found.mcse
    return error if math.isfinite(error) else math.inf
