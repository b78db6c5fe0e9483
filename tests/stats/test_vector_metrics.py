"""Pooled metrics: by hand, against the metrics of scalars, and their errors by simulation."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.special import bdtrik, ndtr, ndtri

from sbc.stats.fits import Fits, standard_error
from sbc.stats.metrics import METRICS, influence
from sbc.stats.paired import paired
from sbc.stats.uniformity import uniformity_test
from sbc.stats.vector_ranks import pooled_ecdf, pooled_uniformity
from sbc.stats.vectors import Elements, difference, gain, measure, pooled_share

TAILS = (0.025, 0.25, 0.75, 0.975)


def fits_of(z, truth=None):
    """Make the fits of a standard normal posterior whose mean is off by z."""
    truth = np.zeros_like(z) if truth is None else truth
    quantiles = {p: truth + z + ndtri(p) for p in TAILS}
    return Fits(truth, truth + z, np.ones_like(z), ndtr(-z), quantiles, np.abs(z), 2.0)


def vector(z, members=None):
    names = tuple(f"p[{j}]" for j in range(z.shape[1]))
    elements = Elements(names, tuple(fits_of(column) for column in z.T))
    return elements if members is None else Elements(names, elements.fits, members)


def correlated(rng, n, n_elements, correlation):
    """Draw errors of variance 1 that share a part within each dataset."""
    shared, own = rng.normal(size=(n, 1)), rng.normal(size=(n, n_elements))
    return np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own


def test_by_hand():
    # errors of two elements in three datasets: means within 2, 0, 1; so bias 1, sd 1
    found = measure("bias", vector(np.array([[1.0, 3.0], [0, 0], [2, 0]])))
    assert found == pytest.approx((1, 1 / math.sqrt(3)))
    # squares: means within 5, 0, 2; MSE 7/3, deviations (8, −7, −1)/3, var 114/9/2
    rmse = measure("rmse", vector(np.array([[1.0, 3.0], [0, 0], [2, 0]])))
    error = math.sqrt(114 / 18 / 3)
    assert rmse == pytest.approx((math.sqrt(7 / 3), error / (2 * math.sqrt(7 / 3))))


def test_parts_that_are_pooled_by_hand():
    members = np.array([[True, True], [True, False], [False, False]])
    found = measure("bias", vector(np.array([[1.0, 3.0], [2, 9], [9, 9]]), members))
    # 1, 3 and 2 of two datasets: bias 2; psi = 2/3 (1 − 2 + 3 − 2) = 0 and 2/3 (2 − 2) = 0
    assert found == pytest.approx((2, 0))
    assert vector(np.zeros((3, 2)), members).n == 2


@pytest.mark.parametrize("metric", METRICS)
def test_a_vector_of_equal_elements_is_one_element(metric):
    z = correlated(np.random.default_rng(1), 40, 1, 0)
    truth = np.random.default_rng(2).normal(size=40)
    one = fits_of(z[:, 0], truth)
    many = measure(metric, Elements(("p[0]", "p[1]", "p[2]"), (one, one, one)))
    value, psi = influence(metric, one)
    assert many.value == pytest.approx(value, nan_ok=True)
    assert many.mcse == pytest.approx(standard_error(psi), nan_ok=True)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_datasets_are_no_trouble(metric, n):
    found = measure(metric, vector(np.zeros((n, 3)) + 0.1))
    assert n == 0 or metric != "bias" or found.value == pytest.approx(0.1)
    assert n > 1 or math.isnan(found.mcse)


def test_elements_need_the_same_datasets():
    with pytest.raises(ValueError, match="same datasets"):
        Elements(("p[0]", "p[1]"), (fits_of(np.zeros(3)), fits_of(np.zeros(2))))


# -- Monte Carlo errors under dependence ---------------------------------------------------------

RUNS, N, ELEMENTS = 250, 60, 16
#: Six standard errors of the ratio of a mean to an sd over that many runs, and a little bias.
LIMIT = 6 / math.sqrt(2 * RUNS) + 0.05
SIMULATED = ("bias", "rmse", "coverage", "empirical_se", "pit_spread", "z_sd")


@cache
def studies():
    """Give values, MCSEs and the errors of independent elements, of strongly correlated ones."""
    rng = np.random.default_rng(11)
    rows = []
    for _ in range(RUNS):
        z = correlated(rng, N, ELEMENTS, 0.8)
        pool = vector(z)
        row = {}
        for metric in SIMULATED:
            found = measure(metric, pool)
            naive = standard_error(influence(metric, fits_of(z.ravel()))[1])
            row[metric] = (*found[:2], naive, *found[2:])
        rows.append(row)
    return {metric: np.array([row[metric] for row in rows]) for metric in SIMULATED}


@pytest.mark.parametrize("metric", SIMULATED)
def test_the_error_is_that_of_dependent_elements(metric):
    values, mcse, *_ = studies()[metric].T
    assert mcse.mean() / values.std(ddof=1) == pytest.approx(1, abs=LIMIT)


@pytest.mark.parametrize("metric", SIMULATED)
def test_the_error_of_independent_elements_would_be_far_too_small(metric):
    values, _, naive, *_ = studies()[metric].T
    assert naive.mean() / values.std(ddof=1) < 1 - LIMIT


def test_the_interval_of_a_pooled_coverage_covers():
    low, high = studies()["coverage"].T[3:]
    missed = int(((low > 0.95) | (high < 0.95)).sum())
    assert missed <= bdtrik(1 - 1e-4, RUNS, 0.08)  # Wilson's own size wanders by two points


def test_all_hit_is_no_certainty():
    found = pooled_share(np.ones((30, 10), dtype=bool), np.ones((30, 10), dtype=bool))
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(30 / (30 + 1.96**2), abs=1e-3)  # as one element would have


def test_differences_are_those_of_scalars():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 30, 1))
    found = difference("rmse", vector(a), vector(b))
    assert found == pytest.approx(paired("rmse", fits_of(a[:, 0]), fits_of(b[:, 0])))
    other = Elements(("p[0]",), (fits_of(b[:, 0], np.ones(30)),))
    with pytest.raises(ValueError, match="same datasets"):
        difference("rmse", vector(a), other)
    with pytest.raises(ValueError, match="scalar"):
        difference("rmse", vector(a), other.fits[0])


# -- ranks ---------------------------------------------------------------------------------------


def pits(seed, n=40, n_elements=12, correlation=0.8):
    return ndtr(-correlated(np.random.default_rng(seed), n, n_elements, correlation))


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_calibrated_vectors_are_found_uniform(correlation):
    alarms = sum(pooled_uniformity(pits(seed, correlation=correlation)).p < 0.05
                 for seed in range(200))  # fmt: skip
    assert alarms <= bdtrik(1 - 1e-4, 200, 0.06)


def test_a_test_of_all_values_together_would_raise_alarms():
    alarms = sum(uniformity_test(pits(seed).ravel()).p < 0.05 for seed in range(40))
    assert alarms > 20


def test_faults_of_all_elements_and_of_one_are_told_apart():
    u = pits(1, n=200)
    assert pooled_uniformity(ndtr(ndtri(u) - 0.7)).shape == "location"
    assert pooled_uniformity(ndtr(ndtri(pits(2, 200, 12, 0)) / 0.7)).shape == "scale"
    one = pits(3, 200, 12, 0)
    one[:, 4] = ndtr(ndtri(one[:, 4]) - 0.8)
    found = pooled_uniformity(one)
    assert found.shape == "element"
    assert int(np.argmin([test.p for test in found.elements])) == 4


@pytest.mark.parametrize(("n", "correlation"), [(100, 0.0), (50, 0.95), (30, 0.5)])
def test_calibrated_vectors_stay_within_the_band(n, correlation):
    left = 0
    for seed in range(300):
        difference, band = pooled_ecdf(pits(seed, n, 12, correlation))
        left += bool(((difference < band.lower) | (difference > band.upper)).any())
    assert left <= bdtrik(1 - 1e-4, 300, 0.06)


def test_a_band_for_independent_values_would_be_left():
    left = 0
    for seed in range(60):
        difference, band = pooled_ecdf(pits(seed).reshape(-1, 1))
        left += bool(((difference < band.lower) | (difference > band.upper)).any())
    assert left > 30


def test_the_factor_of_the_band_is_that_of_a_brownian_bridge():
    x = np.arange(1, 16) / 16
    covariance = np.minimum.outer(x, x) - np.outer(x, x)
    scale = np.sqrt(np.diag(covariance))
    root = np.linalg.cholesky(covariance / np.outer(scale, scale))
    draws = np.random.default_rng(0).normal(size=(40_000, 15)) @ root.T
    assert np.mean(np.abs(draws).max(axis=1) > 2.77) == pytest.approx(0.05, abs=0.006)


def test_biased_vectors_leave_the_band():
    difference, band = pooled_ecdf(ndtr(ndtri(pits(1, 200)) - 0.5))
    assert (difference > band.upper).any()


def test_the_gain_in_precision_of_a_vector_pools_variances_and_its_error_is_the_spread():
    rng = np.random.default_rng(5)
    z = correlated(rng, 60, 3, 0.4)
    one, other = vector(z), vector(2 * z + 0.3)
    found = gain(one, other)
    assert found == pytest.approx((3, 0), abs=1e-9)  # the same luck, twice as far
    assert gain(vector(z[:, :1]), vector(2 * z[:, :1])).value == pytest.approx(3)
    studies = []
    for _ in range(400):
        a = correlated(rng, 60, 3, 0.4)
        b = 0.5 * a + correlated(rng, 60, 3, 0.4)
        studies.append(gain(vector(a), vector(b)))
    values, errors = np.array(studies).T
    assert np.mean(errors) == pytest.approx(np.std(values, ddof=1), rel=0.15)
    with pytest.raises(ValueError, match="a scalar cannot"):
        gain(one, one.fits[0])
    with pytest.raises(ValueError, match="truths differ"):
        gain(one, Elements(one.names, tuple(fits_of(c, np.ones(60)) for c in z.T)))


def test_what_one_element_does_not_know_the_vector_does_not():
    z = correlated(np.random.default_rng(6), 20, 2, 0.4)
    known = vector(z)
    blind = replace(known.fits[0], pit=np.full(20, np.nan))
    mixed = Elements(known.names, (blind, known.fits[1]))
    assert all(np.isnan(measure("coverage", mixed)))
    assert measure("coverage", mixed, kind="quantile") == measure(
        "coverage", known, kind="quantile"
    )
