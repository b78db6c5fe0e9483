"""Judge a mean against bounds while its datasets come in: asymptotic confidence sequences.

Ranks and coverage have exact sequential tests (`sbc.stats.sequential.judge`). A bias, a mean
squared error or a contraction has no known law and no known bound, so that no test of it can be
exact at every n. What there is instead is the time-uniform central limit theorem [1]_: the
standardised running mean is followed by an e-process that would be exact for normal values of known
variance, and may be looked at after every value from the `START`-th on.

Squared errors are skewed, and for them the plain method errs three times as often as it promises;
Hall's transformation [2]_ takes the skewness out that has been seen. It cannot know of the rare
large value that has not, and which makes up much of the mean of heavy-tailed squares. So the values
are judged with one more that nobody has seen, half as far again from the mean as the worst so far:
a pseudo-value as in the adjusted empirical likelihood [3]_. It weighs nothing in the long run if
the variance is finite. `docs/proof.md` has the measured chances to exclude what is true.

References
----------
.. [1] Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024). Time-uniform central limit theory and
   asymptotic confidence sequences. Annals of Statistics 52:2613. doi:10.1214/24-AOS2408
.. [2] Hall (1992). On the removal of skewness by transformation. Journal of the Royal Statistical
   Society B 54:221.
.. [3] Chen, Variyath & Abraham (2008). Adjusted empirical likelihood and its properties. Journal of
   Computational and Graphical Statistics 17:426. doi:10.1198/106186008X321068
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfcx, log_ndtr

from sbc.stats.sequential.moments import UNSEEN, Moments, moments, with_unseen
from sbc.stats.sequential.outcome import Outcome

Array = NDArray[np.float64]
#: Gives, for a bound, values whose mean is positive exactly if the estimand lies above the bound.
MeanTest = Callable[[float], Array]

START = 50
"""Values before which nothing is judged: the normal approximation is not there yet."""

_BEST_AT = 100
_MOST = 1e6


class Decision(NamedTuple):
    """An outcome, the number of datasets that decided, and about how many more would if none."""

    outcome: Outcome
    at: int | None
    needed: int | None = None


def mean_excess(x: ArrayLike) -> MeanTest:
    """Argue about the mean of `x`, NaN where a dataset gave no value."""
    values = np.asarray(x, dtype=float)
    return lambda bound: values - bound


def contraction_excess(truth: ArrayLike, sd: ArrayLike) -> MeanTest:
    """Argue about 1 − mean(sd²)/var(truth) without knowing the variance.

    It lies above c exactly if (1 − c) var(truth) − mean(sd²) is positive. The squared deviation of
    each truth from the mean of those before it, times (i − 1)/i, has the variance as its mean.

    Parameters
    ----------
    truth, sd : array_like of shape (n,)
        True values and posterior sds in the order of the datasets, NaN where there is none.
    """
    theta, s = np.asarray(truth, dtype=float), np.asarray(sd, dtype=float)
    valid = np.isfinite(theta) & np.isfinite(s)
    before = np.cumsum(valid) - valid
    summed = np.cumsum(np.where(valid, theta, 0)) - np.where(valid, theta, 0)
    deviation2 = (theta - summed / np.maximum(before, 1)) ** 2 * before / (before + 1)
    used = valid & (before > 0)
    return lambda bound: np.where(used, (1 - bound) * deviation2 - s**2, np.nan)


def log_e_positive(so_far: Moments, alpha: float, unseen: float = UNSEEN) -> Array:
    """Gather evidence that a mean is positive, after each value.

    Parameters
    ----------
    so_far : Moments
        Of the values up to each.
    alpha : float
        The level in (0, 1) at which the evidence will be used. It only decides where the test is
        sharpest, which is around 100 values.
    unseen : float
        As for `with_unseen`; 0 adds none.

    Returns
    -------
    array of float
        The log of the e-process against a mean of 0 or less: a half-normal mixture over how far
        above it lies. 0 before the `START`-th value.

    References
    ----------
    Waudby-Smith et al. (2024), doi:10.1214/24-AOS2408.
    """
    n, mean, sd, skew, _ = with_unseen(so_far, unseen) if unseen else so_far
    # Values that are all the same have no sd, and the first one never has.
    T = np.sqrt(n) * mean / np.maximum(np.maximum(sd, np.abs(mean) / _MOST), 1e-300)
    a = skew / np.sqrt(np.maximum(n, 1))
    T = T + a * T**2 / 3 + a**2 * T**3 / 27 + a / 6  # Hall's transformation: it increases with T
    level = -2 * np.log(alpha)
    rho2 = (level + np.log(level + 1)) / _BEST_AT
    v = n * rho2 + 1
    x = np.sqrt(rho2 * n / v) * T
    return np.where(so_far.n < START, 0.0, np.log(2 / np.sqrt(v)) + _log_mixture(x))


def _log_mixture(x: Array) -> Array:
    """Compute x²/2 + log Φ(x), which is log(erfcx(-x/√2)/2).

    Far below 0, as of values that are all but the same, the two terms are equal in all their
    digits, and their sum would be noise of any size.
    """
    below = np.minimum(x, 0.0)
    above = np.maximum(x, 0.0)
    with np.errstate(divide="ignore"):
        low = np.log(erfcx(-below / np.sqrt(2)) / 2)
    return np.where(x < 0, low, above**2 / 2 + log_ndtr(above))


def judge_mean(
    excess: MeanTest, low: float, high: float, *, alpha_fail: float, alpha_pass: float
) -> Decision:
    """Judge whether an estimand lies between two bounds.

    **pass** when it has been shown to lie above `low` and below `high` by now, each at
    `alpha_pass`; **fail** when it has been shown to lie below `low` or above `high`, at
    `alpha_fail` for both together.

    Parameters
    ----------
    excess : callable
        From `mean_excess` or `contraction_excess`.
    low, high : float
        The bounds, ``low < high``; infinite for none.
    alpha_fail, alpha_pass : float
        Chances, in (0, 1), that an estimand within the bounds ever fails, and that one outside
        ever passes; asymptotic.

    Returns
    -------
    Decision

    Raises
    ------
    ValueError
        When an argument is outside its range.
    """
    if not low < high or np.isinf([low, high]).all():
        raise ValueError(f"cannot judge a mean by the bounds {low} and {high}")
    if not (0 < alpha_fail < 1 and 0 < alpha_pass < 1):
        raise ValueError(f"error rates must lie between 0 and 1, not {alpha_fail} and {alpha_pass}")
    inside = [excess(low)] if np.isfinite(low) else []
    inside += [-excess(high)] if np.isfinite(high) else []
    each = alpha_fail / len(inside)
    passed = max(_first(x, alpha_pass) for x in inside)
    failed = min(_first(-x, each) for x in inside)
    if min(failed, passed) < np.inf:
        outcome: Outcome = "fail" if failed <= passed else "pass"
        return Decision(outcome, int(min(failed, passed)))
    to_pass = max(_needed(x, alpha_pass) for x in inside)
    needed = min(to_pass, *(_needed(-x, each) for x in inside))
    return Decision("inconclusive", None, int(needed) if needed < _MOST else None)


def interval(excess: MeanTest, alpha: float) -> tuple[float, float]:
    """Give the values of the estimand that are not excluded, each side at `alpha`, at any time.

    Parameters
    ----------
    excess : callable
        From `mean_excess` or `contraction_excess`.
    alpha : float
        In (0, 1).

    Returns
    -------
    low, high : float
        Infinite before the `START`-th value.
    """
    return _shown_above(excess, alpha), -_shown_above(lambda bound: -excess(-bound), alpha) + 0.0


def _first(x: Array, alpha: float) -> float:
    reached = log_e_positive(moments(x), alpha) >= -np.log(alpha)
    return float(reached.argmax() + 1) if reached.any() else np.inf


def _last(x: Array) -> Moments:
    return Moments(*(column[-1:] for column in moments(x)))


def estimate(excess: MeanTest) -> float:
    """Estimate what is argued about, NaN without values."""
    return _estimate(excess)[0]


def _estimate(excess: MeanTest) -> tuple[float, float]:
    """Estimate, and the spread of single values around it."""
    at_zero, at_one = _last(excess(0.0)), _last(excess(1.0))
    if not at_zero.n.size or not at_zero.n[0]:
        return np.nan, np.nan
    # The mean excess is linear in the bound, and 0 at the estimate.
    slope = float(at_zero.mean[0] - at_one.mean[0])
    return float(at_zero.mean[0]) / slope, float(at_zero.sd[0]) / slope


def _shown_above(excess: MeanTest, alpha: float) -> float:
    """Find the largest bound above which the estimand has been shown to lie by all values."""
    centre, step = _estimate(excess)
    if np.isfinite(excess(0.0)).sum() < START:
        return -np.inf

    def shown(distance: float) -> bool:
        x = excess(centre - distance * step)
        return bool(log_e_positive(_last(x), alpha)[0] >= -np.log(alpha))

    return float(centre - (_least(shown, 10.0) * step if step > 0 else 0))


def _needed(x: Array, alpha: float) -> float:
    """Extrapolate to how many more values will do if their mean, sd and skewness stay."""
    if _first(x, alpha) < np.inf:
        return 0
    last = _last(x)
    if not last.n.size or last.n[0] < 2:
        return START

    def shown(times: float) -> bool:
        longer = last._replace(n=last.n * (1 + times))
        return bool(log_e_positive(longer, alpha)[0] >= -np.log(alpha))

    return float(max(np.ceil(_least(shown, 1000.0) * last.n[0]), 1))


def _least(shown: Callable[[float], bool], most: float) -> float:
    """Bisect for the smallest positive number that shows, inf if even `most` does not."""
    if not shown(most):
        return np.inf
    low, high = 0.0, most
    while high - low > 1e-3 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high
