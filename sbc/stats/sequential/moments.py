"""Moments of values while they come in, and of one more value that has not been seen yet.

References
----------
.. [1] Chen, Variyath & Abraham (2008). Adjusted empirical likelihood and its properties. Journal of
   Computational and Graphical Statistics 17:426. doi:10.1198/106186008X321068
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

UNSEEN = 1.5
"""How far from the mean the value lies that has not been seen, the worst so far being at 1."""


class Moments(NamedTuple):
    """Number, mean, sd, skewness and least of the values so far."""

    n: Array
    mean: Array
    sd: Array
    skew: Array
    least: Array


def moments(x: Array) -> Moments:
    """Compute the moments of the values up to each, NaN left out."""
    valid = np.isfinite(x)
    n = np.cumsum(valid).astype(float)
    centre = x[valid].mean() if valid.any() else 0.0
    deviation, size = np.where(valid, x - centre, 0.0), np.maximum(n, 1)
    m1, m2, m3 = (np.cumsum(deviation**k) / size for k in (1, 2, 3))
    var = np.maximum(m2 - m1**2, 0)
    third = m3 - 3 * m1 * m2 + 2 * m1**3
    skew = _skewness(third, var)
    mean, sd = centre + m1, np.sqrt(var * n / np.maximum(n - 1, 1))
    least = np.minimum.accumulate(np.where(valid, x, np.inf))
    return Moments(n, mean, sd, skew, np.where(n > 0, np.minimum(least, mean), mean))


def with_unseen(so_far: Moments, unseen: float = UNSEEN) -> Moments:
    """Add one value that speaks against a positive mean more than any that has been seen.

    A rare value may make up much of a mean, and is missed most of the time: so one is added, as the
    adjusted empirical likelihood adds one [1]_. It weighs nothing in the long run if the variance
    is finite.

    Parameters
    ----------
    so_far : Moments
        Of the values up to each.
    unseen : float
        How far below the mean it lies, at least 0, the least value lying at 1.

    Returns
    -------
    Moments
        Of one more value each.
    """
    n, mean, sd, skew, least = so_far
    var = sd**2 * np.maximum(n - 1, 1) / np.maximum(n, 1)
    third = skew * var**1.5
    beyond, N = unseen * (least - mean), n + 1
    shift = beyond / N
    new_var = (n * var + beyond**2) / N - shift**2
    third = (n * (third - 3 * var * shift - shift**3) + (beyond - shift) ** 3) / N
    new_sd = np.sqrt(new_var * N / np.maximum(n, 1))
    return Moments(N, mean + shift, new_sd, _skewness(third, new_var), least)


def _skewness(third: Array, var: Array) -> Array:
    return np.divide(third, var**1.5, out=np.zeros_like(var), where=var > 1e-180)
