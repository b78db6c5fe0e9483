"""Where an estimator holds: the largest part of the grid in which every cell's answer is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

Answer = Literal["pass", "fail", "inconclusive"]
Cell = Mapping[str, float]
#: At most, or at least, this value of a parameter; without a number, any value.
Side = tuple[Literal["≤", "≥", "any"], float]


@dataclass(frozen=True)
class Region:
    """The cells within one bound on each parameter."""

    sides: dict[str, Side]
    cells: tuple[int, ...]

    def __str__(self) -> str:
        """Write as ``sd_U ≤ 2, rows_per_group ≥ 5``; empty for the whole grid."""
        return ", ".join(
            f"{name} {how} {value:g}" for name, (how, value) in self.sides.items() if how != "any"
        )


def largest_region(cells: Sequence[Cell], answers: Sequence[Answer]) -> Region | None:
    """Find the most cells that one bound on each parameter encloses and that all pass.

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
    best: Region | None = None
    names = list(cells[0]) if cells else []
    for sides in product(*(_sides(cells, name) for name in names)):
        chosen = dict(zip(names, sides, strict=True))
        inside = tuple(i for i, cell in enumerate(cells) if _within(cell, chosen))
        if all(answers[i] == "pass" for i in inside) and inside:
            found = Region(chosen, inside)
            if best is None or _rank(found) > _rank(best):
                best = found
    return best


def _sides(cells: Sequence[Cell], name: str) -> list[Side]:
    values = sorted({cell[name] for cell in cells})
    return [
        ("any", 0.0),
        *(("≤", value) for value in values[:-1]),
        *(("≥", value) for value in values[1:]),
    ]


def _within(cell: Cell, sides: Mapping[str, Side]) -> bool:
    return all(
        how == "any" or (cell[name] <= value if how == "≤" else cell[name] >= value)
        for name, (how, value) in sides.items()
    )


def _rank(region: Region) -> tuple[int, int]:
    return len(region.cells), sum(how == "any" for how, _ in region.sides.values())


def sentence(
    who: str, what: str, cells: Sequence[Cell], answers: Sequence[Answer], decided: str = ""
) -> str:
    """Say in one sentence where something holds of an estimator, and what is not known.

    Parameters
    ----------
    who, what : str
        ``"mundlak"`` and ``"|bias| ≤ 0.1"``.
    cells, answers
        As for `largest_region`.
    decided : str
        What to add, such as how sure that is.
    """
    region = largest_region(cells, answers)
    broken, open_ = answers.count("fail"), answers.count("inconclusive")
    if region is None:
        where = "nowhere for sure" if open_ else "nowhere"
    else:
        where = f"for {region}" if str(region) else "everywhere in the grid"
    beyond = answers.count("pass") - (len(region.cells) if region else 0)
    rest = [
        f"also in {_cells(beyond)} outside of that" if beyond else "",
        f"broken in {_cells(broken)}" if broken and region else "",
        f"not decided in {_cells(open_)}" if open_ else "",
    ]
    tail = "; ".join(part for part in rest if part)
    return f"{who}: {what} {where}{f' ({tail})' if tail else ''}{decided}"


def _cells(count: int) -> str:
    return f"{count} cell{'s' if count != 1 else ''}"
