"""Ranks: a table as R's SBC package writes it, arrays, and trees as ArviZ and simuk keep them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sbc.plugins.errors import UserError, option
from sbc.store.names import element
from sbc.store.rows import ERROR, PROBABILITIES, Result, quantile_column
from sbc.studies.importing.asked import Asked
from sbc.studies.importing.grouped import grouped
from sbc.studies.importing.pieces import Found, Piece
from sbc.studies.importing.tables import Table

_MOMENTS = ("mean", "sd")
_CHECKS = ("ess_bulk", "ess_tail", "rhat")
_QUANTILES = tuple(quantile_column(p) for p in PROBABILITIES)


def ranks(table: Table) -> Found:
    """Take the ranks out of a table, and what stands beside them; no rank is a failed fit.

    Raises
    ------
    UserError
        If the largest possible rank is not told, or a rank is none.
    """
    rank, largest = table.numbers("rank"), _largest(table)
    known = np.isfinite(rank)
    for i in np.flatnonzero(known):
        check_rank(float(rank[i]), float(largest[i]), table.place(int(i)))
    truth = table.truths(needed=table.asked.true is not None)
    names = (*_MOMENTS, *_CHECKS, *_QUANTILES)
    columns = {name: table.numbers(name) for name in names}
    table.refuse(columns["sd"] < 0, "a negative sd")
    quantiles = np.column_stack(
        [columns[name] for name in _QUANTILES if name in table.columns] or [rank]
    )
    table.refuse((np.diff(quantiles) < 0).any(axis=1), "quantiles that do not rise")
    pieces = []
    for key, method, rows in grouped(table):
        truths = {table.estimands[i]: float(truth[i]) for i in rows if np.isfinite(truth[i])}
        failed = [table.estimands[i] for i in rows if not known[i]]
        if failed:
            error = f"no rank of '{failed[0]}'"
            pieces.append(Piece(key, method, truths=truths, status=ERROR, error=error))
            continue
        results = tuple(
            Result(
                quantity=table.estimands[i],
                truth=float(truth[i]),
                mean=float(columns["mean"][i]),
                sd=float(columns["sd"][i]),
                ess_bulk=float(columns["ess_bulk"][i]),
                ess_tail=float(columns["ess_tail"][i]),
                rhat=float(columns["rhat"][i]),
                quantiles=tuple(float(columns[name][i]) for name in _QUANTILES),
                rank=int(rank[i]),
                size=int(largest[i]),
            )
            for i in rows
        )
        pieces.append(Piece(key, method, results, truths))
    return Found(pieces, table.factors, "prior", tuple(_notes(table, truth)))


def _largest(table: Table) -> np.ndarray:
    """Give the largest possible rank of each row.

    Raises
    ------
    UserError
        If nobody says what it is, or two do.
    """
    if "max_rank" in table.columns:
        if table.asked.draws is not None:
            raise UserError(
                f"{table.name} has a column '{table.columns['max_rank']}': leave out "
                + option("draws")
            )
        found = table.numbers("max_rank")
        lacking = ~np.isfinite(found) & np.isfinite(table.numbers("rank"))
        if lacking.any():
            raise UserError(f"{table.place(int(lacking.argmax()))}: the largest rank is missing")
        return found
    return np.full(len(table.frame), float(drawn(table.asked, table.name)))


def drawn(asked: Asked, where: str) -> int:
    """Give the number of draws in which truths were ranked, which is the largest possible rank.

    Raises
    ------
    UserError
        If nobody says it.
    """
    if asked.draws is None:
        raise UserError(
            f"{where} does not say among how many draws truths were ranked: give "
            f"their number with {option('draws', '1000')}, or a column max_rank"
        )
    return asked.draws


def check_rank(rank: float, largest: float, where: str) -> None:
    """Refuse what is no rank.

    Raises
    ------
    UserError
        Unless it is a whole number between 0 and the largest.
    """
    if not rank.is_integer() or not float(largest).is_integer():
        raise UserError(f"{where}: {rank:g} of {largest:g} is not a rank; ranks are whole numbers")
    if largest < 1 or rank < 0 or rank > largest:
        raise UserError(f"{where}: the rank is {rank:g}, its maximum {largest:g}")


def _notes(table: Table, truth: np.ndarray) -> Iterator[str]:
    lost = [name for name in _MOMENTS if name not in table.columns]
    lost += [] if np.isfinite(truth).any() else ["truth"]
    if lost:
        yield f"Ranks without {' and '.join(lost)}: what needs these is empty."
    elif not any(name in table.columns for name in _QUANTILES):
        yield "Ranks without intervals: coverage is by the PIT; widths and power are empty."


def rank_arrays(
    arrays: Mapping[str, np.ndarray],
    where: str,
    method: str,
    asked: Asked,
    places: Mapping[str, list[str]] | None = None,
) -> Found:
    """Take arrays of ranks: shape (datasets,), or (datasets, …) for a vector.

    Raises
    ------
    UserError
        If they are none, of different numbers of datasets, or nobody says among how many draws.
    """
    size = drawn(asked, where)
    columns = dict(scalars(arrays, where, places))
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise UserError(f"{where} holds arrays of {_listed(lengths)} datasets; they must agree")
    pieces = []
    for k in range(lengths.pop()):
        failed = [name for name, values in columns.items() if not np.isfinite(values[k])]
        if failed:
            error = f"no rank of '{failed[0]}'"
            pieces.append(Piece((k,), method, status=ERROR, error=error))
            continue
        results = []
        for name, values in columns.items():
            check_rank(float(values[k]), size, f"{where}, dataset {k}, '{name}'")
            nothing = (np.nan,) * len(PROBABILITIES)
            rank = int(values[k])
            results.append(Result(name, np.nan, np.nan, np.nan, nothing, rank=rank, size=size))
        pieces.append(Piece((k,), method, tuple(results)))
    note = "Ranks without truth, mean and sd: what needs these is empty."
    return Found(pieces, (), "prior", (note,))


def scalars(
    arrays: Mapping[str, np.ndarray],
    where: str,
    places: Mapping[str, list[str]] | None = None,
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each scalar, and each element of each vector, with its values by dataset."""
    for name, values in arrays.items():
        if values.dtype.kind not in "biuf" or values.ndim == 0 or not values.size:
            raise UserError(f"{where}: '{name}' must hold a number for each dataset")
        flat = values.reshape(len(values), -1).astype(float)
        if values.ndim == 1:
            yield name, flat[:, 0]
            continue
        told = (places or {}).get(name) or [
            ", ".join(map(str, place)) for place in np.ndindex(values.shape[1:])
        ]
        for j, place in enumerate(told):
            yield element(name, place), flat[:, j]


def _listed(lengths: set[int]) -> str:
    return " and ".join(map(str, sorted(lengths)))
