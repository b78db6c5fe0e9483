"""Numbers about vectors: errors of many units at once, one number a dataset, then their mean.

Units of one dataset share its luck, so that a dataset counts once, however many units it has.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import logit

from sbc.plugins.data import Array, Data
from sbc.stats.fits import Estimate, standard_error
from sbc.stats.intervals import wilson
from sbc.stats.metrics import influence
from sbc.studies.lecture.evidence import Evidence
from sbc.studies.lecture.judged import LEVEL, UNKNOWN, Measured, from_estimate, from_mean
from sbc.studies.lecture.measures import Measure
from sbc.studies.lecture.scenarios import Scenario


def typical(evidence: Evidence, estimator: str, vector: str) -> pd.Series:
    """Root mean squared error over a vector's elements, by dataset."""
    return _root_mean_square(evidence.errors(estimator, vector))


def error_difference(vector: str, a: str, b: str) -> Measure:
    """Measure the typical error of `a` minus that of `b`, on the datasets where both worked."""

    def measure(evidence: Evidence) -> Measured:
        return _mean_of(typical(evidence, a, vector) - typical(evidence, b, vector))

    return measure


def error_below_zero_effects(vector: str, estimator: str) -> Measure:
    """Measure the typical error minus that of who takes every effect for 0."""

    def measure(evidence: Evidence) -> Measured:
        ignored = _root_mean_square(evidence.means(estimator, vector, "truth"))
        return _mean_of(typical(evidence, estimator, vector) - ignored)

    return measure


def extra_gain(vector: str, pooled: str, unpooled: str, other: Scenario) -> Measure:
    """Measure how much more pooling gains here than in another scenario.

    The gain is the logarithm of the ratio of the two typical errors. Dataset k is drawn from the
    same random numbers in both scenarios, so that gains are compared dataset by dataset.
    """

    def gain(evidence: Evidence) -> pd.Series:
        without, having = (typical(evidence, name, vector) for name in (unpooled, pooled))
        return np.log(without) - np.log(having)

    def measure(evidence: Evidence) -> Measured:
        return _mean_of(gain(evidence) - gain(evidence.beside(other)))

    return measure


def fit_difference(
    vector: str, a: str, b: str, seen: Callable[[Data], Array], told: Callable[[Array], Array]
) -> Measure:
    """Measure how far `a` is from what was seen, minus how far `b` is.

    Parameters
    ----------
    vector : str
        What is estimated of each unit.
    a, b : str
        The estimators.
    seen : callable
        Gives what each unit showed, of a dataset.
    told : callable
        Turns posterior means into the same unit.
    """

    def measure(evidence: Evidence) -> Measured:
        one, other = (evidence.means(name, vector) for name in (a, b))
        both = one.index.intersection(other.index)
        shown = pd.DataFrame([seen(evidence.data(int(k))) for k in both], index=both)
        far = [
            _root_mean_square(told(means.loc[both]) - shown.to_numpy()) for means in (one, other)
        ]
        return _mean_of(far[0] - far[1])

    return measure


def coverage_of(vector: str, estimator: str, low: str, high: str) -> Measure:
    """Measure the share of elements whose truth lies between two quantiles: ``q025``, ``q975``."""

    def measure(evidence: Evidence) -> Measured:
        truth, left, right = (evidence.means(estimator, vector, c) for c in ("truth", low, high))
        held = ((left <= truth) & (truth <= right)).mean(axis=1).to_numpy(float)
        if held.size and held.min() == 1:  # all of them: no spread to take an error from
            return Measured(1.0, 0.0, float(wilson(held.size, held.size, LEVEL)[0]), 1.0)
        return from_mean(held)

    return measure


def improvement_with_answers(vector: str, estimator: str, answers: Array) -> Measure:
    """Measure by which power of a unit's number of answers its error falls.

    The slope of log |error| on log answers in each dataset: −0.5 where errors fall with the root.
    """
    x = np.log(answers) - np.log(answers).mean()

    def measure(evidence: Evidence) -> Measured:
        errors = evidence.errors(estimator, vector)
        return from_mean(np.log(errors.abs()).to_numpy(float) @ x / (x @ x))

    return measure


def average_difference(
    metric: str, a: str, b: str, quantity: str, scenarios: tuple[Scenario, ...]
) -> Measure:
    """Average over scenarios a metric of `a` minus that of `b`, where both worked.

    Dataset k is drawn from the same random numbers in all of them, so that its influences on the
    scenarios' differences are added up before their spread over datasets is taken.
    """

    def measure(evidence: Evidence) -> Measured:
        values, influences = [], []
        for scenario in scenarios:
            there = evidence.beside(scenario)
            one, other = there.pair(a, b, quantity)
            found = [influence(metric, fits) for fits in (one, other)]
            common = there.rows(a, quantity).index.intersection(there.rows(b, quantity).index)
            values.append(found[0][0] - found[1][0])
            influences.append(pd.Series(found[0][1] - found[1][1], index=common))
        by_dataset = pd.concat(influences, axis=1).fillna(0).mean(axis=1).to_numpy(float)
        found_ = Estimate(float(np.mean(values)), standard_error(by_dataset))
        return from_estimate(found_, by_dataset.size)

    return measure


def average_time_ratio(a: str, b: str, scenarios: tuple[Scenario, ...]) -> Measure:
    """Measure the time that fits of `a` take over that of `b`: the mean logarithm, turned back."""

    def measure(evidence: Evidence) -> Measured:
        logs = []
        for scenario in scenarios:
            there = evidence.beside(scenario)
            logs.append(np.log(there.seconds(a)) - np.log(there.seconds(b)))
        log = _mean_of(pd.concat(logs, axis=1).mean(axis=1))
        value, low, high = (math.exp(x) for x in (log.value, log.low, log.high))
        return Measured(value, value * log.mcse, low, high)

    return measure


def pull_by_distance(vector: str, estimator: str, seen: Callable[[Data], Array]) -> Measure:
    """Measure how the pull on a tank goes with its distance from the middle: a rank correlation.

    The pull is |estimate − seen|, the distance |seen − mean of the estimates|, in log odds, and
    tanks of one density are compared with each other, for small ones are pulled more.
    """
    from scipy.stats import spearmanr

    def of_one(data: Data, p: Array) -> float:
        # Shares of 0 and 1 are moved inside by a hundredth: they have no log odds.
        shown, told = (logit(np.clip(x, 0.01, 0.99)) for x in (seen(data), p))
        pull, distance = np.abs(told - shown), np.abs(shown - told.mean())
        groups = [data["D"] == density for density in np.unique(data["D"])]
        varied = [rows for rows in groups if np.ptp(distance[rows]) > 0 and np.ptp(pull[rows]) > 0]
        return float(np.mean([spearmanr(pull[rows], distance[rows]).statistic for rows in varied]))

    def measure(evidence: Evidence) -> Measured:
        means = evidence.means(estimator, vector)
        found = [of_one(evidence.data(int(k)), means.loc[k].to_numpy(float)) for k in means.index]
        return from_mean(np.array(found))

    return measure


def exact_difference(column: str, sigma: float) -> Measure:
    """Measure a score of the multilevel model minus that of a given sigma, by sums over a grid."""

    def measure(evidence: Evidence) -> Measured:
        scores = evidence.exact
        return _mean_of(scores[column] - scores[f"{column} {sigma:g}"])

    return measure


def best_sigma_inside(evidence: Evidence) -> Measured:
    """Share of datasets whose best sigma lies in the multilevel model's interval of sigma."""
    found = evidence.exact
    inside = (found["low"] <= found["best"]) & (found["best"] <= found["high"])
    n, hits = len(inside), int(inside.sum())
    if n == 0:
        return UNKNOWN
    low, high = (float(x) for x in wilson(hits, n, LEVEL))
    share = hits / n
    return Measured(share, float(np.sqrt(share * (1 - share) / n)), low, high)


def _root_mean_square(frame: pd.DataFrame) -> pd.Series:
    return np.sqrt((frame**2).mean(axis=1))


def _mean_of(column: pd.Series) -> Measured:
    return from_mean(column.dropna().to_numpy(float))
