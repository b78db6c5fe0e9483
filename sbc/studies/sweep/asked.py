"""Factors as a user names them: ``--vary NAME=VALUES``, a file of cells, or Python's values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np

from sbc.fitting.allowed import parameters_of, regimes_of, validate
from sbc.fitting.options import parameter
from sbc.plugins import catalogue, registry
from sbc.plugins.errors import UserError, option, unknown
from sbc.plugins.spec import Spec
from sbc.store.settings import Settings
from sbc.studies.sweep.factors import (
    BUDGET,
    BUDGETS,
    OPTION,
    PARAMETER,
    TRUTH,
    Level,
    concerns,
    split_option,
    told,
)
from sbc.studies.sweep.grid import MOST, Grid


def parse_grid(
    texts: Iterable[str], settings: Settings, given: Mapping[str, Any] | None = None
) -> Grid:
    """Read ``--vary NAME=VALUES``, as often as it is given.

    Parameters
    ----------
    texts : iterable of str
        VALUES is a list, ``2,5,10``, or a range with both ends, ``0:3:0.5``; without a step it
        goes by ones.
    settings : Settings
        Of the sweep: parameters are those of its generator in its regime.
    given : mapping, optional
        What was asked for besides, by the names of options: it cannot vary.

    Raises
    ------
    UserError
        For anything that is not such a text, too many cells, or a factor that is set already.
    """
    return grid_of(pairs_of(texts), settings, given)


def pairs_of(texts: Iterable[str]) -> list[tuple[str, list[Any]]]:
    """Take ``NAME=VALUES`` apart; errors as of `parse_grid`."""
    pairs: list[tuple[str, list[Any]]] = []
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals:
            raise UserError(f"{option('vary')} takes NAME=VALUES, not '{text}'")
        pairs.append((name, [*_values(name, values)]))
    return pairs


def grid_of(
    factors: Iterable[tuple[str, Sequence[Any]]],
    settings: Settings,
    given: Mapping[str, Any] | None = None,
) -> Grid:
    """Cross factors with each other; arguments and errors as of `parse_grid`."""
    vary: dict[str, tuple[Level, ...]] = {}
    kinds: dict[str, str] = {}
    for name, values in factors:
        if name in vary:
            raise UserError(f"{option('vary')} names {name} twice")
        kind = kind_of(name, settings, given or {})
        levels = [_level(name, kind, value, settings) for value in values]
        if len(set(levels)) < len(levels) or not levels:
            shown = f"{name}={','.join(map(str, values))}"
            told = "a value twice" if levels else "no value"
            raise UserError(f"{option('vary')} {shown} names {told}")
        vary[name] = _in_order(levels)
        kinds |= {} if kind == PARAMETER else {name: kind}
    return _checked(Grid(vary, kinds), settings)


def levels_of(name: str, levels: Any) -> list[Any]:
    """List a factor's levels as Python has them: a text as on the command line, one, or several."""
    if isinstance(levels, str):
        return list(_values(name, levels))
    several = np.atleast_1d(levels) if isinstance(levels, np.ndarray) else levels
    found = list(several) if isinstance(several, Iterable) else [several]
    return [x.item() if isinstance(x, np.generic) else x for x in found]


def grid_of_cells(
    cells: Sequence[Mapping[str, Any]],
    settings: Settings,
    given: Mapping[str, Any] | None = None,
    where: str = "",
) -> Grid:
    """Make the grid of cells that are named one by one.

    Parameters
    ----------
    cells : sequence of mapping
        The level of every factor in each.
    settings, given
        As for `parse_grid`.
    where : str
        Where they stand, for messages.

    Raises
    ------
    UserError
        If there is none, one is named twice or lacks a factor, and as `parse_grid`.
    """
    where = where or option("cells")
    if not cells:
        raise UserError(f"{where} names no cells")
    names = list(cells[0])
    if any(set(cell) != set(names) for cell in cells):
        raise UserError(f"{where} has cells that do not name the same factors")
    kinds = {name: kind_of(name, settings, given or {}) for name in names}
    rows = [
        _cell_of(cell, kinds, settings, f"{where}, cell {i}") for i, cell in enumerate(cells, 1)
    ]
    if twice := next((row for i, row in enumerate(rows) if row in rows[:i]), None):
        cell_named = ", ".join(f"{n}={told(x)}" for n, x in zip(names, twice, strict=True))
        raise UserError(f"{where} names the cell {cell_named} twice")
    vary = {name: _in_order(dict.fromkeys(row[i] for row in rows)) for i, name in enumerate(names)}
    others = {name: kind for name, kind in kinds.items() if kind != PARAMETER}
    return _checked(Grid(vary, others, tuple(rows)), settings)


def _cell_of(
    cell: Mapping[str, Any], kinds: Mapping[str, str], settings: Settings, place: str
) -> tuple[Level, ...]:
    try:
        return tuple(_level(name, kind, cell[name], settings) for name, kind in kinds.items())
    except UserError as problem:
        raise UserError(f"{place}: {problem.neutral}") from problem


def kind_of(name: str, settings: Settings, given: Mapping[str, Any]) -> str:
    """Say what a factor is of; a parameter of the generator comes first.

    Raises
    ------
    UserError
        If it is set already, or there is nothing of this name.
    """
    if "@" in name:
        return _kind_of_option(name, settings)
    if name in settings.parameters:
        raise UserError(f"{name} is named by {option('parameter')} and by {option('vary')}")
    made = registry.generator(settings.generator)
    allowed = parameters_of(made, settings.truth)
    if name in allowed:
        return PARAMETER
    if name == TRUTH or name in BUDGETS:
        if given.get(name) is not None:
            raise UserError(f"{name} is named by {option(name)} and by {option('vary')}")
        return TRUTH if name == TRUTH else BUDGET
    place = f"in {made.name} with {option('truth', settings.truth)}, and no other factor"
    raise unknown("parameter", name, [*allowed, TRUTH, *BUDGETS], place)


def _kind_of_option(name: str, settings: Settings) -> str:
    """Check a factor ``estimator@option``."""
    whose, which = split_option(name)
    mine = [spec for spec in settings.estimators if concerns(name, spec)]
    if not mine:
        known = [Spec.parse(spec) for spec in settings.estimators]
        names = [spec.plain if ":" in whose else spec.name for spec in known]
        raise unknown("estimator", whose, names, "in this sweep")
    for text in mine:
        spec = Spec.parse(text)
        defaults = catalogue.option_defaults("estimator", spec)
        if which not in defaults:
            raise unknown("option", which, defaults, f"in {spec.plain}")
        if which in dict(spec.options):
            raise UserError(f"{name} is named by {option('estimator')} and by {option('vary')}")
    return OPTION


def _level(name: str, kind: str, value: Any, settings: Settings) -> Level:
    """Give one value the type that its factor has."""
    if kind == PARAMETER:
        found = parameter(name, value, settings.generator, settings.truth, "vary")
        if isinstance(found, tuple):
            raise UserError(f"{name} takes several numbers at once; a sweep cannot vary it")
        level: Level = found
        return level
    if kind == TRUTH:
        if value not in (regimes := regimes_of(settings)):
            raise unknown("truth regime", str(value), regimes, f"in {settings.generator}")
        return str(value)
    if kind == BUDGET:
        return _of_budget(name, value)
    (spec, *_) = (Spec.parse(text) for text in settings.estimators if concerns(name, text))
    which, text = split_option(name)[1], str(value)
    defaults = catalogue.option_defaults("estimator", spec)
    named = Spec(spec.path, spec.name, ((which, text),))
    of_option: Level = named.values(defaults)[which]
    return of_option


def _of_budget(name: str, value: Any) -> Level:
    found = BUDGETS[name]
    try:
        number = found.kind(value) if isinstance(value, str) else value
    except ValueError:
        wanted = "a whole number" if found.kind is int else "a number"
        raise UserError(f"{option('vary')} {name} takes {wanted}, not '{value}'") from None
    found.check(number)
    return found.kind(number)


def _checked(grid: Grid, settings: Settings) -> Grid:
    """Refuse what cannot be fitted, before anything is made."""
    if not grid.vary:
        raise UserError(
            f"a sweep varies something: {option('vary', 'NAME=VALUES')}, as often as you like, or "
            + option("cells", "FILE.csv")
        )
    count = len(grid.chosen) or math.prod(len(levels) for levels in grid.vary.values())
    if count > MOST:
        raise UserError(f"{count:,} cells are more than the {MOST:,} that a sweep may have")
    seen = set()
    for number in range(len(grid.cells) if grid.kinds else 0):
        cell = grid.settings(settings, number)
        if (key := (cell.truth, cell.estimators)) not in seen:
            seen.add(key)
            validate(cell)
    return grid


def started(grid: Grid, settings: Settings) -> Settings:
    """Give the settings that a sweep is kept under: a truth that varies is its first cell's."""
    if TRUTH not in grid.kinds.values():
        return settings
    return replace(settings, truth=grid.labelled(settings, 0).truth)


def _in_order(levels: Iterable[Level]) -> tuple[Level, ...]:
    """Sort numbers; words stay as they were named."""
    found = list(levels)
    words = any(isinstance(level, str) for level in found)
    return tuple(found if words else sorted(found))


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
    return [str(first + i * step) for i in range(min(int((last - first) / step), MOST) + 1)]
