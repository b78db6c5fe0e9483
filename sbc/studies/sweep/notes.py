"""What is said below the numbers of a sweep: which coverage they show, and what stopping does."""

from __future__ import annotations

from collections.abc import Sequence

from sbc.gates.expectations import Bounds
from sbc.report.discrete import NOTE
from sbc.report.table_notes import coverage_line
from sbc.store.rows import LEVELS
from sbc.studies.sweep.read import Sweep

#: What answers to bounds on coverage count, beside what the estimates do.
BY_PIT = "answers to bounds on it count the PIT, whose test is exact"
#: What a precision does to the cells that reach it first.
STOPPED = (
    "A cell that stopped early has had luck. Where a precision is asked for, coverage looks better "
    "than it is: at a true .95 and a precision of .02 it is .956 on average over the cells, and "
    ".983 in the quarter of them that stop first. Biases are unharmed, and so are answers to "
    "bounds."
)


def coverage_told(
    sweep: Sweep,
    bounds: Sequence[Bounds],
    levels: tuple[float, ...] = LEVELS,
    interval: str = "equal",
) -> str:
    """Say by what the coverages of a sweep are counted."""
    bounded = any(bound.level is not None for bound in bounds)
    return coverage_line(sweep.runs[0], levels, interval) + (f"; {BY_PIT}" if bounded else "")


def notes(
    sweep: Sweep,
    bounds: Sequence[Bounds],
    levels: tuple[float, ...],
    discrete: bool,
    interval: str = "equal",
) -> list[str]:
    """List the lines below a sweep's table; `discrete` says whether one of its rows is marked."""
    return [
        "a (b) = estimate and Monte Carlo standard error of its last digits; * = none is better by "
        "more than two Monte Carlo errors of the difference; "
        f"{coverage_told(sweep, bounds, levels, interval)}.",
        *([NOTE] if discrete else []),
        *([STOPPED] if sweep.plan.precision else []),
    ]
