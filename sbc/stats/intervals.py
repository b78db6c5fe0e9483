"""Intervals: for a share of datasets, and of posterior draws.

References
----------
.. [1] Brown, Cai & DasGupta (2001), Statistical Science 16:101. doi:10.1214/ss/1009213286
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbc.stats.ordered import Ordered

FloatArray = NDArray[np.float64]


def wilson(hits: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Wilson's interval for a binomial probability.

    It inverts the score test, holds the share of hits, stays in [0, 1] and covers close to
    `level` on average over the probability [1]_; hence the default of every `Proportion`. The
    textbook's p ± 1.96 MCSE does none of this where coverage lives, near 1: with n hits of n it
    shrinks to a point.

    Parameters
    ----------
    hits, n : array_like of int
        Successes, 0 ≤ hits ≤ n, and trials; they broadcast.
    level : float
        Confidence, in (0, 1).

    Returns
    -------
    low, high : array
        Bounds in [0, 1]; exactly 0 and 1 for n = 0.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    k, n = _counts(hits, n)
    z = NormalDist().inv_cdf((1 + checked_level(level)) / 2)
    half = z * np.sqrt(k * (n - k) / np.maximum(n, 1) + z**2 / 4)
    low, high = k + z**2 / 2 - half, k + z**2 / 2 + half
    # Rounding must not push the bound past a share of exactly 0 or 1.
    low, high = np.where(k == 0, 0, low / (n + z**2)), np.where(k == n, 1, high / (n + z**2))
    return low[()], high[()]  # numbers for numbers, not arrays of no dimension


def clopper_pearson(
    hits: ArrayLike, n: ArrayLike, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Clopper–Pearson's interval: covers at least `level` at every probability, so it is wider.

    Arguments, results and errors are those of `wilson`.
    """
    from scipy.special import betaincinv

    k, n = _counts(hits, n)
    tail = (1 - checked_level(level)) / 2
    low = betaincinv(np.maximum(k, 1), n - k + 1, tail)
    high = betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail)
    return np.where(k == 0, 0, low)[()], np.where(k == n, 1, high)[()]


def _counts(hits: ArrayLike, n: ArrayLike) -> tuple[FloatArray, FloatArray]:
    k, trials = np.asarray(hits, dtype=float), np.asarray(n, dtype=float)
    if not np.all((k >= 0) & (k <= trials)):
        raise ValueError("hits must lie between 0 and n")
    return k, trials


def checked_level(level: float) -> float:
    """Return the level, or raise ValueError unless it lies between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    return level


def hdi(draws: ArrayLike | Ordered, levels: Sequence[float] = (0.95,)) -> FloatArray:
    """Shortest intervals from one draw to another that hold shares of the draws.

    The lowest of several that are equally short. They change with the scale of the estimand, and
    the PIT says nothing about their coverage. Choosing the shortest makes them too short: from
    1,000 draws of an exact posterior they cover half a point less than their level, from 127 two to
    five.

    Parameters
    ----------
    draws : array_like of shape (..., S), or Ordered
        Posterior draws, S ≥ 1.
    levels : sequence of float
        Probabilities of the intervals, in (0, 1).

    Returns
    -------
    array of shape (..., len(levels), 2)
        Low and high ends on the scale of the draws.

    Raises
    ------
    ValueError
        If a level is out of range.
    """
    if isinstance(draws, Ordered):
        ordered = draws.values
    else:
        ordered = np.sort(np.asarray(draws, dtype=float), axis=-1)
    S = ordered.shape[-1]
    found = np.empty((*ordered.shape[:-1], len(levels), 2))
    for i, level in enumerate(levels):
        steps = int(checked_level(level) * S)
        low, high = ordered[..., : S - steps], ordered[..., steps:]
        with np.errstate(over="ignore"):  # a width that overflows is not the shortest
            start = np.argmin(high - low, axis=-1)[..., np.newaxis]
        for j, ends in enumerate((low, high)):
            found[..., i, j] = np.take_along_axis(ends, start, axis=-1)[..., 0]
    return found
