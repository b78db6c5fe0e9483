"""Which estimator has the smallest errors in a cell, and which ones cannot be told from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sbc.report.targets import Subject
from sbc.stats.fits import Estimate
from sbc.stats.vectors import difference, measure
from sbc.store.frames import Run
from sbc.studies.sweep.read import Sweep

#: Monte Carlo errors of a difference within which two are tied.
TIE = 2.0


@dataclass(frozen=True)
class Best:
    """The estimators of one estimand in one cell, by their root mean squared errors.

    Attributes
    ----------
    ranked : list of (Subject, Estimate)
        The smallest error first; those without two fits are left out.
    tied : list of Subject
        The first, and those whose difference to it is within `TIE` of its errors.
    """

    ranked: list[tuple[Subject, Estimate]]
    tied: list[Subject]


def best(sweep: Sweep, cell: int, estimand: str) -> Best:
    """Rank the estimators of a cell.

    Differences are taken dataset by dataset where estimators share their datasets, so that most of
    the luck cancels. Being within the error of the best is no proof of being as good.
    """
    run = sweep.runs[cell]
    found = [s for s in sweep.subjects_in(cell) if s.name == estimand]
    errors = [(subject, Estimate(*measure("rmse", subject.what)[:2])) for subject in found]
    ranked = sorted(
        ((s, e) for s, e in errors if math.isfinite(e.mcse)), key=lambda pair: pair[1].value
    )
    if not ranked:
        return Best([], [])
    first = ranked[0]
    rest = [one[0] for one in ranked[1:] if _within_error(run, one, first)]
    return Best(ranked, [first[0], *rest])


def _within_error(run: Run, one: tuple[Subject, Estimate], first: tuple[Subject, Estimate]) -> bool:
    if run.settings.regime.own:
        apart = one[1].value - first[1].value
        return apart <= TIE * math.hypot(one[1].mcse, first[1].mcse)
    numbers = [set(next(iter(s.frames.values()))["dataset"]) for s, _ in (one, first)]
    both = numbers[0] & numbers[1]
    if len(both) < 3 or one[0].frames.keys() != first[0].frames.keys():
        return True  # nothing tells them apart
    mine, its = (
        s if len(both) == len(there) else s.of(both)
        for s, there in zip((one[0], first[0]), numbers, strict=True)
    )
    gap = difference("rmse", mine.what, its.what)
    return not gap.value > TIE * gap.mcse
