"""Draws with their truths, ranked as those of real fits are: thinned, spread, summarised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sbc.fitting.convergence import status
from sbc.fitting.summarise import summarise
from sbc.plugins.engine import Budget, Draws
from sbc.plugins.errors import UserError
from sbc.store.rows import ERROR, FAILED
from sbc.studies.importing.pieces import Found, Piece

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
    truths = {}
    for name in arrays:
        for mark in _MARKS:
            if name.startswith(f"{mark}_"):
                truths[name.removeprefix(f"{mark}_")] = name
            elif name.endswith(f"_{mark}"):
                truths[name.removesuffix(f"_{mark}")] = name
    if not truths:
        return None
    draws = {name: values for name, values in arrays.items() if name not in truths.values()}
    if alone := next((n for n in draws if n not in truths), None):
        raise UserError(f"{where} holds draws of '{alone}' and no 'truth_{alone}'")
    if alone := next((n for n in truths if n not in draws), None):
        raise UserError(f"{where} holds '{truths[alone]}' and no draws of '{alone}'")
    return Posteriors(draws, {name: arrays[theirs] for name, theirs in truths.items()}, where)


def posteriors(found: Posteriors, method: str) -> Found:
    """Rank truths in their draws.

    Draws of several chains are judged as fits are: by R-hat and ESS, once. A dataset with a draw
    that is no number is a failed fit.

    Raises
    ------
    UserError
        If shapes do not fit together.
    """
    shapes = {name: _shape(found, name) for name in found.draws}
    if len(set(shapes.values())) != 1:
        told = ", ".join(f"'{n}' {' × '.join(map(str, s))}" for n, s in shapes.items())
        raise UserError(f"{found.where}: datasets, chains and draws must agree: {told}")
    n, chains, length = next(iter(shapes.values()))
    pieces = [_piece(found, method, k, chains, length) for k in range(n)]
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
            raise UserError(f"{found.where}: {what} are no numbers by dataset")
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
