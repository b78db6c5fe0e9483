"""The sequential gate: look after every data set, stop when it is clear, and keep the error rates.

Two kinds of e-process are followed for each stream ``u_1, u_2, …`` of PIT values. One grows when
the stream is not uniform; the gate fails when it is large. Four grow when bias and spread are
within a tolerance δ; the gate passes when all of them have been large once. An e-process that
starts at 1 exceeds 1/α with probability at most α under what it argues against, however often one
looks (Ville's inequality), so that looking costs nothing.

This is so only if the data sets enter in the order of their numbers. Fits that are slow are often
fits that are hard: who judges whatever has arrived judges the easy ones. A fit that failed is NaN:
it keeps its place and adds nothing.

References
----------
.. [1] Arnold, Henzi & Ziegel (2023). Sequentially valid tests for forecast calibration.
   doi:10.1214/22-AOAS1697
.. [2] Waudby-Smith & Ramdas (2024). Estimating means of bounded random variables by betting.
   Journal of the Royal Statistical Society B 86:1.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import product
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, ndtri

Array = NDArray[np.float64]
Outcome = Literal["pass", "fail", "inconclusive"]

ALPHA_FAIL = 0.001
ALPHA_PASS = 0.05
NEVER = np.iinfo(np.int64).max
"""Stands for the data set at which something happened that has not happened."""

NORMAL_WEIGHT = 0.7
"""Weight of the normal part in the mixture against calibration."""

_NORMAL_PRIORS = tuple(product((4.0, 25.0, 100.0), (4.0, 30.0)))
_DIRICHLET_PRIORS = (2.0, 10.0)
_BINS = 16


class Preset(NamedTuple):
    """A tolerance and the number of data sets that mostly suffices for it."""

    delta: float
    n_max: int


PRESETS = {"smoke": Preset(0.14, 200), "pr": Preset(0.10, 400), "nightly": Preset(0.07, 1000)}


class Departure(NamedTuple):
    """A bias in posterior sds, and the two ratios of reported to true posterior sd."""

    bias: float
    sd_low: float
    sd_high: float


class Crossings(NamedTuple):
    """The data sets, counted from 1, at which a gate failed and passed; ``NEVER`` if it did not."""

    fail: NDArray[np.int64]
    passed: NDArray[np.int64]


class Stream(NamedTuple):
    """One stream at the moment of the verdict.

    ``n`` fits that worked, the log of its e-value against calibration, the running maxima of the
    four processes for calibration (mean of u not low, not high; mean of ``|2u − 1|`` likewise),
    and the data set at which the last of the four got there, if it did.
    """

    n: int
    log_e_fail: float
    log_e_pass: tuple[float, ...]
    passed_at: int | None


class Verdict(NamedTuple):
    """What a gate says, about the data sets up to the one that decided.

    ``at`` is the number of data sets that decided it, ``None`` if inconclusive; ``log_e_fail`` the
    log of the combined evidence against calibration; ``blamed`` the streams that are guilty by
    themselves, allowing for their number (there need not be any when several share the blame);
    ``needed`` about how many more data sets would decide, ``None`` if nothing points anywhere.
    """

    outcome: Outcome
    at: int | None
    log_e_fail: float
    blamed: tuple[str, ...] = ()
    streams: Mapping[str, Stream] = MappingProxyType({})
    needed: int | None = None


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


def crossings(
    u: ArrayLike,
    delta: float | None,
    alpha_fail: float = ALPHA_FAIL,
    alpha_pass: float = ALPHA_PASS,
) -> Crossings:
    """Find when gates over the same K streams failed and passed, each regardless of the other.

    Parameters
    ----------
    u : array_like of float, shape (..., K, n)
        Streams of as many gates as the leading axes say.
    delta : float or None
        As for :func:`judge`; with None nothing passes.
    alpha_fail, alpha_pass : float
        As for :func:`judge`.

    Returns
    -------
    Crossings
        Two arrays of shape (...), counted from 1, ``NEVER`` where it did not happen.

    Raises
    ------
    ValueError
        When an argument is outside its range.
    """
    fail = _first(combine_fail(log_e_fail(u)) >= _threshold(alpha_fail))
    if delta is None:
        return Crossings(fail, np.full_like(fail, NEVER))
    reached = _first(log_e_pass(u, delta) >= _threshold(alpha_pass))
    return Crossings(fail, reached.max(axis=(-1, -2)))


def _threshold(alpha: float) -> float:
    if not 0 < alpha < 1:
        raise ValueError(f"an error rate lies between 0 and 1, not at {alpha}")
    return -float(np.log(alpha))


def _leading(array: Array, n_max: int | None) -> Array:
    if n_max is not None and n_max < 1:
        raise ValueError(f"a gate has to look at one data set or more, not at {n_max}")
    return array[..., :n_max]


def _first(reached: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the first True along the last axis, counted from 1."""
    return np.where(reached.any(axis=-1), reached.argmax(axis=-1) + 1, NEVER)


def _outcome(fail: int, passed: int, n: int) -> tuple[Outcome, int | None, int]:
    """Return outcome, deciding data set or None, and how many data sets the verdict is about."""
    if min(fail, passed) == NEVER:
        return "inconclusive", None, n
    return ("fail", fail, fail) if fail <= passed else ("pass", passed, passed)


def judge(
    streams: Mapping[str, ArrayLike],
    delta: float,
    alpha_fail: float = ALPHA_FAIL,
    alpha_pass: float = ALPHA_PASS,
    n_max: int | None = None,
) -> Verdict:
    """Judge the streams of one gate together.

    After each data set in turn: **fail** if the mean of the K e-values against calibration is at
    least ``1/alpha_fail``; **pass** if each of the 4K processes for calibration within `delta` has
    reached ``1/alpha_pass`` by now; otherwise go on. Fail goes first.

    Parameters
    ----------
    streams : mapping from name to array_like of float, shape (n,)
        PIT values in the order of the data sets, all from the same data sets, NaN for a failed
        fit. Give the leading data sets only, all of which have finished: a gap may be filled later
        and is no failure.
    delta : float
        Tolerance, in (0, ½).
    alpha_fail : float
        Chance, in (0, 1), that a calibrated estimator ever fails.
    alpha_pass : float
        Chance, in (0, 1), that one with a stream outside the tolerance ever passes.
    n_max : int, optional
        Data sets beyond this number are not looked at; at least 1.

    Returns
    -------
    Verdict

    Raises
    ------
    ValueError
        Without streams or data sets, with streams of unequal length, or when an argument is
        outside its range.
    """
    names = list(streams)
    rows = [np.asarray(streams[name], dtype=float) for name in names]
    if not rows or len({row.shape for row in rows}) > 1 or rows[0].ndim != 1:
        raise ValueError("a gate needs streams, one-dimensional and of equal length")
    u = _leading(np.stack(rows), n_max)
    against, towards = log_e_fail(u), log_e_pass(u, delta)
    combined = combine_fail(against)
    to_fail, to_pass = _threshold(alpha_fail), _threshold(alpha_pass)
    firsts = _first(towards >= to_pass)
    outcome, at, n = _outcome(int(_first(combined >= to_fail)), int(firsts.max()), u.shape[-1])
    blame = against[:, :n].max(axis=-1) >= to_fail + np.log(len(names))
    needed = None if at else _needed(combined, towards, to_fail, to_pass)
    detail = {
        name: Stream(
            n=int(np.isfinite(u[k, :n]).sum()),
            log_e_fail=float(against[k, n - 1]),
            log_e_pass=tuple(towards[k, :, :n].max(axis=-1).tolist()),
            passed_at=int(firsts[k].max()) if firsts[k].max() <= n else None,
        )
        for k, name in enumerate(names)
    }
    guilty = tuple(name for name, is_guilty in zip(names, blame, strict=True) if is_guilty)
    return Verdict(outcome, at, float(combined[n - 1]), guilty, detail, needed)


def _needed(combined: Array, towards: Array, to_fail: float, to_pass: float) -> int | None:
    """Extrapolate the second half of each process to its threshold."""
    n = combined.size
    half = n // 2

    def left(log_e: Array, threshold: float) -> Array:
        before = log_e[..., half - 1] if half else 0.0
        pace = (log_e[..., -1] - before) / (n - half)
        distance = np.maximum(threshold - log_e[..., -1], 1e-9)
        return np.where(pace > 0, distance / np.maximum(pace, 1e-12), np.inf)

    open_ones = towards.max(axis=-1) < to_pass
    passing = np.max(left(towards, to_pass), initial=0.0, where=open_ones)
    nearest = min(passing, float(left(combined, to_fail)))
    return max(1, int(np.ceil(nearest))) if nearest < 1e6 else None


def tolerated(delta: float) -> Departure:
    """Translate the tolerance of a gate into faults of a posterior.

    An estimate that is off by `b` true posterior sds and reports `c` times the true sd has
    ``E[u] = Φ(−b/√(1 + c²))``, and without bias ``E|2u − 1| = (2/π) arctan(1/c)``.

    Parameters
    ----------
    delta : float
        Tolerance, in (0, ½).

    Returns
    -------
    Departure
        The bias at a correct sd, and the sd ratios without bias, that move a mean by `delta`.

    Raises
    ------
    ValueError
        When `delta` is outside its range.
    """
    betting_fraction(delta)
    low, high = (float(np.tan(np.pi / 2 * (0.5 + sign * delta))) for sign in (-1, 1))
    return Departure(float(-np.sqrt(2) * ndtri(0.5 - delta)), 1 / high, 1 / low)
