"""Is a finished set of PIT values uniform? One test for tables, and the bands for figures.

The test looks three ways at ``u``: at the mean and at the spread of ``q = Φ⁻¹(u)``, where the
usual faults of a posterior show (biased, too narrow, too wide), and with POT-C at all else. All of
this is for a number of data sets fixed beforehand; whoever looks more than once wants
:mod:`sbc.stats.sequential.judge`.

References
----------
.. [1] Säilynoja, Bürkner & Vehtari (2022). Graphical test for discrete uniformity and its
   applications in goodness-of-fit evaluation and multiple sample comparison.
   doi:10.1007/s11222-022-10090-6
.. [2] Tesso & Vehtari (2026). POT-C. arXiv:2603.02928
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, chdtr, chdtrc, ndtr, ndtri

_POT_LIBERAL = 1.3
"""POT-C raises up to this many times more false alarms than it says."""

_POT_SMALLEST = 1e-12
"""Below this, POT-C's p-value is mostly rounding."""

_BAND_SEED = 2022
_BAND_POINTS = 200


class Uniformity(NamedTuple):
    """What :func:`uniformity_test` found; NaN and ``""`` when there is too little to test."""

    p: float
    p_pot: float
    p_location: float
    p_scale: float
    shape: str


class Band(NamedTuple):
    """A simultaneous band for ``ECDF(x) − x``; three read-only arrays of one length."""

    x: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


class HistogramBand(NamedTuple):
    """Limits for the count in one bin of a histogram, and the count expected."""

    lower: int
    expected: float
    upper: int


def uniformity_test(u: ArrayLike) -> Uniformity:
    """Test whether randomised PIT values are uniform on (0, 1), and say how they are not.

    ``p = min(1, 3 · min(1.3 · p_pot, p_location, p_scale))``. Over 20 to 500 values of a calibrated
    stream it raises false alarms slightly less often than its level.

    Parameters
    ----------
    u : array_like of float, shape (n,)
        Values strictly between 0 and 1; NaN (a fit that failed) is left out.

    Returns
    -------
    Uniformity
        ``p``, the combined p-value; ``p_pot`` of POT-C, never above ½; ``p_location``, two-sided,
        of ``√n q̄`` under N(0, 1); ``p_scale``, two-sided, of ``Σ(q − q̄)²`` under χ²(n − 1).
        ``shape`` is ``""`` when p ≥ .05. Else it names the one that spoke, which has the smallest
        p-value after the factor 1.3: ``"location"`` (the posterior is biased), ``"scale"`` (too
        narrow or too wide) or ``"other"`` (POT-C). POT-C's p-value is not known below 1e-12, and
        counts as that here. Fewer than 2 values give NaN and ``""``.

    Raises
    ------
    ValueError
        When a value is not inside (0, 1), as ranks divided by L are not, or `u` has not one
        dimension.

    References
    ----------
    Tesso & Vehtari (2026), arXiv:2603.02928.
    """
    u = _checked(u)
    if u.size < 2:
        return Uniformity(np.nan, np.nan, np.nan, np.nan, "")
    moments = _moments(ndtri(u))
    p_location, p_scale = moments[1], moments[3]
    p_pot = _pot_c(u)
    p = min(1.0, 3 * min(_POT_LIBERAL * p_pot, p_location, p_scale))
    shape = _shape(u.size, moments, p_pot) if p < 0.05 else ""
    return Uniformity(p, p_pot, p_location, p_scale, shape)


def _shape(n: int, moments: tuple[float, float, float, float], p_pot: float) -> str:
    """Name the smallest p-value, or when both underflow the larger departure."""
    z, p_location, chi2, p_scale = moments
    if max(_POT_SMALLEST, _POT_LIBERAL * p_pot) < min(p_location, p_scale):
        return "other"
    if p_location != p_scale:
        return "location" if p_location < p_scale else "scale"
    return "location" if abs(z) * np.sqrt(2 * n - 2) >= abs(chi2 - n + 1) else "scale"


def _checked(u: ArrayLike) -> NDArray[np.float64]:
    u = np.asarray(u, dtype=float)
    if u.ndim != 1:
        raise ValueError(f"PIT values of one stream have one dimension, not {u.ndim}")
    u = u[~np.isnan(u)]
    if not np.all((u > 0) & (u < 1)):
        raise ValueError("PIT values must lie strictly between 0 and 1: randomise the ranks")
    return u


def _moments(q: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Return √n q̄ and its p-value, then Σ(q − q̄)² and its p-value."""
    z = float(np.sqrt(q.size) * q.mean())
    chi2 = float(np.square(q - q.mean()).sum())
    p_scale = 2 * min(chdtr(q.size - 1, chi2), chdtrc(q.size - 1, chi2))
    return z, float(2 * ndtr(-abs(z))), chi2, min(1.0, float(p_scale))


def _pot_c(u: NDArray[np.float64]) -> float:
    from arviz_stats.base import array_stats

    return float(array_stats.uniformity_test(u, method="pot_c")[0])


def holm(pvalues: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values for their number, by Holm's step-down rule.

    Parameters
    ----------
    pvalues : array_like of float, shape (m,)
        p-values in [0, 1]; NaN (nothing to test) stays NaN and does not count.

    Returns
    -------
    array of float, shape (m,)
        Adjusted p-values in the order given. Those below a level may be rejected together: with
        any dependence among them, the chance that one of them is a false alarm is below the level.

    Raises
    ------
    ValueError
        When a p-value is outside [0, 1].
    """
    p = np.array(pvalues, dtype=float)
    tested = np.flatnonzero(~np.isnan(p))
    if not np.all((p[tested] >= 0) & (p[tested] <= 1)):
        raise ValueError("a p-value lies between 0 and 1")
    order = tested[np.argsort(p[tested], kind="stable")]
    factors = np.arange(order.size, 0, -1)
    p[order] = np.minimum(1.0, np.maximum.accumulate(factors * p[order]))
    return p


def ecdf_band(n: int, level: float = 0.95, n_simulations: int = 4000) -> Band:
    """Compute where the ECDF of `n` uniform values minus the diagonal stays, all along.

    The band is ArviZ's, simulated from a fixed seed of its own, so that it is the same on every
    call and NumPy's global generator is not used. It is kept for the next call. Evaluate the ECDF
    at `x` to compare: the level holds for these points together.

    Parameters
    ----------
    n : int
        Number of PIT values, at least 2.
    level : float
        Chance, in (0, 1), that a calibrated stream stays within the band everywhere.
    n_simulations : int
        At least 1000. ArviZ's own default of 1000 makes the level noisy.

    Returns
    -------
    Band
        ``x`` from 0 to 1 in ``min(n, 200)`` equal steps, and the limits of ``ECDF(x) − x`` there,
        which are 0 at both ends.

    Raises
    ------
    ValueError
        When an argument is outside its range.

    References
    ----------
    Säilynoja, Bürkner & Vehtari (2022), doi:10.1007/s11222-022-10090-6.
    """
    if n < 2 or not 0 < level < 1 or n_simulations < 1000:
        raise ValueError(f"no band for n={n}, level={level}, n_simulations={n_simulations}")
    return _ecdf_band(int(n), float(level), int(n_simulations))


@lru_cache(maxsize=256)
def _ecdf_band(n: int, level: float, n_simulations: int) -> Band:
    from arviz_stats import ecdf_utils

    steps = min(n, _BAND_POINTS)
    x = np.arange(steps + 1) / steps
    pointwise = ecdf_utils.simulate_confidence_bands(
        n, 1, x[1:-1], level, n_simulations, np.random.default_rng(_BAND_SEED)
    )
    limits = ecdf_utils.get_pointwise_confidence_band(pointwise, n, x[1:-1])
    band = Band(x, *(np.pad(limit - x[1:-1], 1) for limit in limits))
    for array in band:
        array.setflags(write=False)
    return band


def histogram_band(n: int, bins: int, level: float = 0.95) -> HistogramBand:
    """Compute the limits for one bin's count in the histogram of `n` calibrated ranks.

    They hold bin by bin: of 20 bins, one outside its 95 % limits is to be expected.

    Parameters
    ----------
    n : int
        Number of ranks, at least 0.
    bins : int
        Number of equally likely bins, at least 1.
    level : float
        Chance, in (0, 1), at least which a bin's count has to be within the limits.

    Returns
    -------
    HistogramBand
        The central binomial quantiles, both limits included, and ``n / bins``.

    Raises
    ------
    ValueError
        When an argument is outside its range.
    """
    if n < 0 or bins < 1 or not 0 < level < 1:
        raise ValueError(f"no band for n={n}, bins={bins}, level={level}")
    below = bdtr(np.arange(n + 1), n, 1 / bins)
    lower, upper = np.searchsorted(below, [(1 - level) / 2, (1 + level) / 2])
    return HistogramBand(int(lower), n / bins, min(int(upper), n))
