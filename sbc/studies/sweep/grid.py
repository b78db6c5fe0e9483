"""The grid of a sweep: which parameters vary, over which values, and how a cell is numbered."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any

from sbc.fitting.options import parameter
from sbc.plugins.errors import UserError, option
from sbc.store.settings import Settings

_MOST = 400  # cells


@dataclass(frozen=True)
class Grid:
    """One or two parameters of the generator, each with the values that it takes.

    Attributes
    ----------
    vary : dict of str to tuple of number
        In the order in which they were named; the last one runs fastest.
    """

    vary: dict[str, tuple[float, ...]]

    @property
    def cells(self) -> list[dict[str, float]]:
        """Parameter values of each cell, in the order of their numbers."""
        return [
            dict(zip(self.vary, values, strict=True)) for values in product(*self.vary.values())
        ]

    def settings(self, base: Settings, cell: int) -> Settings:
        """Give the settings of the ordinary run that a cell is."""
        return replace(base, parameters={**base.parameters, **self.cells[cell]})

    def to_json(self) -> dict[str, list[float]]:
        """Write as plain JSON values."""
        return {name: list(values) for name, values in self.vary.items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Grid:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            If it is no grid.
        """
        vary = {str(name): tuple(numbers) for name, numbers in dict(values).items()}
        numbers = [x for row in vary.values() for x in row]
        count = math.prod(len(row) for row in vary.values())
        finite = all(type(x) in (int, float) and math.isfinite(x) for x in numbers)
        if len(vary) not in (1, 2) or not 0 < count <= _MOST or not finite:
            raise ValueError("not the grid of a sweep")
        return cls(vary)


def parse_grid(texts: Iterable[str], settings: Settings) -> Grid:
    """Read ``--vary NAME=VALUES``, once or twice.

    Parameters
    ----------
    texts : iterable of str
        VALUES is a list, ``2,5,10``, or a range with both ends, ``0:3:0.5``; without a step it
        goes by ones.
    settings : Settings
        Of the sweep: the parameters are those of its generator in its regime.

    Raises
    ------
    UserError
        For anything that is not such a text, more than two parameters, or one that is set already.
    """
    vary: dict[str, tuple[float, ...]] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals:
            raise UserError(f"{option('vary')} takes NAME=VALUES, not '{text}'")
        numbers = [_parameter(name, value, settings) for value in _values(name, values)]
        if any(isinstance(number, tuple) for number in numbers):
            raise UserError(f"{name} takes several numbers at once; a sweep cannot vary it")
        if name in vary:
            raise UserError(f"{option('vary')} names {name} twice")
        if name in settings.parameters:
            raise UserError(f"{name} is named by {option('parameter')} and by {option('vary')}")
        if len(set(numbers)) < len(numbers):
            raise UserError(f"{option('vary')} {text} names a value twice")
        vary[name] = tuple(sorted(numbers))
    if len(vary) not in (1, 2):
        raise UserError(f"a sweep varies one parameter or two, not {len(vary)}")
    count = math.prod(len(values) for values in vary.values())
    if count > _MOST:
        raise UserError(f"{count} cells are more than the {_MOST} that a sweep may have")
    return Grid(vary)


def _parameter(name: str, value: str, settings: Settings) -> Any:
    return parameter(name, value, settings.generator, settings.truth, "vary")


def _values(name: str, text: str) -> list[str]:
    if ":" not in text:
        return [part.strip() for part in text.split(",") if part.strip()] or [""]
    parts = text.split(":")
    try:
        first, last, *rest = (Decimal(part) for part in parts)
        step = rest[0] if rest else Decimal(1)
        ends = first.is_finite() and last.is_finite() and step.is_finite()
        if len(rest) > 1 or not ends or step <= 0 or last < first:
            raise ValueError
    except (ArithmeticError, InvalidOperation, ValueError):
        raise UserError(
            f"{option('vary')} {name} takes a range FIRST:LAST:STEP or a list, not '{text}'"
        ) from None
    # In decimals, so that 0:3:0.1 holds 0.3 and ends at 3.
    return [str(first + i * step) for i in range(min(int((last - first) / step), _MOST) + 1)]
