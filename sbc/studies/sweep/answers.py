"""Where in the grid a bound holds, is broken, or cannot be told yet.

Each answer comes from a sequential test of one estimator, estimand and bound in one cell: exact for
coverage, asymptotic for means (`sbc.gates.judge`). However often it is looked at, and whatever
decides on how many datasets there are, it errs with a chance of at most `ALPHA`. That is the
chance of one answer: of many cells that lie just beyond a bound, one in twenty may be taken for
good.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sbc.gates.decisions import Levels
from sbc.gates.expectations import Bounds
from sbc.gates.history import history
from sbc.gates.judge import Check, Histories, decide_check
from sbc.gates.read import read_truths
from sbc.report.targets import Subject
from sbc.stats.fits import Estimate, Proportion
from sbc.stats.sequential.outcome import Outcome
from sbc.stats.vectors import measure
from sbc.store.rows import LEVELS
from sbc.studies.sweep.read import Sweep

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
        for cell, subject, histories in _to_judge(sweep, bounds, only)
        for answer in _judged(cell, subject, histories, bounds)
    ]


def _to_judge(
    sweep: Sweep, bounds: Sequence[Bounds], only: Collection[tuple[str, int]] | None
) -> Iterator[tuple[int, Subject, Histories]]:
    """Give what each cell is judged by, with the datasets of its estimator."""
    mine = [(c, s) for c, s in sweep.subjects if only is None or (s.estimator, c) in only]
    bounded = any(bound.metric == "contraction" for bound in bounds)
    for (cell, *whose), group in groupby(mine, key=lambda x: (x[0], x[1].estimator, x[1].engine)):
        together, run = [subject for _, subject in group], sweep.runs[cell]
        names = [name for subject in together for name in subject.frames]
        estimator, engine = whose
        truths = read_truths(run, {estimator: names})[estimator] if bounded else None
        found = history(run.fits, run.results, estimator, engine, truths=truths)
        yield from ((cell, subject, {(estimator, engine): found}) for subject in together)


def _judged(
    cell: int, subject: Subject, histories: Histories, bounds: Sequence[Bounds]
) -> list[Answer]:
    whose = subject.estimator, subject.engine
    streams = tuple(subject.frames)
    worked = set(histories[whose].quantities).issuperset(streams)
    found = []
    for bound in bounds:
        outcome: Outcome = "inconclusive"
        needed = None
        if worked:
            check = Check(*whose, subject.name, bound, streams)
            outcome, _, needed, _ = decide_check(check, histories, Levels(ALPHA, ALPHA))
        found.append(Answer(cell, *whose, subject.name, bound, outcome, needed))
    return found


def estimate(subject: Subject, metric: str) -> Estimate | Proportion:
    """Estimate a metric by its name in bounds and precisions.

    Coverage is that of tables: of intervals between posterior quantiles, by the PIT where those of
    its level were not kept. Answers to bounds on it count the PIT, whose test is exact.
    """
    what: Any = subject.what
    if metric.startswith("coverage_"):
        level = int(metric[-2:]) / 100
        return measure("coverage", what, level=level, kind=kind_of(level))
    return measure(metric, what)


def kind_of(level: float) -> str:
    """Say by what coverage at a level is counted: ``"quantile"``, or ``"pit"`` if it must be."""
    return "quantile" if level in LEVELS else "pit"


def error_of(found: Estimate | Proportion) -> float:
    """Give the Monte Carlo error that a precision is held against, infinite where there is none.

    Of a coverage it is a quarter of the 95 % interval's width: the usual estimate of its error is
    0 when all intervals hit, which the first few may.
    """
    error = (found.high - found.low) / 4 if isinstance(found, Proportion) else found.mcse
    return error if math.isfinite(error) else math.inf
