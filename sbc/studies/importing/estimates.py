"""A table of estimates: what one method says of one estimand, with its uncertainty."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtri, stdtrit

from sbc.plugins.data import is_density
from sbc.plugins.errors import UserError, option
from sbc.store.rows import ERROR, PROBABILITIES, Result
from sbc.studies.importing.asked import check_level
from sbc.studies.importing.grouped import grouped
from sbc.studies.importing.pieces import Found, Piece
from sbc.studies.importing.tables import Table

_P = np.array(PROBABILITIES)
#: What a method must say of an estimand, if its table has a column for it.
_NEEDED = ("estimate", "se", "low", "high")


def estimates(table: Table) -> Found:
    """Take the estimates out of a table.

    Quantiles are those of the interval where there is one, at its level alone; else those of
    estimate ± z se, or t by the degrees of freedom, as rsimsum has them. A row where anything is
    missing is a failed fit.

    Raises
    ------
    UserError
        If a value makes no sense.
    """
    if table.asked.draws is not None:
        raise UserError(f"{table.name} holds estimates; {option('draws')} is for ranks")
    if density := next((name for name in table.estimands if is_density(name)), ""):
        raise UserError(
            f"{table.name}: '{density}' is what sbc calls a density, which is ranked and not "
            "estimated; rename the estimand"
        )
    columns = {name: table.numbers(name) for name in (*_NEEDED, "df")}
    truth = table.truths(needed=True)
    quantiles = _quantiles(table, columns)
    there = [name for name in _NEEDED if name in table.columns]
    lacking = _lacking(table, columns, there)
    pieces = []
    for key, method, rows in grouped(table):
        truths = {table.estimands[i]: float(truth[i]) for i in rows}
        if failed := next((lacking[i] for i in rows if i in lacking), ""):
            pieces.append(Piece(key, method, truths=truths, status=ERROR, error=failed))
            continue
        results = tuple(
            Result(
                table.estimands[i],
                float(truth[i]),
                float(columns["estimate"][i]),
                float(columns["se"][i]),
                tuple(quantiles[i].tolist()),
            )
            for i in rows
        )
        pieces.append(Piece(key, method, results, truths))
    different = {pair for piece in pieces for pair in piece.truths.items()}
    regime = "fixed" if len(different) == len(set(table.estimands)) else "drawn"
    return Found(pieces, table.factors, regime, tuple(_notes(table)))


def _lacking(table: Table, columns: dict[str, np.ndarray], there: list[str]) -> dict[int, str]:
    """Say of each row that has no finite number where its table has a column what it lacks.

    A standard error of 0, or an interval of one point, is none: nothing is known so surely.
    """
    found: dict[int, str] = {}
    for name in there:
        for i in np.flatnonzero(~np.isfinite(columns[name])):
            value = columns[name][i]
            lost = f"no {name}" if np.isnan(value) else f"{value:g} for the {name}"
            found.setdefault(int(i), f"{lost} of '{table.estimands[i]}'")
    for i in np.flatnonzero(columns["se"] == 0):
        found.setdefault(int(i), f"a se of 0 of '{table.estimands[i]}'")
    for i in np.flatnonzero(columns["low"] == columns["high"]):
        found.setdefault(int(i), f"an interval of one point of '{table.estimands[i]}'")
    return found


def _quantiles(table: Table, columns: dict[str, np.ndarray]) -> np.ndarray:
    """Give the quantiles of every row, shape (rows, 9).

    Raises
    ------
    UserError
        For an interval without its other end or its level, or upside down, a negative standard
        error, or degrees of freedom that are not above 0.
    """
    estimate, se, low, high, df = (columns[name] for name in (*_NEEDED, "df"))
    table.refuse(se < 0, "a negative se")
    table.refuse(df <= 0, "degrees of freedom that are not above 0")
    found = np.full((len(estimate), len(_P)), np.nan)
    ends = [name for name in ("low", "high") if name in table.columns]
    if len(ends) == 1:
        raise UserError(f"{table.name} has a column of one end of an interval, '{ends[0]}', alone")
    if not ends:
        if table.asked.level is not None:
            raise UserError(
                f"{table.name} has no intervals: {option('level')} is about columns low and high"
            )
        with np.errstate(invalid="ignore"):
            z = np.where(np.isnan(df)[:, None], ndtri(_P), stdtrit(df[:, None], _P))
            return estimate[:, None] + se[:, None] * z
    table.refuse(low > high, "an interval that ends below its beginning")
    for i, level in enumerate(_levels(table, low)):
        for p, end in (((1 - level) / 2, low[i]), ((1 + level) / 2, high[i])):
            found[i, int(np.abs(_P - p).argmin())] = end
    return found


def _levels(table: Table, low: np.ndarray) -> list[float]:
    """Give the level of each row's interval, any one where the interval is missing."""
    told = table.asked.level
    if "level" not in table.columns:
        if told is None:
            raise UserError(
                f"{table.name} holds intervals, and nothing states their level: give it with "
                + option("level", "0.95")
            )
        return [check_level(told, option("level"))] * len(table.frame)
    column = table.columns["level"]
    if told is not None:
        raise UserError(f"{table.name} has a column '{column}': leave out {option('level')}")
    known = np.isfinite(low)
    levels = [
        check_level(float(level), f"the level in {table.place(i)}") if known[i] else 0.95
        for i, level in enumerate(table.numbers("level"))
    ]
    of: dict[tuple[str, str], set[float]] = {}
    for i in np.flatnonzero(known):
        mine = of.setdefault((table.methods[i], table.estimands[i]), set())
        mine.add(levels[i])
        if len(mine) > 1:
            one, other = sorted(mine)
            raise UserError(
                f"{table.place(int(i))}: intervals of {one:g} and of {other:g} of one method; "
                f"import one of these alone, with {option('where', f'{column}={one:g}')}"
            )
    return levels


def _notes(table: Table) -> Iterator[str]:
    yield "These are estimates without draws: they have no ranks, and what needs draws is empty."
    known = "se" in table.columns
    if "low" in table.columns:
        lost = "" if known else ", model SE and z"
        yield f"Their intervals are as given: coverage at other levels{lost} are empty."
    elif known:
        law = "t by the degrees of freedom" if "df" in table.columns else "the normal law"
        yield f"Their intervals are estimate ± quantile × se by {law}."
    else:
        yield "They have no standard errors: model SE, coverage, power and z are empty."
