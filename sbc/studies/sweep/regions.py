"""Where an estimator holds: the largest box in the grid in which every cell's answer is yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbc.stats.sequential.outcome import Outcome
from sbc.studies.sweep.factors import Level, told

Cell = Mapping[str, Level]


@dataclass(frozen=True)
class Side:
    """From the smallest to the largest level of one factor; None at the grid's own ends."""

    name: str
    low: Level | None
    high: Level | None

    def __str__(self) -> str:
        """Write as ``sd_U ≤ 2``; nothing where there is no bound."""
        if self.low is None:
            return f"{self.name} ≤ {told(self.high)}" if self.high is not None else ""
        if self.high is None:
            return f"{self.name} ≥ {told(self.low)}"
        if self.low == self.high:
            return f"{self.name} = {told(self.low)}"
        return f"{told(self.low)} ≤ {self.name} ≤ {told(self.high)}"


@dataclass(frozen=True)
class Region:
    """The cells within a box."""

    sides: tuple[Side, ...]
    cells: tuple[int, ...]

    def __str__(self) -> str:
        """Write as ``sd_U ≤ 2, rows_per_group ≥ 5``; empty for the whole grid."""
        return ", ".join(filter(None, map(str, self.sides)))

    @property
    def bounds(self) -> int:
        """Count the ends that are not the grid's."""
        return sum((side.low is not None) + (side.high is not None) for side in self.sides)


def largest_region(cells: Sequence[Cell], answers: Sequence[Outcome]) -> Region | None:
    """Find the box with the most cells that all pass.

    Parameters
    ----------
    cells : sequence of mapping
        Levels of each cell's factors.
    answers : sequence of {"pass", "fail", "inconclusive"}
        Of the same cells.

    Returns
    -------
    Region or None
        Of equally large ones the one with fewest bounds; None if no cell passes.
    """
    if "pass" not in answers:
        return None
    passes = np.array([answer == "pass" for answer in answers])
    sides = [_sides(cells, name) for name in cells[0]]
    found: list[tuple[Any, Region]] = []

    def search(chosen: tuple[int, ...], inside: NDArray[np.bool_]) -> None:
        """Look at all boxes with these first sides, unless none can be as large as the best."""
        count = int((inside & passes).sum())
        if not count or (found and count < len(found[0][1].cells)):
            return
        if len(chosen) < len(sides):
            for i, (_, mask) in enumerate(sides[len(chosen)]):
                search((*chosen, i), inside & mask)
        elif count == inside.sum():
            picked = tuple(mine[i][0] for mine, i in zip(sides, chosen, strict=True))
            region = Region(picked, tuple(inside.nonzero()[0].tolist()))
            rank = (-count, region.bounds, chosen)
            if not found or rank < found[0][0]:
                found[:] = [(rank, region)]

    search((), np.ones(len(cells), dtype=bool))
    return found[0][1]


def _sides(cells: Sequence[Cell], name: str) -> list[tuple[Side, NDArray[np.bool_]]]:
    """List the sides that a box may have along a factor; words have no order: one, or all."""
    levels = [cell[name] for cell in cells]
    if any(isinstance(level, str) for level in levels):
        known = list(dict.fromkeys(levels))
        whole = [] if len(known) == 1 else [(Side(name, x, x), np.array([y == x for y in levels]))
                                            for x in known]  # fmt: skip
        return [(Side(name, None, None), np.ones(len(levels), dtype=bool)), *whole]
    values = np.array(levels, dtype=float)
    ends = sorted(set(values.tolist()))
    return [
        (_side(name, ends, low, high), (low <= values) & (values <= high))
        for low, high in combinations_with_replacement(ends, 2)
    ]


def _side(name: str, known: Sequence[float], low: float, high: float) -> Side:
    if low == high and len(known) > 1:  # one value is named as such, at the grid's end too
        return Side(name, low, high)
    return Side(name, None if low == known[0] else low, None if high == known[-1] else high)


def sentence(who: str, what: str, cells: Sequence[Cell], answers: Sequence[Outcome]) -> str:
    """Say in one sentence where something holds of an estimator, and what is not known.

    Parameters
    ----------
    who, what : str
        ``"mundlak"`` and ``"|bias| ≤ 0.1"``.
    cells, answers
        As for `largest_region`.
    """
    region = largest_region(cells, answers)
    broken, open_ = answers.count("fail"), answers.count("inconclusive")
    if region is None:
        where = "is not shown to hold in any cell" if open_ else "holds nowhere"
    else:
        where = f"holds for {region}" if str(region) else "holds everywhere in the grid"
    beyond = answers.count("pass") - (len(region.cells) if region else 0)
    rest = [
        f"and for {_others(beyond)}" if beyond else "",
        f"broken in {_cells(broken)}" if broken and (region or open_) else "",
        f"not decided in {_cells(open_)}" if open_ else "",
    ]
    tail = "; ".join(part for part in rest if part)
    return f"{who}: {what} {where}{f' ({tail})' if tail else ''}"


def _others(count: int) -> str:
    return f"{count} other cell{'s' if count != 1 else ''}"


def _cells(count: int) -> str:
    return f"{count} cell{'s' if count != 1 else ''}"
