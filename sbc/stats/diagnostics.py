"""R-hat and effective sample sizes of all quantities of a fit at once.

ArviZ computes the same numbers one variable and one measure at a time, at about three milliseconds
a quantity: a quarter of a short fit. Here one sort serves all of them, and the rest is compiled.
The tests hold these functions to ArviZ's values.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from sbc.stats.ordered import Ordered

Array = np.ndarray
#: Where the tails begin.
TAILS = (0.05, 0.95)


class Diagnostics(NamedTuple):
    """Convergence of each quantity; every array has shape (n_quantities,)."""

    rhat: Array
    ess_bulk: Array
    ess_tail: Array


def diagnose(draws: Array, ordered: Ordered | None = None) -> Diagnostics:
    """Compute rank-normalised split R-hat, bulk ESS and tail ESS.

    Parameters
    ----------
    draws : ndarray of shape (n_quantities, n_chains, n_draws)
        Draws after warm-up.
    ordered : Ordered, optional
        The draws of each quantity, of all chains in turn, where they were sorted already.

    Returns
    -------
    Diagnostics
        NaN for a quantity with a draw that is not finite, or with fewer than ten draws a chain.
        A quantity that never moves has R-hat NaN: it cannot be told from a stuck chain.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021, doi:10.1214/20-BA1221.
    """
    n_quantities, n_chains, n_draws = draws.shape
    result = Diagnostics(*(np.full(n_quantities, np.nan) for _ in range(3)))
    usable = np.isfinite(draws).all(axis=(1, 2)) & (np.ptp(draws, axis=(1, 2)) > 0)
    if n_draws < 10 or not usable.any():
        return result
    if ordered is None:
        ordered = Ordered.of(draws.reshape(n_quantities, -1))
    with np.errstate(invalid="ignore"):  # of those that are left out
        tails = ordered.quantiles(TAILS)[usable].T
    split = _split(draws[usable]).reshape(usable.sum(), -1)
    order = _order(split, ordered.order[usable], n_chains)
    from sbc.stats import _chains  # brings Numba, which tables and gates do without

    found = np.empty((3, len(split)))
    _chains.diagnose(split, order, tails, _quantiles(split.shape[1]), 2 * n_chains, found)
    for of, values in zip(result, found, strict=True):
        of[usable] = values
    return result


def _split(draws: Array) -> Array:
    """Cut each chain in two, so that a drift within it shows as a difference between halves."""
    half = draws.shape[-1] // 2
    return np.concatenate([draws[..., :half], draws[..., -half:]], axis=1)


def _order(split: Array, order: Array, chains: int) -> Array:
    """Give what sorts the halves of chains, from what sorts whole chains."""
    if order.shape[1] != split.shape[1]:  # the halves leave out the draw in the middle
        return np.argsort(split, axis=1)
    half = order.shape[1] // (2 * chains)
    place = np.arange(order.shape[1]).reshape(2, chains, half).swapaxes(0, 1).ravel()
    return place[order]


@cache
def _quantiles(size: int) -> Array:
    """Give the normal quantile of each mean rank there can be, in steps of a half from 1."""
    return ndtri((np.arange(2, 2 * size + 1) / 2 - 0.375) / (size + 0.25))
