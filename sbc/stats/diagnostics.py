"""R-hat and effective sample sizes of all quantities of a fit at once.

ArviZ computes the same numbers one variable and one measure at a time, at about three milliseconds
a quantity: a quarter of a short fit. Here the quantities share one sort, and the rest is compiled.
The tests hold these functions to ArviZ's values.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

Array = np.ndarray
#: Where the tails begin.
TAILS = (0.05, 0.95)


class Diagnostics(NamedTuple):
    """Convergence of each quantity; every array has shape (n_quantities,)."""

    rhat: Array
    ess_bulk: Array
    ess_tail: Array


def diagnose(draws: Array) -> Diagnostics:
    """Compute rank-normalised split R-hat, bulk ESS and tail ESS.

    Parameters
    ----------
    draws : ndarray of shape (n_quantities, n_chains, n_draws)
        Draws after warm-up.

    Returns
    -------
    Diagnostics
        NaN for a quantity with a draw that is not finite, or with fewer than ten draws a chain.
        A quantity that never moves has R-hat NaN: it cannot be told from a stuck chain.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021, doi:10.1214/20-BA1221.
    """
    n_quantities, _, n_draws = draws.shape
    result = Diagnostics(*(np.full(n_quantities, np.nan) for _ in range(3)))
    usable = np.isfinite(draws).all(axis=(1, 2)) & (np.ptp(draws, axis=(1, 2)) > 0)
    if n_draws < 10 or not usable.any():
        return result
    split = _split(draws[usable])
    flat = split.reshape(len(split), -1)
    order = np.argsort(flat, axis=1)
    tails = _tails(draws[usable], flat, order)
    from sbc.stats import _chains  # brings Numba, which tables and gates do without

    found = np.empty((3, len(split)))
    _chains.diagnose(flat, order, tails, _quantiles(flat.shape[1]), split.shape[1], found)
    for of, values in zip(result, found, strict=True):
        of[usable] = values
    return result


def _tails(draws: Array, flat: Array, order: Array) -> Array:
    """Give the quantiles of draws beyond which the tails lie, as NumPy interpolates them."""
    if draws.shape[2] % 2:  # the halves leave out the draw in the middle
        return np.quantile(draws.reshape(len(draws), -1), TAILS, axis=1)
    rows = np.arange(len(flat))

    def quantile(p: float) -> Array:
        below, share = divmod(p * (flat.shape[1] - 1), 1)
        a, b = (flat[rows, order[:, int(below) + step]] for step in (0, 1))
        return b - (b - a) * (1 - share) if share >= 0.5 else a + (b - a) * share

    return np.stack([quantile(p) for p in TAILS])


def _split(draws: Array) -> Array:
    """Cut each chain in two, so that a drift within it shows as a difference between halves."""
    half = draws.shape[-1] // 2
    return np.concatenate([draws[..., :half], draws[..., -half:]], axis=1)


@cache
def _quantiles(size: int) -> Array:
    """Give the normal quantile of each mean rank there can be, in steps of a half from 1."""
    return ndtri((np.arange(2, 2 * size + 1) / 2 - 0.375) / (size + 0.25))
