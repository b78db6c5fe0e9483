"""How cells are laid out on paper: two factors to a panel, and a panel a level of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sbc.studies.sweep.factors import Level, told
from sbc.studies.sweep.grid import Grid


@dataclass(frozen=True, eq=False)
class Panel:
    """Cells that differ in the first two factors alone.

    Attributes
    ----------
    title : str
        The levels of the other factors; empty if there are none.
    x_name, y_name : str
        The first factor, to the right, and the second, upwards; that is empty if there is one.
    xs, ys : tuple of level
        Their levels; one that is empty where there is no second factor.
    cells : array of shape (len(xs), len(ys))
        The number of each cell, -1 where the sweep has none.
    """

    title: str
    x_name: str
    y_name: str
    xs: tuple[Level, ...]
    ys: tuple[Level, ...]
    cells: NDArray[np.intp]


#: Levels of both factors from which on lines can be interpolated between cells.
LEVELS_FOR_LINES = 3


def has_lines(grid: Grid) -> bool:
    """Say whether its maps have room for lines where a bound is crossed."""
    return any(min(part.cells.shape) >= LEVELS_FOR_LINES for part in panels_of(grid))


def panels_of(grid: Grid) -> list[Panel]:
    """Lay out a grid, leaving out combinations of the other factors that no cell has."""
    (x_name, xs), *more = grid.vary.items()
    (y_name, ys), rest = (more[0], dict(more[1:])) if more else (("", ("",)), {})
    found = []
    for levels in product(*rest.values()):
        apart = dict(zip(rest, levels, strict=True))
        cells = np.full((len(xs), len(ys)), -1)
        for number, cell in enumerate(grid.cells):
            if all(cell[name] == level for name, level in apart.items()):
                j = ys.index(cell[y_name]) if more else 0
                cells[xs.index(cell[x_name]), j] = number
        if (cells >= 0).any():
            found.append(Panel(where(apart), x_name, y_name, xs, ys, cells))
    return found


def where(cell: Mapping[str, Level]) -> str:
    """Name a cell, or what several share: ``n_rows = 5, truth = prior``."""
    return ", ".join(f"{name} = {told(level)}" for name, level in cell.items())
