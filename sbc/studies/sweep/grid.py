"""The cells of a sweep: which factors vary, over which levels, and how a cell is numbered."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

from sbc.store.settings import Settings
from sbc.studies.sweep.factors import (
    PARAMETER,
    Level,
    is_kind,
    is_level,
    is_others,
    shared,
    varied,
)

#: Cells that a sweep may have.
MOST = 1000
Cell = dict[str, Level]


@dataclass(frozen=True)
class Grid:
    """The factors of a sweep, each with its levels, and the combinations that are its cells.

    Attributes
    ----------
    vary : dict of str to tuple of level
        In the order in which they were named; the last one runs fastest.
    kinds : dict of str to {"truth", "option", "budget"}
        What each factor is of that is no parameter of the generator.
    chosen : tuple of tuple of level
        The cells, each with a level of every factor; empty for all combinations.
    """

    vary: dict[str, tuple[Level, ...]]
    kinds: dict[str, str] = field(default_factory=dict)
    chosen: tuple[tuple[Level, ...], ...] = ()

    @cached_property
    def cells(self) -> list[Cell]:
        """Levels of each cell, in the order of their numbers."""
        rows: Iterable[tuple[Level, ...]] = self.chosen or product(*self.vary.values())
        return [dict(zip(self.vary, values, strict=True)) for values in rows]

    def settings(self, base: Settings, cell: int) -> Settings:
        """Give the settings of the ordinary run that a cell is."""
        names = {name: self.spec(name, cell) for name in base.estimators}
        return replace(
            self.labelled(base, cell),
            estimators=tuple(names.values()),
            functions=tuple(names[name] for name in base.functions),
        )

    def labelled(self, base: Settings, cell: int) -> Settings:
        """Give the settings of a cell with its estimators called as the sweep calls them.

        Rows are kept under these names, so that an estimator whose options vary is one method.
        """
        return shared(base, self.cells[cell], self.kinds)

    def spec(self, estimator: str, cell: int) -> str:
        """Name an estimator as the ordinary run that a cell is does."""
        return varied(estimator, self.cells[cell], self.kinds)

    def first_alike(self, estimator: str) -> list[int]:
        """Give for each cell the first one with the same fits of an estimator.

        Cells that differ in options of other estimators alone have the same data and fits.
        """
        others = [n for n, kind in self.kinds.items() if is_others(n, kind, estimator)]
        seen: dict[tuple[Level, ...], int] = {}
        return [
            seen.setdefault(tuple(x for n, x in cell.items() if n not in others), number)
            for number, cell in enumerate(self.cells)
        ]

    def to_json(self) -> dict[str, Any]:
        """Write as plain JSON values; what is not needed for parameters' grids only if there is."""
        values: dict[str, Any] = {"vary": {name: list(row) for name, row in self.vary.items()}}
        values |= {"kinds": self.kinds} if self.kinds else {}
        return values | ({"cells": [list(row) for row in self.chosen]} if self.chosen else {})

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Grid:
        """Read what `to_json` wrote, among other entries.

        Raises
        ------
        ValueError
            If it is no grid.
        """
        vary = {str(name): tuple(levels) for name, levels in dict(values["vary"]).items()}
        kinds = {str(name): kind for name, kind in dict(values.get("kinds", {})).items()}
        chosen = tuple(tuple(row) for row in values.get("cells", ()))
        count = len(chosen) or math.prod(len(row) for row in vary.values())
        known = all(
            is_level(x, kinds.get(name, PARAMETER)) for name, row in vary.items() for x in row
        )
        inside = all(
            len(row) == len(vary) and all(x in vary[n] for n, x in zip(vary, row, strict=True))
            for row in chosen
        )
        named = all(name in vary and is_kind(name, kind) for name, kind in kinds.items())
        if not vary or not 0 < count <= MOST or not (known and inside and named):
            raise ValueError("not the grid of a sweep")
        return cls(vary, kinds, chosen)
