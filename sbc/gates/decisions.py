"""Decide one check by its datasets: once without the failed fits, and with them made up.

Each function returns a list of decisions: the first leaves failed fits out; there are more only if
there are failed fits, one for each way to make them up, for better and for worse.

References
----------
.. [1] Pawel et al. (2026). Missing results in simulation studies. arXiv:2409.18527
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sbc.gates.expectations import Bounds, Calibrated, Miscalibrated
from sbc.stats.ranks import THINNED_SIZE
from sbc.stats.sequential.coverage import judge_bounds
from sbc.stats.sequential.judge import crossings, judge
from sbc.stats.sequential.means import (
    Decision,
    MeanTest,
    contraction_excess,
    judge_mean,
    mean_excess,
)
from sbc.stats.sequential.outcome import NEVER, Outcome

Array = NDArray[np.float64]


class Levels(NamedTuple):
    """Error rates of one check, in (0, 1): to fail what is as expected, to pass what is not."""

    fail: float
    passing: float


def on_ranks(u: Array, expectation: Calibrated | Miscalibrated, levels: Levels) -> list[Decision]:
    """Judge K streams of PIT values, exactly.

    Parameters
    ----------
    u : array of shape (K, n)
        In the order of the datasets, NaN for a failed fit.
    expectation : Calibrated or Miscalibrated
        The latter passes when calibration is excluded, and fails when a departure is.
    levels : Levels
        Error rates. What must be miscalibrated is a control, and takes the stricter one both ways.
    """
    inverted = isinstance(expectation, Miscalibrated)
    alphas = (min(levels), min(levels)) if inverted else levels

    def again(way: Array) -> Decision:
        verdict = judge({str(k): row for k, row in enumerate(way)}, expectation.delta, *alphas)
        return Decision(_seen(verdict.outcome, inverted), verdict.at, verdict.needed)

    decisions = [again(u)]
    if np.isnan(u).any():
        imputations = np.stack(list(made_up(u)))
        crossed = crossings(imputations, expectation.delta, *alphas)
        for way, fail, passed in zip(imputations, crossed.fail, crossed.passed, strict=True):
            if min(fail, passed) == NEVER:
                decisions.append(again(way))
            else:
                outcome = _seen("fail" if fail <= passed else "pass", inverted)
                decisions.append(Decision(outcome, int(min(fail, passed))))
    return decisions


def _seen(outcome: Outcome, inverted: bool) -> Outcome:
    swapped: dict[Outcome, Outcome] = {"pass": "fail", "fail": "pass"}
    return swapped.get(outcome, outcome) if inverted else outcome


def made_up(u: Array) -> Iterator[Array]:
    """Fill in the PIT values of failed fits, in one way after another.

    All in one place, from the lowest rank to the highest: the ends and the middle are the worst for
    each of the processes that argue for calibration, and one of the others is what best hides a
    bias or a spread. Then at both ends in turn, and evenly spread, as calibrated fits would be.

    Parameters
    ----------
    u : array of shape (K, n)
        PIT values, NaN where a fit failed.

    Yields
    ------
    array of shape (K, n)
        Without NaN. What is filled in depends on the datasets before it only.
    """
    missing = np.isnan(u)
    count = np.cumsum(missing, axis=-1) - 1
    end = 0.5 / (THINNED_SIZE + 1)
    golden = (np.sqrt(5) - 1) / 2
    fills = [np.full(u.shape, place) for place in (end, *np.arange(1, 16) / 16, 1 - end)]
    fills += [np.where(count % 2, 1 - end, end), (0.5 + count * golden) % 1]
    for fill in fills:
        yield np.where(missing, np.clip(fill, end, 1 - end), u)


def hits_of(u: Array, level: float) -> Array:
    """Say which central intervals hold the truth: 1, 0, or NaN for a failed fit."""
    return np.where(np.isnan(u), np.nan, np.abs(2 * u - 1) <= level)


def hits_of_intervals(truth: Array, low: Array, high: Array) -> Array:
    """Say which intervals hold their truth: 1, 0, or NaN where there is no interval."""
    inside = ((low <= truth) & (truth <= high)).astype(float)
    return np.where(np.isnan(low) | np.isnan(high), np.nan, inside)


def on_coverage(hits: Array, bounds: Bounds, levels: Levels) -> list[Decision]:
    """Judge the coverage of the interval that `bounds` is about, exactly.

    Parameters
    ----------
    hits : array of shape (n,)
        Which intervals hold the truth, or the share of elements whose intervals do, in the order of
        the datasets; NaN for a failed fit.
    bounds : Bounds
        Of a share.
    levels : Levels
        Error rates.
    """
    fills = (np.nan, 0.0, 1.0) if np.isnan(hits).any() else (np.nan,)
    return [
        judge_bounds(
            np.where(np.isnan(hits), fill, hits),
            bounds.level,
            bounds.low,
            bounds.high,
            alpha_fail=levels.fail,
            alpha_pass=levels.passing,
        )
        for fill in fills
    ]


def on_means(
    imputations: list[MeanTest], low: float, high: float, levels: Levels
) -> list[Decision]:
    """Judge a mean, asymptotically, with failed fits made up in each of several ways.

    `imputations` come from `mean_imputations` or `contraction_imputations`.
    """
    return [
        judge_mean(way, low, high, alpha_fail=levels.fail, alpha_pass=levels.passing)
        for way in imputations
    ]


def mean_imputations(x: Array) -> list[MeanTest]:
    """Leave failed fits out of a mean, then give all of them the least and the largest value.

    Parameters
    ----------
    x : array of shape (n,)
        In the order of the datasets, NaN for a failed fit. Its values have no bounds, so that the
        worst of the fits that worked stands for the worst case.
    """
    return [mean_excess(filled) for filled in _filled(x)]


def contraction_imputations(truth: Array, sd: Array) -> list[MeanTest]:
    """Do as `mean_imputations` for a contraction, of the elements of a vector taken together.

    Parameters
    ----------
    truth, sd : array of shape (K, n)
        True values, those of failed fits too where known, and posterior sds of K elements.
    """
    # A fit fails for all its elements.
    imputations = zip(*(_filled(row) for row in sd), strict=True)
    return [
        _mean_excess([contraction_excess(t, s) for t, s in zip(truth, way, strict=True)])
        for way in imputations
    ]


def _mean_excess(parts: list[MeanTest]) -> MeanTest:
    return lambda bound: np.mean([part(bound) for part in parts], axis=0)


def _filled(x: Array) -> list[Array]:
    missing = np.isnan(x)
    if not missing.any() or missing.all():
        return [x]
    return [x, np.where(missing, np.nanmin(x), x), np.where(missing, np.nanmax(x), x)]
