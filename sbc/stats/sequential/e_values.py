"""Evidence for and against uniform ranks, as e-values that may be looked at after every dataset."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.polynomial.legendre import legvander
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, ndtri

from sbc.stats.sequential.outcome import Array

NORMAL_WEIGHT = 0.7
"""Weight of the normal part in the mixture against calibration."""
_NORMAL_PRIORS = tuple(product((4.0, 25.0, 100.0), (4.0, 30.0)))
_DIRICHLET_PRIORS = (2.0, 10.0)
_BINS = 16


def log_e_fail(u: ArrayLike) -> Array:
    """Gather evidence against calibration: the log e-process of each stream after each data set.

    A mixture of alternatives to uniform `u`: with weight .7 the normal–inverse-gamma mixtures for
    the mean and variance of ``q = Φ⁻¹(u)`` over six priors, with weight .3 the
    Dirichlet–multinomial ones for the histogram of `u` in 16 bins over two.

    Parameters
    ----------
    u : array_like of float, shape (..., n)
        PIT values strictly between 0 and 1 in the order of the data sets; NaN for a failed fit.

    Returns
    -------
    array of float, shape (..., n)
        ``log E`` after data sets 1 … n; each value depends on those before it only.

    Raises
    ------
    ValueError
        When a value is neither NaN nor inside (0, 1).

    References
    ----------
    Arnold, Henzi & Ziegel (2023), doi:10.1214/22-AOAS1697.
    """
    u = _checked(u)
    valid = ~np.isnan(u)
    q = np.where(valid, ndtri(u), 0.0)
    n = np.cumsum(valid, axis=-1)
    S1, S2 = np.cumsum(q, axis=-1), np.cumsum(q * q, axis=-1)
    return np.logaddexp(
        np.log(NORMAL_WEIGHT) + log_e_normal(n, S1, S2),
        np.log1p(-NORMAL_WEIGHT) + _log_e_histogram(u, valid, n),
    )


def _checked(u: ArrayLike) -> Array:
    u = np.asarray(u, dtype=float)
    if u.ndim == 0 or u.shape[-1] == 0:
        raise ValueError("a stream needs at least one data set")
    if np.any((u <= 0) | (u >= 1)):
        raise ValueError("PIT values must lie strictly between 0 and 1: randomise the ranks")
    return u


def _log_mean_exp(terms: list[Array]) -> Array:
    total = terms[0]
    for term in terms[1:]:
        total = np.logaddexp(total, term)
    return total - np.log(len(terms))


def log_e_normal(n: ArrayLike, S1: ArrayLike, S2: ArrayLike) -> Array:
    """Average the normal–inverse-gamma mixtures against N(0, 1) over the six priors.

    Parameters
    ----------
    n : array_like of int
        How many values ``q = Φ⁻¹(u)`` there are.
    S1, S2 : array_like of float
        Their sum and their sum of squares.

    Returns
    -------
    array of float, the broadcast shape
        The log e-value, in closed form.
    """
    n, S1, S2 = np.asarray(n), np.asarray(S1), np.asarray(S2)
    mean_part = S1**2 / np.maximum(n, 1)
    half = np.arange(int(n.max()) + 1) / 2
    terms = []
    for k0, a0 in _NORMAL_PRIORS:
        bn = a0 + (S2 - mean_part) / 2 + k0 * mean_part / (2 * (k0 + n))
        of_n = np.log(k0 / (k0 + 2 * half)) / 2 + gammaln(a0 + half) - gammaln(a0) + a0 * np.log(a0)
        terms.append(of_n[n] - (a0 + n / 2) * np.log(bn))
    return _log_mean_exp(terms) + S2 / 2


def _log_e_histogram(u: Array, valid: NDArray[np.bool_], n: NDArray[np.int64]) -> Array:
    """Average the Dirichlet–multinomial processes, each a product of predictive odds."""
    bins = np.where(valid, np.minimum(u * _BINS, _BINS - 1), -1).astype(np.int8)
    earlier = np.zeros(u.shape)
    for b in range(_BINS):
        here = bins == b
        np.copyto(earlier, np.cumsum(here, axis=-1) - 1, where=here)
    terms = []
    for a in _DIRICHLET_PRIORS:
        step = np.log(_BINS * (a + earlier) / (a * _BINS + n - 1))
        terms.append(np.cumsum(np.where(valid, step, 0.0), axis=-1))
    return _log_mean_exp(terms)


#: Degree of the polynomials, and how many ranks of a uniform stream the first coefficients weigh.
_DEGREE, _PRIOR_RANKS = 4, 30
#: The estimated density stays above 1 minus this.
_DEEPEST = 0.95


def log_e_smooth(u: ArrayLike) -> Array:
    """Gather evidence for a smooth departure of any shape: the log e-process of each stream.

    Each rank is judged by a density estimated from those before it, one plus four orthonormal
    Legendre polynomials with shrunken coefficients. It integrates to one and is positive, so that
    its product is an e-process. It sees a prior of another family with fewer datasets than
    `log_e_fail` does; a mean of the two is again an e-process.

    Parameters
    ----------
    u : array_like of float, shape (..., n)
        As of `log_e_fail`.

    Returns
    -------
    array of float, shape (..., n)
        ``log E`` after data sets 1 … n.

    Raises
    ------
    ValueError
        When a value is neither NaN nor inside (0, 1).

    References
    ----------
    Neyman (1937), doi:10.1080/03461238.1937.10404821, on smooth alternatives; Arnold, Henzi &
    Ziegel (2023), doi:10.1214/22-AOAS1697, on e-processes.
    """
    u = _checked(u)
    valid = ~np.isnan(u)
    x = np.where(valid, 2 * u - 1, 0.0)
    norms = np.sqrt(2 * np.arange(1, _DEGREE + 1) + 1)
    terms = legvander(x, _DEGREE)[..., 1:] * norms * valid[..., np.newaxis]
    before = np.cumsum(terms, axis=-2) - terms
    n = (np.cumsum(valid, axis=-1) - valid)[..., np.newaxis]
    theta = before / (n + _PRIOR_RANKS)
    depth = (np.abs(theta) * norms).sum(axis=-1, keepdims=True)
    theta *= np.minimum(1.0, _DEEPEST / np.maximum(depth, _DEEPEST))
    return np.cumsum(np.log1p((theta * terms).sum(axis=-1)), axis=-1)


def combine_fail(log_e: ArrayLike) -> Array:
    """Combine the evidence of the streams: the log of the mean of their e-values.

    Parameters
    ----------
    log_e : array_like of float, shape (..., K, n)
        :func:`log_e_fail` of K streams. They may depend on each other in any way.

    Returns
    -------
    array of float, shape (..., n)
        The log e-process against all K being calibrated.
    """
    log_e = np.asarray(log_e, dtype=float)
    return np.logaddexp.reduce(log_e, axis=-2) - np.log(log_e.shape[-2])


@lru_cache(maxsize=64)
def betting_fraction(delta: float) -> float:
    """Find the bet λ that grows fastest when the stream is exactly calibrated.

    It is the positive root of ``λ = log((1 + λ(1 − m))/(1 − λ m))`` with ``m = ½ − delta``.

    Parameters
    ----------
    delta : float
        Tolerance for the means of `u` and ``|2u − 1|``, in (0, ½).

    Returns
    -------
    float
        Between 0 and ``1/m``.

    Raises
    ------
    ValueError
        When `delta` is outside its range.

    References
    ----------
    Waudby-Smith & Ramdas (2024).
    """
    if not 0 < delta < 0.5:
        raise ValueError(f"the tolerance must lie between 0 and 0.5, not {delta}")
    m = 0.5 - delta
    low, high = 0.0, 1 / m
    while low < (middle := (low + high) / 2) < high:
        growing = np.log1p(middle * (1 - m)) - np.log1p(-middle * m) < middle
        low, high = (middle, high) if growing else (low, middle)
    return low


def log_e_pass(u: ArrayLike, delta: float) -> Array:
    """Gather evidence for calibration within a tolerance: four log e-processes a stream.

    For x = u and x = ``|2u − 1|``, whose means are ½ when calibrated: the first and third argue
    against ``E[x] ≤ ½ − delta``, the second and fourth against ``E[x] ≥ ½ + delta``. They are
    products of bets ``1 ± λ(x − ½ ± delta)``, with λ from :func:`betting_fraction`.

    Parameters
    ----------
    u : array_like of float, shape (..., n)
        As for :func:`log_e_fail`.
    delta : float
        The tolerance, in (0, ½): :func:`tolerated` translates it.

    Returns
    -------
    array of float, shape (..., 4, n)
        The processes themselves, not their maxima.

    Raises
    ------
    ValueError
        When an argument is outside its range.

    References
    ----------
    Waudby-Smith & Ramdas (2024).
    """
    u = _checked(u)
    lam = betting_fraction(delta)
    centred = np.stack([u - 0.5, np.abs(2 * u - 1) - 0.5], axis=-2)
    bets = np.stack([lam * (centred + delta), -lam * (centred - delta)], axis=-2)
    steps = np.nan_to_num(np.log1p(bets), nan=0.0)
    return np.cumsum(steps, axis=-1).reshape(*u.shape[:-1], 4, u.shape[-1])
