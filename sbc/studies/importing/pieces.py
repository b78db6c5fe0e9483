"""What is taken out of any source: one piece a method and dataset; put together they are fits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sbc.plugins.errors import UserError, option
from sbc.stats.ranks import jitter
from sbc.store.rows import ERROR, OK, Fit, Result

#: Datasets that are named in a message; of more, the first ones.
_NAMED = 5
#: What a method and a dataset are called in keys: the dataset's own name, then its factors.
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Piece:
    """What one method says of one dataset.

    Attributes
    ----------
    dataset : tuple
        Its name in the source, and the values of the study's factors.
    method : str
        Whose results.
    results : tuple of Result
        None if the fit failed; their `jitter` is not yet known.
    truths : dict of str to float
        True values, of a failed fit too.
    status, error : str
        As of a fit.
    divergences, chains, draws : int
        Of its posterior, 0 where that is not known.
    """

    dataset: Key
    method: str
    results: tuple[Result, ...] = ()
    truths: dict[str, float] = field(default_factory=dict)
    status: str = OK
    error: str = ""
    divergences: int = 0
    chains: int = 0
    draws: int = 0


@dataclass(frozen=True)
class Found:
    """What a source holds.

    Attributes
    ----------
    pieces : list of Piece
        In any order.
    factors : tuple of str
        Names of what a dataset's key holds behind its own name.
    regime : str
        How the truth was chosen, if the source says so.
    notes : tuple of str
        What readers should know: what is missing, what was not used.
    """

    pieces: list[Piece]
    factors: tuple[str, ...] = ()
    regime: str = ""
    notes: tuple[str, ...] = ()


def fits_of(found: Found, seed: int, source: str, own: bool) -> list[Fit]:
    """Make a fit of every piece, datasets numbered; one without a piece is a failed fit.

    Parameters
    ----------
    found : Found
        Of all sources together.
    seed : int
        Of the random numbers that spread ranks.
    source : str
        Where it comes from, for people.
    own : bool
        Whether each method has datasets of its own.

    Returns
    -------
    list of Fit
        In the order of datasets, numbered from 0 by their names and then by the factors.

    Raises
    ------
    UserError
        If a method says two things of one dataset, or a dataset has two truths.
    """
    pieces: dict[tuple[Key, str], Piece] = {}
    for piece in found.pieces:
        if pieces.setdefault((piece.dataset, piece.method), piece) is not piece:
            raise twice(piece.dataset, piece.method)
    keys = sorted({key for key, _ in pieces}, key=natural)
    truths = {} if own else _truths(found.pieces)
    wanted = _wanted(found.pieces)
    fits, methods = [], methods_of(found.pieces)
    for k, key in enumerate(keys):
        for method in methods:
            if (method, key[1:]) not in wanted:
                continue  # it was never tried there
            lost = Piece(key, method, status=ERROR, error="no row of this dataset")
            piece = _whole(pieces.get((key, method), lost), wanted[method, key[1:]])
            fits.append(
                Fit(
                    *(k, method, "", piece.status, piece.error),
                    divergences=piece.divergences,
                    chains=piece.chains,
                    draws=piece.draws,
                    results=tuple(_spread(r, seed, k, method) for r in piece.results),
                    truth=truths.get(key, piece.truths),
                    features=dict(zip(found.factors, key[1:], strict=True)),
                    stream=f"{_told(key)} of {source}",
                    source=method if own else "",
                )
            )
    return fits


def _wanted(pieces: Iterable[Piece]) -> dict[tuple[str, Key], dict[str, None]]:
    """List what each method estimates with the same values of the factors."""
    found: dict[tuple[str, Key], dict[str, None]] = {}
    for piece in pieces:
        names = found.setdefault((piece.method, piece.dataset[1:]), {})
        names.update(dict.fromkeys(result.quantity for result in piece.results))
    return found


def _whole(piece: Piece, wanted: Iterable[str]) -> Piece:
    """Give a piece, as a failed fit if it lacks an estimand that its method has elsewhere."""
    there = {result.quantity for result in piece.results}
    lacking = [name for name in wanted if name not in there]
    if not piece.results or not lacking:
        return piece
    return replace(piece, results=(), status=ERROR, error=f"no row of '{lacking[0]}'")


def methods_of(pieces: Iterable[Piece]) -> list[str]:
    """List the methods in the order in which they come."""
    return list(dict.fromkeys(piece.method for piece in pieces))


def _spread(result: Result, seed: int, k: int, method: str) -> Result:
    if not result.size:
        return result
    return replace(result, jitter=jitter(seed, k, method, result.quantity, ""))


def _truths(pieces: Sequence[Piece]) -> dict[Key, dict[str, float]]:
    """Collect the truths of each dataset.

    Raises
    ------
    UserError
        If two methods saw different ones.
    """
    found: dict[Key, dict[str, float]] = {}
    for piece in pieces:
        mine = found.setdefault(piece.dataset, {})
        for name, value in piece.truths.items():
            if mine.setdefault(name, value) != value:
                raise two_truths(piece.dataset, name, mine[name], value)
    return found


def two_truths(key: Key, name: str, one: float, other: float) -> UserError:
    """Make the error for a dataset with two truths of one estimand."""
    return UserError(
        f"{_told(key)} has two truths of '{name}', {one:g} and {other:g}: are its datasets told "
        f"apart by more columns? Name them with {option('by')}"
    )


def twice(key: Key, method: str, estimand: str = "") -> UserError:
    """Make the error for a dataset that a method has results of more than once."""
    what = f" '{estimand}' of" if estimand else ""
    return UserError(
        f"{method} has{what} {_told(key)} twice: do more columns tell its datasets apart? "
        f"Name them with {option('by')}"
    )


def missing_note(pieces: Sequence[Piece]) -> list[str]:
    """Tell of whole numbers between those of datasets that no dataset has."""
    ids = {piece.dataset[0] for piece in pieces}
    if not ids or not all(isinstance(name, int) for name in ids):
        return []
    gaps = sorted(set(range(min(ids), max(ids) + 1)) - ids) if max(ids) - min(ids) < 1e7 else []
    if not gaps or len(gaps) > len(ids):
        return []
    more = f" and {len(gaps) - _NAMED} more" if len(gaps) > _NAMED else ""
    named = ", ".join(map(str, gaps[:_NAMED]))
    return [f"no row of dataset {named}{more}: fits that failed there are not counted"]


def estimands_of(pieces: Sequence[Piece]) -> dict[str, list[str]]:
    """List what each method estimates."""
    found: dict[str, dict[str, None]] = {}
    for piece in pieces:
        names = found.setdefault(piece.method, {})
        names.update(dict.fromkeys([*(r.quantity for r in piece.results), *piece.truths]))
    return {method: list(names) for method, names in found.items()}


def _told(key: Key) -> str:
    return " / ".join([f"dataset {key[0]}", *map(str, key[1:])])


def natural(key: Key) -> tuple[Any, ...]:
    """Give a key that sorts numbers as numbers, also within names: ``sim2`` before ``sim10``.

    No two names have the same one, not even ``sim1`` and ``sim01``.
    """
    return tuple(
        (0, part, (), "")
        if isinstance(part, int | float)
        else (1, 0, tuple((int(t), "") if t.isdecimal() else (-1, t)
                          for t in re.split(r"(\d+)", part)), part)
        for part in key
    )  # fmt: skip


def plain(value: Any) -> Any:
    """Give a whole number as an integer, another as a float, and anything else as text."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
