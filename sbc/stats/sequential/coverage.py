"""Judge the coverage of intervals against any two bounds while datasets come in, exactly.

Evidence is sharpest for a coverage that is expected, and that is mostly the nominal one. Bounds may
as well be declared for an estimator that is known to cover less, and then evidence has to grow for
what it does cover: the likelihood ratios of many coverages are averaged, the nominal one having
most of the weight, which takes it a tenth more datasets than that one alone would.

Of a vector, a dataset gives the share of its elements whose intervals hold the truth. What is a
likelihood ratio for 0 and 1 is a bet for the shares in between: as fair, whatever the elements of
one dataset have in common [1]_.

References
----------
.. [1] Waudby-Smith & Ramdas (2024). Estimating means of bounded random variables by betting.
   Journal of the Royal Statistical Society B 86:1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbc.stats.sequential.means import Decision
from sbc.stats.sequential.outcome import NEVER

Array = NDArray[np.float64]

_NOMINAL_WEIGHT = 0.8
_GRID = 20
_STEPS = 200


def log_e_share(hits: ArrayLike, p0: float, bound: float) -> Array:
    """Gather evidence that coverage is on the near side of a bound, betting on `p0`.

    Parameters
    ----------
    hits : array_like of float, shape (..., n)
        As for `judge_bounds`.
    p0 : float
        The coverage expected, in (0, 1).
    bound : float
        The bound, in (0, 1). Below `p0`, the process argues against ``coverage ≤ bound``; above
        it, against ``coverage ≥ bound``.

    Returns
    -------
    array of float, shape (..., n)
        ``log E`` after data sets 1 … n: the log likelihood ratio where all hits are 0 or 1, and
        between these the log of x p0/bound + (1 − x)(1 − p0)/(1 − bound) for a share x.

    Raises
    ------
    ValueError
        When an argument is outside its range, or `p0` equals `bound`.
    """
    if not (0 < p0 < 1 and 0 < bound < 1 and p0 != bound):
        raise ValueError(f"no evidence to gather for a coverage of {p0} with the bound {bound}")
    hits = np.asarray(hits, dtype=float)
    if hits.ndim == 0 or hits.shape[-1] == 0 or np.any((hits < 0) | (hits > 1)):
        raise ValueError("hits are shares between 0 and 1, or NaN, at least one of them")
    steps = np.log(hits * (p0 / bound) + (1 - hits) * ((1 - p0) / (1 - bound)))
    return np.cumsum(np.where(np.isnan(hits), 0.0, steps), axis=-1)


def judge_bounds(
    hits: Array,
    level: float | None,
    low: float,
    high: float,
    *,
    alpha_fail: float,
    alpha_pass: float,
) -> Decision:
    """Judge whether the coverage of an interval lies between two bounds.

    **pass** when ``coverage ≤ low`` and ``coverage ≥ high`` have both been excluded by now, each at
    `alpha_pass`; **fail** when ``coverage ≥ low`` or ``coverage ≤ high`` has been, at `alpha_fail`
    for both together.

    Parameters
    ----------
    hits : array of shape (n,)
        1 where the interval held the truth, 0 where not, the share of elements whose intervals did
        where there are several, NaN for a failed fit.
    level : float or None
        The level of the interval, in (0, 1). It need not lie within the bounds. None where no value
        is expected more than others, as of a share that is no coverage.
    low, high : float
        The bounds, ``low < high``; one at or beyond 0 or 1 is none.
    alpha_fail, alpha_pass : float
        Chances, in (0, 1), that a coverage within the bounds ever fails, and that one outside
        ever passes.

    Returns
    -------
    Decision

    Raises
    ------
    ValueError
        When an argument is outside its range.
    """
    bounds = [bound for bound in (low, high) if 0 < bound < 1]
    towards = [
        _log_e(hits, bound, (bound, 1.0) if bound == low else (0.0, bound), level)
        for bound in bounds
    ]
    beyond = [
        _log_e(hits, bound, (0.0, bound) if bound == low else (bound, 1.0)) for bound in bounds
    ]
    to_pass, to_fail = -np.log(alpha_pass), -np.log(alpha_fail / len(bounds))
    passed = max(_first(log_e >= to_pass) for log_e in towards)
    failed = min(_first(log_e >= to_fail) for log_e in beyond)
    if min(failed, passed) == NEVER:
        more = min(
            max(_needed(log_e, to_pass) for log_e in towards),
            *(_needed(log_e, to_fail) for log_e in beyond),
        )
        return Decision("inconclusive", None, int(more) if np.isfinite(more) else None)
    return Decision("fail" if failed <= passed else "pass", min(failed, passed))


def interval(hits: Array, level: float | None, alpha: float) -> tuple[float, float]:
    """Give the coverages that have not been excluded by now, each side at `alpha`.

    Parameters
    ----------
    hits, level
        As for `judge_bounds`.
    alpha : float
        In (0, 1).

    Returns
    -------
    low, high : float
        In steps of .005.
    """

    def steps(hits: Array, level: float | None) -> int:
        """Count the steps up to the largest bound that the coverage has been shown to exceed."""
        first, last = 0, _STEPS
        while last - first > 1:
            middle = (first + last) // 2
            log_e = _log_e(hits, middle / _STEPS, (middle / _STEPS, 1.0), level)
            shown = log_e.max() >= -np.log(alpha)
            first, last = (middle, last) if shown else (first, middle)
        return first

    # Coverage below a bound is non-coverage above another.
    missed = None if level is None else 1 - level
    return steps(hits, level) / _STEPS, 1 - steps(1 - hits, missed) / _STEPS


def _log_e(
    hits: Array, bound: float, alternatives: tuple[float, float], level: float | None = None
) -> Array:
    """Average the likelihood ratios of coverages between two ends to the bound, one of the ends."""
    first, last = alternatives
    grid = first + (last - first) * (np.arange(_GRID) + 0.5) / _GRID
    log_e = np.stack([log_e_share(hits, p, bound) for p in grid])
    spread = np.logaddexp.reduce(log_e, axis=0) - np.log(_GRID)
    if level is None or not first < level < last:
        return spread
    nominal = log_e_share(hits, level, bound)
    return np.logaddexp(np.log(_NOMINAL_WEIGHT) + nominal, np.log1p(-_NOMINAL_WEIGHT) + spread)


def _first(reached: NDArray[np.bool_]) -> int:
    return int(reached.argmax()) + 1 if reached.any() else NEVER


def _needed(log_e: Array, threshold: float) -> float:
    """Extrapolate to how many more datasets will do at the pace of all so far."""
    if log_e.max() >= threshold:
        return 0.0
    pace = log_e[-1] / log_e.size
    # A pace that is mere rounding, as after failed fits alone, leads nowhere.
    return float(np.ceil((threshold - log_e[-1]) / pace)) if pace > 1e-6 else np.inf
