"""Where an estimator holds: the largest box in the grid in which every cell's answer is yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product

import numpy as np

from sbc.stats.sequential.outcome import Outcome

Cell = Mapping[str, float]


@dataclass(frozen=True)
class Side:
    """From the smallest to the largest value of one parameter; None at the grid's own ends."""

    name: str
    low: float | None
    high: float | None

    def __str__(self) -> str:
        """Write as ``sd_U ≤ 2``; nothing where there is no bound."""
        if self.low is None and self.high is None:
            return ""
        if self.low is None:
            return f"{self.name} ≤ {self.high:g}"
        if self.high is None:
            return f"{self.name} ≥ {self.low:g}"
        if self.low == self.high:
            return f"{self.name} = {self.low:g}"
        return f"{self.low:g} ≤ {self.name} ≤ {self.high:g}"


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
        Parameter values of each cell.
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
    best: Region | None = None
    for chosen in product(*(_sides(cells, name) for name in cells[0])):
        inside = np.logical_and.reduce([mask for _, mask in chosen])
        if not inside.any() or (inside & ~passes).any():
            continue
        found = Region(tuple(side for side, _ in chosen), tuple(inside.nonzero()[0].tolist()))
        if best is None or (-len(found.cells), found.bounds) < (-len(best.cells), best.bounds):
            best = found
    return best


def _sides(cells: Sequence[Cell], name: str) -> list[tuple[Side, np.ndarray]]:
    values = np.array([cell[name] for cell in cells], dtype=float)
    known = sorted(set(values.tolist()))
    return [
        (_side(name, known, low, high), (low <= values) & (values <= high))
        for low, high in combinations_with_replacement(known, 2)
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
        where = "is not shown anywhere" if open_ else "holds nowhere"
    else:
        where = f"holds for {region}" if str(region) else "holds everywhere in the grid"
    beyond = answers.count("pass") - (len(region.cells) if region else 0)
    rest = [
        f"also in {_cells(beyond)} outside of that" if beyond else "",
        f"broken in {_cells(broken)}" if broken and (region or open_) else "",
        f"not decided in {_cells(open_)}" if open_ else "",
    ]
    tail = "; ".join(part for part in rest if part)
    return f"{who}: {what} {where}{f' ({tail})' if tail else ''}"


def _cells(count: int) -> str:
    return f"{count} cell{'s' if count != 1 else ''}"
