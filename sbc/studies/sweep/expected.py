"""What is expected in each cell of a sweep: what holds for all, and rules for some.

A rule stands in a gate's TOML file::

    [[cells]]
    where = {sd_U = [2, 3], truth = "effects"}
    expect.mundlak.beta_XY = {bias = 0.1}

or before what ``--expect`` says: ``[sd_U=3]mundlak:beta_XY=miscalibrated``. Later rules take the
place of earlier ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sbc.gates.config import Config, expect
from sbc.plugins.errors import UserError, option, unknown
from sbc.store.settings import Settings
from sbc.studies.sweep.factors import Level, told
from sbc.studies.sweep.grid import Grid

#: Which levels of which factors a rule is about.
Where = Mapping[str, Sequence[str]]
_PREFIX = re.compile(r"\s*\[(?P<where>[^\]]*)\]\s*(?P<rest>.*)", re.DOTALL)


def config_in(
    config: Config, expects: Sequence[str], grid: Grid, cell: int, settings: Settings
) -> Config:
    """Give what is expected in one cell.

    Parameters
    ----------
    config : Config
        What is expected in all of them, and its rules for some.
    expects : sequence of str
        As ``--expect`` has them, with or without a cell in brackets.
    grid : Grid
        Of the sweep.
    cell : int
        Its number.
    settings : Settings
        Of the cell.

    Raises
    ------
    UserError
        For a factor or a level that there is not, or a rule of another form.
    """
    levels = grid.cells[cell]
    for rule in config.cells:
        where, expected = _rule(rule, config.where, grid)
        if _matches(where, levels):
            for estimator, table in expected.items():
                for quantity, value in table.items():
                    config = config.declare(settings.truth, estimator, quantity, value)
    for text in expects:
        where, rest = _split(text, grid)
        if _matches(where, levels):
            config = expect(config, rest, settings)
    return config


def _rule(rule: Any, file: str, grid: Grid) -> tuple[Where, Mapping[str, Mapping[str, Any]]]:
    """Read one table ``[[cells]]``."""
    place = f"[[cells]] in {file}" if file else "a rule for cells"
    fine = isinstance(rule, Mapping) and set(rule) == {"where", "expect"}
    if not fine or not all(isinstance(rule[name], Mapping) for name in rule):
        raise UserError(f"{place} has two tables, where and expect.ESTIMATOR, and nothing else")
    for estimator, table in rule["expect"].items():
        if not isinstance(table, Mapping):
            raise UserError(f"{place}: expect.{estimator} is a table, and not {table!r}")
    where = {
        str(name): [_word(x) for x in (levels if isinstance(levels, list) else [levels])]
        for name, levels in rule["where"].items()
    }
    return _known(where, grid, place), rule["expect"]


def _split(text: str, grid: Grid) -> tuple[Where, str]:
    """Take the cells in brackets off what is expected there."""
    if not text.lstrip().startswith("["):
        return {}, text
    found = _PREFIX.fullmatch(text)
    parts = found["where"].split(",") if found else [""]
    where: dict[str, list[str]] = {}
    for part in parts:
        name, equals, level = part.partition("=")
        if not found or not equals:
            raise UserError(
                f"{option('expect')} takes [FACTOR=LEVEL,...]ESTIMATOR:QUANTITY=EXPECTATION, "
                f"not '{text}'"
            )
        where.setdefault(name.strip(), []).append(level.strip())
    rest = "" if found is None else found["rest"]
    return _known(where, grid, str(option("expect"))), rest


def _word(level: Any) -> str:
    return told(level) if isinstance(level, bool | int | float | str) else str(level)


def _known(where: Where, grid: Grid, place: str) -> Where:
    """Refuse factors and levels that no cell has: a rule that is about nothing is a mistake."""
    for name, words in where.items():
        if name not in grid.vary:
            raise unknown("factor", name, grid.vary, f"in {place}")
        for word in words:
            if not any(_is(level, word) for level in grid.vary[name]):
                there = ", ".join(map(told, grid.vary[name]))
                raise UserError(f"{place}: {name} is never {word}; it is one of {there}")
    return where


def _matches(where: Where, levels: Mapping[str, Level]) -> bool:
    return all(any(_is(levels[n], word) for word in words) for n, words in where.items())


def _is(level: Level, word: str) -> bool:
    """Say whether a word names a level: ``2.0`` is the number 2."""
    if word == told(level):
        return True
    try:
        return not isinstance(level, bool | str) and float(word) == level
    except ValueError:
        return False
