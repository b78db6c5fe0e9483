"""The numbers that claims are about: functions of a scenario's evidence, each with its error."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from sbc.stats import metrics
from sbc.stats.intervals import wilson
from sbc.stats.paired import paired
from sbc.studies.lecture.evidence import Evidence
from sbc.studies.lecture.judged import (
    LEVEL,
    UNKNOWN,
    Measured,
    from_estimate,
    from_mean,
    from_share,
)

Measure = Callable[[Evidence], Measured]


def of(metric: str, estimator: str, quantity: str) -> Measure:
    """Take a metric of `metrics.py` that comes with an MCSE; contraction is of the prior's sd."""

    def measure(evidence: Evidence) -> Measured:
        fits = evidence.fits(estimator, quantity)
        value, mcse = metrics.METRICS[metric](fits)[:2]
        return from_estimate(metrics.Estimate(value, mcse), fits.truth.size)

    return measure


def coverage(estimator: str, quantity: str, level: float = 0.95) -> Measure:
    """Share of datasets whose interval holds the truth.

    The interval of that share reaches from where all failed fits would have missed to where all
    would have hit, with Wilson's interval beyond.
    """

    def measure(evidence: Evidence) -> Measured:
        fits = evidence.fits(estimator, quantity)
        share = metrics.coverage(fits, level=level)
        failed = evidence.failed(estimator)
        n, hits = fits.truth.size, round(share.value * fits.truth.size) if fits.truth.size else 0
        if n == 0:
            return UNKNOWN
        low = wilson(hits, n + failed, LEVEL)[0]
        high = wilson(hits + failed, n + failed, LEVEL)[1]
        return from_share(share, float(low), float(high))

    return measure


def difference(metric: str, a: str, b: str, quantity: str) -> Measure:
    """Measure a metric of `a` minus that of `b`, on the datasets where both worked."""

    def measure(evidence: Evidence) -> Measured:
        one, other = evidence.pair(a, b, quantity)
        return from_estimate(paired(metric, one, other), one.truth.size)

    return measure


def slope(estimator: str, quantity: str) -> Measure:
    """Slope of the truth on the posterior mean over datasets: 1 where estimates are to be believed.

    Truths that are drawn lie round 0, and estimates that are too small or too large by a factor are
    right on average; this tells them. The error is the sandwich's.
    """

    def measure(evidence: Evidence) -> Measured:
        fits = evidence.fits(estimator, quantity)
        if fits.n < 3:
            return UNKNOWN
        x = fits.mean - fits.mean.mean()
        b = float(x @ fits.truth / (x @ x))
        left = fits.truth - fits.truth.mean() - b * x
        mcse = float(np.sqrt((x**2) @ (left**2)) / (x @ x))
        return from_estimate(metrics.Estimate(b, mcse), fits.n)

    return measure


def mean_difference(a: str, b: str, quantity: str) -> Measure:
    """Mean over datasets of the posterior mean of `a` minus that of `b`."""

    def measure(evidence: Evidence) -> Measured:
        one, other = (evidence.rows(name, quantity)["mean"] for name in (a, b))
        return from_mean(_both(one - other))

    return measure


def score_difference(column: str, a: str, b: str) -> Measure:
    """Mean over datasets of a leave-one-out score of `a` minus that of `b`: see `COLUMNS`."""

    def measure(evidence: Evidence) -> Measured:
        scores = evidence.scores.pivot(index="dataset", columns="estimator", values=column)
        if not {a, b} <= set(scores):
            return UNKNOWN
        return from_mean(_both(scores[a] - scores[b]))

    return measure


def distance(vector: str, a: str, b: str) -> Measure:
    """Mean absolute difference of two estimators' posterior means, over elements and datasets."""

    def measure(evidence: Evidence) -> Measured:
        one, other = (evidence.means(name, vector) for name in (a, b))
        return from_mean(_both((one - other).abs().mean(axis=1)))

    return measure


def extra_shrinkage(estimator: str) -> Measure:
    """Shrinkage of survival in the smallest tanks, minus that in the largest.

    The shrinkage of tanks of one density is 1 − slope, the slope that of their posterior mean
    survival on the share that survived: 0 for estimates that follow their tank, 1 for estimates
    that ignore it.
    """

    def measure(evidence: Evidence) -> Measured:
        means = evidence.means(estimator, "p_survived")
        found = [_extra(evidence.data(int(k)), means.loc[k].to_numpy(float)) for k in means.index]
        return from_mean(np.array(found))

    return measure


def _extra(data: dict[str, np.ndarray], p: np.ndarray) -> float:
    by_density = shrinkage(data, p)
    return by_density[min(by_density)] - by_density[max(by_density)]


def shrinkage(data: dict[str, np.ndarray], p: np.ndarray) -> dict[float, float]:
    """Give 1 − slope of the estimates on the shares seen, by density; NaN for equal shares."""
    found = {}
    for density in np.unique(data["D"]):
        rows = data["D"] == density
        seen, told = data["S"][rows] / density, p[data["tank"][rows]]
        spread = seen - seen.mean()
        total = float((spread**2).sum())
        found[float(density)] = 1 - float(spread @ told) / total if total > 0 else math.nan
    return found


def _both(column: pd.Series) -> np.ndarray:
    """Keep the datasets where both estimators worked."""
    return column.dropna().to_numpy(float)
