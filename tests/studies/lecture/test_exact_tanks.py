"""Scores and posteriors by sums over a grid, held against quadrature, brute force and MCMC."""

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import expit, roots_hermitenorm

from sbc.generators.reedfrogs import real_data
from sbc.studies.lecture import single
from sbc.studies.lecture.exact_tanks import GIVEN, SIGMA, Tanks, scored

#: Three tanks, two of them alike.
THREE = {"D": np.array([10, 10, 25]), "S": np.array([3, 3, 24])}


def expectation(of, mean, sd):
    """Average a function over Normal(mean, sd) by Gauss and Hermite, with 150 points."""
    x, weight = roots_hermitenorm(150)
    return (of(mean + sd * x) * weight).sum(axis=-1) / weight.sum()


def evidence(rows, sigma):
    """Integrate each alpha, and then alpha_bar: the probability of these tanks."""

    def given(alpha_bar):
        p = [
            expectation(
                lambda a, d=d, s=s: stats.binom.pmf(s, d, expit(a)), alpha_bar[:, None], sigma
            )
            for d, s in rows
        ]
        return np.prod(p, axis=0) * np.ones_like(alpha_bar)

    return expectation(given, 0.0, 1.5)


@pytest.mark.parametrize("sigma", [0.1, 1.0])
def test_a_left_out_tank_is_scored_as_by_quadrature(sigma):
    rows = list(zip(THREE["D"], THREE["S"], strict=True))
    whole = evidence(rows, sigma)
    expected = sum(np.log(whole / evidence(rows[:i] + rows[i + 1 :], sigma)) for i in range(3))
    assert Tanks(THREE).given(sigma).elpd == pytest.approx(expected, abs=1e-4)


def test_the_posterior_of_sigma_is_that_of_brute_force():
    """The same posterior by importance: two million draws of the prior, weighted by likelihood."""
    rng = np.random.default_rng(1)
    n = 1_000_000
    alpha_bar, sigma = rng.normal(0, 1.5, n), rng.exponential(size=n)
    weight = np.ones(n)
    for d, s in zip(THREE["D"], THREE["S"], strict=True):
        weight *= stats.binom.pmf(s, d, expit(alpha_bar + sigma * rng.normal(size=n)))
    order = np.argsort(sigma)
    mass = np.cumsum(weight[order]) / weight.sum()
    expected = np.interp([0.055, 0.945], mass, sigma[order])
    np.testing.assert_allclose(Tanks(THREE).sigma_interval(0.89), expected, rtol=0.03)


def test_effective_parameters_of_one_tank_by_hand():
    """A tank alone: what it adds to its score is log E[L²]/E[L]² over its prior."""
    one = {"D": np.array([10]), "S": np.array([7])}
    found = Tanks(one).given(1.0)
    sd = np.sqrt(1.5**2 + 1)
    first, second = (
        integrate.quad(
            lambda a, power=power: (
                stats.binom.pmf(7, 10, expit(a)) ** power * stats.norm.pdf(a, 0, sd)
            ),
            -12,
            12,
        )[0]
        for power in (1, 2)
    )
    assert found.elpd == pytest.approx(np.log(first), abs=1e-4)
    assert found.elpd + found.p == pytest.approx(np.log(second / first), abs=2e-2)


def test_a_finer_grid_changes_nothing():
    row = scored(real_data())
    assert row["low"] < 1.62 < row["high"]
    assert row["elpd"] > row["elpd 1"] > row["elpd 0.1"]
    assert {f"elpd {sigma:g}" for sigma in GIVEN} <= row.keys()
    assert SIGMA[0] >= 0.05  # below, the grid of alpha misses the bell


@pytest.mark.slow
def test_sampled_scores_and_interval_are_those_of_the_grid():
    data = real_data()
    one = single.sample("tanks_multilevel", "reedfrogs", data, 1)
    sampled, exact = one.scores["integrated"], scored(data)
    assert abs(sampled.loo.elpd - exact["elpd"]) < 5 * sampled.elpd_mcse + 0.05
    assert abs(sampled.loo.p - exact["p"]) < 5 * sampled.p_mcse + 0.05
    draws = np.ravel(one.draws["sigma"])
    np.testing.assert_allclose(
        np.quantile(draws, [0.055, 0.945]), [exact["low"], exact["high"]], rtol=0.04
    )
