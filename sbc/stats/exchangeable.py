"""One value among draws that should be exchangeable with it: ranks of scalars and of whole vectors.

A vector is not ranked element by element as if its elements were independent. Numbers computed from
the whole of it are ranked instead, each computed alike for the value and for every draw, so that
each rank is uniform whatever the dependence between elements.

References
----------
Modrák et al. (2023), arXiv:2211.02383, on test quantities that are functions of all there is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sbc.stats.ranks import pit, rank

#: Of a scalar, its own rank; of a vector, of these sums over its elements.
VALUE, LOCATION, SPREAD = "value", "location", "spread"
#: Of anything that has one: its log density.
DENSITY = "density"

Array = NDArray[np.float64]


def statistics(pool: Array, rng: np.random.Generator | None = None) -> dict[str, Array]:
    """Compute what is ranked of a value and of draws of it.

    Parameters
    ----------
    pool : array of float, shape (L + 1, size)
        The value first, then the draws.
    rng : numpy.random.Generator, optional
        Where elements are drawn given those before them in the *value*: then each element's rank
        in the pool, ties broken at random, stands for it, since these ranks are independent.

    Returns
    -------
    dict of str to array, each of shape (L + 1,)
        ``value`` if there is one element. Else ``location``, the sum over elements of their
        distance from the pool's mean in the pool's sds, and ``spread``, that of its square.
        Elements that are the same throughout the pool are left out. Nothing if all are.
    """
    pool = np.nan_to_num(pool, nan=np.nan, posinf=1e300, neginf=-1e300)
    if rng is not None:
        order = np.lexsort((rng.random(pool.shape), pool), axis=0)
        places = np.argsort(order, axis=0)
        pool = ndtri((places + 0.5) / len(pool))
    if pool.shape[1] == 1:
        return {VALUE: pool[:, 0]}
    with np.errstate(all="ignore"):
        # Taken over the value and the draws alike: nothing tells which of them is the value.
        sd = pool.std(axis=0)
        moving = (np.ptp(pool, axis=0) > 0) & (sd > 0) & np.isfinite(sd)
        if not moving.any():
            return {}
        z = (pool[:, moving] - pool[:, moving].mean(axis=0)) / sd[moving]
    return {LOCATION: z.sum(axis=1), SPREAD: (z * z).sum(axis=1)}


def pits(pools: Array, spread: Array) -> Array:
    """Rank the first of each pool's numbers among the others: randomised PITs.

    Parameters
    ----------
    pools : array of float, shape (K, L + 1)
        Of the value, then of the draws. Numbers that differ by rounding alone are ties.
    spread : array of float, shape (K,)
        In (0, 1): spreads each rank over its bin.

    Returns
    -------
    array of float, shape (K,)
        In (0, 1); NaN where one of the pool's numbers is.
    """
    finite = np.isfinite(pools)
    # Sums over elements that were added in another order differ in their last bits.
    size = np.where(finite, np.abs(pools), 0.0).max(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        rounded = np.round(pools / size * 1e12)
    pools = np.where(finite & (size > 0), rounded, pools)
    known = ~np.isnan(pools).any(axis=1)
    found = np.full(len(pools), np.nan)
    below, ties = rank(pools[known, 1:], pools[known, 0])
    found[known] = pit(below, ties, pools.shape[1] - 1, spread[known])
    return found
