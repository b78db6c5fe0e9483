"""Draws with their truths, ranked as those of real fits are: thinned, spread, summarised."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sbc.fitting.convergence import status
from sbc.fitting.summarise import summarise
from sbc.plugins.engine import Budget, Draws
from sbc.plugins.errors import UserError, option
from sbc.plugins.returned import FEWEST_DRAWS
from sbc.store.rows import ERROR, FAILED
from sbc.studies.importing.asked import Asked
from sbc.studies.importing.pieces import Found, Piece, plain

#: What the name of a truth begins or ends with, beside the draws of that name.
_MARKS = ("truth", "true")


@dataclass(frozen=True)
class Posteriors:
    """Draws of every dataset, and what they should be of.

    Attributes
    ----------
    draws : mapping of str to array of shape (datasets, draws, …) or (datasets, chains, draws, …)
        By name; what follows is the shape of the truth of one dataset.
    truths : mapping of str to array of shape (datasets, …)
        By the same names.
    where : str
        The source, for errors.
    places : mapping of str to tuple of str
        What stands in the brackets of a vector's elements; their numbers if nothing is said.
    """

    draws: Mapping[str, np.ndarray]
    truths: Mapping[str, np.ndarray]
    where: str
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def split(arrays: Mapping[str, np.ndarray], where: str) -> Posteriors | None:
    """Tell draws from truths by their names: ``theta`` and ``truth_theta``, or ``theta_true``.

    Returns
    -------
    Posteriors or None
        None if no array is a truth.

    Raises
    ------
    UserError
        If there are draws without a truth, or a truth without draws.
    """
    truths: dict[str, str] = {}
    for name in arrays:
        whose = _whose(name, arrays)
        if whose in truths:
            raise UserError(f"{where} holds two truths of '{whose}': '{truths[whose]}', '{name}'")
        truths |= {whose: name} if whose else {}
    if not truths:
        return None
    draws = {name: values for name, values in arrays.items() if name not in truths.values()}
    if alone := next((n for n in draws if n not in truths), None):
        raise UserError(f"{where} holds draws of '{alone}' and no 'truth_{alone}'")
    if alone := next((n for n in truths if n not in draws), None):
        raise UserError(f"{where} holds '{truths[alone]}' and no draws of '{alone}'")
    return Posteriors(draws, {name: arrays[theirs] for name, theirs in truths.items()}, where)


def _whose(name: str, arrays: Collection[str]) -> str:
    """Say whose truth an array is by its name; empty if it is none."""
    for mark in _MARKS:
        if name == mark and len(arrays) == 2:
            return next(other for other in arrays if other != name)
        if name.startswith(f"{mark}_"):
            return name.removeprefix(f"{mark}_")
        if name.endswith(f"_{mark}"):
            return name.removesuffix(f"_{mark}")
    return ""


def posteriors(found: Posteriors, method: str, asked: Asked, ids: Sequence[Any] = ()) -> Found:
    """Rank truths in their draws.

    Draws of several chains are judged as fits are: by R-hat and ESS, once. A dataset with a draw
    that is no number is a failed fit. `ids` names the datasets, by their numbers if it is empty.

    Raises
    ------
    UserError
        If shapes do not fit together, or there are too few draws.
    """
    if asked.draws is not None:
        raise UserError(f"{found.where} holds draws; {option('draws')} is for ranks")
    shapes = {name: _shape(found, name) for name in found.draws}
    if len(set(shapes.values())) != 1:
        told = ", ".join(f"'{n}' {' × '.join(map(str, s))}" for n, s in shapes.items())
        raise UserError(f"{found.where}: datasets, chains and draws must agree: {told}")
    n, chains, length = next(iter(shapes.values()))
    if length < FEWEST_DRAWS:
        raise UserError(
            f"{found.where}: draws of '{next(iter(shapes))}' have shape "
            f"{next(iter(found.draws.values())).shape}, chains of {length}; a chain has at least "
            f"{FEWEST_DRAWS} draws"
        )
    pieces = [
        replace(_piece(found, method, k, chains, length), dataset=(plain(ids[k]) if ids else k,))
        for k in range(n)
    ]
    varies = any(np.ptp(truth, axis=0).any() for truth in found.truths.values())
    note = (
        "Draws of one chain are taken to be independent: there is no R-hat and no ESS."
        if chains == 1
        else "R-hat and ESS were judged once: nothing was fitted again."
    )
    return Found(pieces, (), "prior" if varies else "fixed", (note,))


def _shape(found: Posteriors, name: str) -> tuple[int, int, int]:
    """Give the numbers of datasets, chains and draws.

    Raises
    ------
    UserError
        If draws have not the shape that goes with their truths.
    """
    draws, truth = found.draws[name], found.truths[name]
    for what, values in ((f"draws of '{name}'", draws), (f"truths of '{name}'", truth)):
        if values.dtype.kind not in "biuf" or not values.size or not values.ndim:
            raise UserError(f"{found.where}: {what} are not numbers, one for each dataset")
    between = draws.ndim - truth.ndim
    fits = (
        len(draws) == len(truth) and draws.shape[draws.ndim - truth.ndim + 1 :] == truth.shape[1:]
    )
    if between not in (1, 2) or not fits:
        raise UserError(
            f"{found.where}: draws of '{name}' have shape {draws.shape} and their truths "
            f"{truth.shape}; with truths (datasets, ...) draws are (datasets, draws, ...) or "
            "(datasets, chains, draws, ...)"
        )
    if not np.isfinite(truth).all():
        k = int((~np.isfinite(truth)).reshape(len(truth), -1).any(axis=1).argmax())
        raise UserError(f"{found.where}: a truth of '{name}' is missing, that of dataset {k}")
    return len(draws), draws.shape[1] if between == 2 else 1, draws.shape[between]


def _piece(found: Posteriors, method: str, k: int, chains: int, length: int) -> Piece:
    truth = {name: values[k] for name, values in found.truths.items()}
    values = {
        name: array[k].reshape(chains, length, *truth[name].shape)
        for name, array in found.draws.items()
    }
    lost = [name for name, array in values.items() if not np.isfinite(array).all()]
    if lost:
        error = f"draws of '{lost[0]}' are not finite"
        return Piece((k,), method, status=ERROR, error=error, chains=chains, draws=length)
    draws = Draws(values, independent=chains == 1)
    results = summarise(draws, truth, lambda _: np.nan, found.places)
    became = status(results, draws, Budget())
    truths = {result.quantity: result.truth for result in results}
    kept = () if became in FAILED else results
    return Piece((k,), method, kept, truths, became, chains=chains, draws=length)
