"""The power of a gate: how often it finds a fault, and after how many datasets.

Simulated streams are judged by the functions that judge real ones, and are made in the same way:
the truth is ranked among L draws from a faulty normal posterior. This matters if a posterior is
much too narrow, because its ranks pile up in the outermost bins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, gammaln, ndtr, ndtri, xlogy

from sbc.stats.ranks import THINNED_SIZE, pit
from sbc.stats.sequential.e_values import NORMAL_WEIGHT, log_e_normal
from sbc.stats.sequential.judge import Crossings, Departure, crossings
from sbc.stats.sequential.outcome import ALPHA_FAIL, ALPHA_PASS, NEVER

_BATCH = 400_000
_WEAK = 0.27


class Power(NamedTuple):
    """Shares of simulated studies with each outcome, with Monte Carlo standard errors.

    ``n_mean`` (with ``n_mean_se``) and ``n_quantiles`` (10, 50 and 90 %) count the data sets
    until the decision, `max_datasets` where there was none.
    """

    passed: float
    passed_se: float
    failed: float
    failed_se: float
    inconclusive: float
    inconclusive_se: float
    n_mean: float
    n_mean_se: float
    n_quantiles: tuple[float, float, float]


def power(
    bias: float,
    sd_ratio: float,
    delta: float,
    max_datasets: int,
    *,
    alpha_fail: float = ALPHA_FAIL,
    alpha_pass: float = ALPHA_PASS,
    streams: int = 2,
    studies: int = 400,
    seed: int = 0,
    L: int = THINNED_SIZE,
) -> Power:
    """Simulate the verdicts of a gate when one of its streams has a known fault.

    Parameters
    ----------
    bias : float
        Shift of the faulty posterior, in true posterior sds.
    sd_ratio : float
        Its reported sd over the true one, above 0; 0 and 1 for `bias` and `sd_ratio` simulate a
        calibrated estimator.
    delta, alpha_fail, alpha_pass : float
        The gate, as for :func:`sbc.stats.sequential.judge.judge`.
    max_datasets : int
        Data sets after which an undecided study is inconclusive, at least 1.
    streams : int
        Streams of the gate, at least 1; independent, all but one calibrated.
    studies : int
        Simulated studies, at least 2.
    seed : int
        Seed of the simulation: the same arguments give the same answer.
    L : int
        Draws that the truth is ranked among, at least 1.

    Returns
    -------
    Power

    Raises
    ------
    ValueError
        When an argument is outside its range.
    """
    gate, shape = (delta, alpha_fail, alpha_pass), (studies, streams, max_datasets)
    fail, passed = _decided((bias, sd_ratio), gate, shape, L, seed)
    at = np.minimum(np.minimum(fail, passed), max_datasets)
    failing = (fail != NEVER) & (fail <= passed)
    passing = passed < fail
    shares = [float(x.mean()) for x in (passing, failing, ~failing & ~passing)]
    errors = [float(np.sqrt(share * (1 - share) / studies)) for share in shares]
    low, median, high = (float(x) for x in np.quantile(at, (0.1, 0.5, 0.9)))
    return Power(
        passed=shares[0],
        passed_se=errors[0],
        failed=shares[1],
        failed_se=errors[1],
        inconclusive=shares[2],
        inconclusive_se=errors[2],
        n_mean=float(at.mean()),
        n_mean_se=float(at.std(ddof=1) / np.sqrt(studies)),
        n_quantiles=(low, median, high),
    )


def datasets_needed(
    bias: float,
    sd_ratio: float,
    target: float = 0.8,
    *,
    delta: float | None = None,
    alpha_fail: float = ALPHA_FAIL,
    alpha_pass: float = ALPHA_PASS,
    streams: int = 2,
    studies: int = 400,
    seed: int = 0,
    L: int = THINNED_SIZE,
    limit: int = 8000,
) -> int | None:
    """Find how many data sets a gate needs to fail a known fault with a given chance.

    Parameters
    ----------
    bias, sd_ratio, alpha_fail, alpha_pass, streams, studies, seed, L
        As for :func:`power`.
    target : float
        Share of studies that shall have failed, in (0, 1).
    delta : float, optional
        The gate's tolerance. A study that passed before does not fail any more; without `delta`
        none passes, and only the evidence against calibration counts.
    limit : int
        The most data sets to simulate.

    Returns
    -------
    int or None
        The smallest number of data sets by which a share of `target` had failed, ``None`` if that
        is beyond `limit` or never happens.

    Raises
    ------
    ValueError
        When an argument is outside its range.
    """
    if not 0 < target < 1:
        raise ValueError(f"the share to fail must lie between 0 and 1, not {target:g}")
    n = min(250, limit)
    while True:
        gate, shape = (delta, alpha_fail, alpha_pass), (studies, streams, n)
        fail, passed = _decided((bias, sd_ratio), gate, shape, L, seed)
        failed_at = np.sort(np.where(passed < fail, NEVER, fail))
        needed = int(failed_at[int(np.ceil(target * studies)) - 1])
        if needed <= n:
            return needed
        if n == limit:
            return None
        n = min(2 * n, limit)


def _decided(
    fault: tuple[float, float],
    gate: tuple[float | None, float, float],
    shape: tuple[int, int, int],
    L: int,
    seed: int,
) -> Crossings:
    """Simulate the data sets at which each study failed and passed."""
    bias, sd_ratio = fault
    studies, streams, n = shape
    if not (np.isfinite(bias) and 0 < sd_ratio < np.inf and studies >= 2):
        raise ValueError("a simulation needs a finite bias, a positive sd ratio and two studies")
    if min(n, streams, L) < 1:
        raise ValueError("a simulation needs at least one data set, one stream and one draw")
    found = [crossings(u, *gate) for u in _streams(fault, shape, L, seed)]
    return Crossings(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _streams(
    fault: tuple[float, float], shape: tuple[int, int, int], L: int, seed: int
) -> Iterator[NDArray[np.float64]]:
    """Draw PIT values of studies × streams × data sets, the first stream faulty, in batches."""
    bias, sd_ratio = fault
    studies, streams, n = shape
    rng = np.random.default_rng(seed)
    size = max(1, _BATCH // (streams * n))
    for start in range(0, studies, size):
        u = rng.uniform(1e-300, 1, (min(size, studies - start), streams, n))
        below = ndtr((rng.standard_normal((len(u), n)) - bias) / sd_ratio)
        u[:, 0] = pit(rng.binomial(L, below), 0, L, u[:, 0])
        yield u


def detectable(
    n: int, streams: int = 1, alpha_fail: float = ALPHA_FAIL, L: int = THINNED_SIZE
) -> Departure:
    """Compute the least faults that `n` data sets would have shown with a chance of about 80 %.

    The normal part of the e-process against calibration depends on the count, the sum and the sum
    of squares of ``q = Φ⁻¹(u)`` alone. Here it is evaluated at weakly telling values of these
    under the fault, and set equal to the threshold for one faulty stream of `streams`; nothing is
    simulated. Weak means the 27 % point, as about 7 % of studies cross before `n` and are below
    again at `n`.

    Parameters
    ----------
    n : int
        Data sets of which all fits worked, at least 10.
    streams : int
        Streams of the gate, at least 1.
    alpha_fail : float
        The gate's error rate, in (0, 1).
    L : int
        Draws that the truth is ranked among, at least 1.

    Returns
    -------
    Departure
        Bias at a correct sd, and sd ratios without bias. A bias above 3 and ratios below 1/8 or
        above 8 are not looked for: ``inf``, 0 and ``inf`` say that nothing smaller would do.

    Raises
    ------
    ValueError
        When an argument is outside its range.
    """
    if n < 10 or min(streams, L) < 1 or not 0 < alpha_fail < 1:
        raise ValueError(f"no answer for n={n}, streams={streams}, L={L}, alpha={alpha_fail}")
    goal = np.log(streams / (NORMAL_WEIGHT * alpha_fail))

    def biased(b: float) -> bool:
        mean, var = _moments(-b, 1.0, L)
        mean += float(ndtri(_WEAK)) * np.sqrt(var / n)
        return mean > 0 and bool(log_e_normal(n, n * mean, (n - 1) * var + n * mean**2) >= goal)

    def scaled(log_c: float) -> bool:
        weak = float(chdtri(n, _WEAK if log_c > 0 else 1 - _WEAK))
        S2 = weak * _moments(0.0, float(np.exp(log_c)), L)[1]
        return (n > S2) == (log_c > 0) and bool(log_e_normal(n, 0.0, S2) >= goal)

    most = float(np.log(8))
    narrow, wide = _least(lambda x: scaled(-x), most), _least(scaled, most)
    return Departure(_least(biased, 3.0), float(np.exp(-narrow)), float(np.exp(wide)))


def _moments(bias: float, sd_ratio: float, L: int) -> tuple[float, float]:
    """Compute mean and variance of q for a truth ranked among L draws of a faulty posterior."""
    error = np.linspace(-6, 6, 1201)
    weight = np.exp(-(error**2) / 2)
    x = (error - bias) / sd_ratio
    grid, first, second = _given_position(L)
    mean, square = (
        float(weight @ np.interp(x, grid, moment) / weight.sum()) for moment in (first, second)
    )
    return mean, square - mean**2


@lru_cache(maxsize=8)
def _given_position(L: int) -> tuple[NDArray[np.float64], ...]:
    """Tabulate E[q] and E[q²] for a truth that is x sds above the mean of the L draws' law."""
    x = np.linspace(-8, 8, 641)
    r, edges = np.arange(L + 1), ndtri(np.arange(L + 2) / (L + 1))
    log_ways = gammaln(L + 1) - gammaln(r + 1) - gammaln(L - r + 1)
    below = ndtr(x)[:, np.newaxis]
    chance = np.exp(log_ways + xlogy(r, below) + xlogy(L - r, ndtr(-x)[:, np.newaxis]))
    density = np.exp(-(edges**2) / 2) / np.sqrt(2 * np.pi)
    height = np.where(np.isinf(edges), 0.0, edges) * density
    first, second = -(L + 1) * np.diff(density), 1 - (L + 1) * np.diff(height)
    return x, chance @ first, chance @ second


def _least(shows: Callable[[float], bool], most: float) -> float:
    """Bisect for the smallest fault that shows, inf if even `most` does not."""
    if not shows(most):
        return np.inf
    low, high = 0.0, most
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if shows(middle) else (middle, high)
    return high
