"""The e-process against any smooth departure: never above nominal, and quick where it should be."""

from __future__ import annotations

import numpy as np
import pytest

from sbc.stats.sequential.e_values import log_e_fail, log_e_smooth


def by_hand(u):
    """Multiply the densities, one rank after the other, straight from the formula."""
    norms = [np.sqrt(2 * j + 1) for j in range(1, 5)]
    total, sums, n, found = 0.0, np.zeros(4), 0, []
    for value in u:
        if np.isnan(value):
            found.append(total)
            continue
        x = 2 * value - 1
        legendre = np.array([x, (3 * x**2 - 1) / 2, (5 * x**3 - 3 * x) / 2,
                             (35 * x**4 - 30 * x**2 + 3) / 8])  # fmt: skip
        terms = norms * legendre
        theta = sums / (n + 30)
        depth = np.abs(theta) @ norms
        if depth > 0.95:
            theta = theta * 0.95 / depth
        total += np.log1p(theta @ terms)
        sums, n = sums + terms, n + 1
        found.append(total)
    return np.array(found)


@pytest.mark.parametrize("power", [1, 3, 0.1])
def test_it_is_the_product_of_predictive_densities(power):
    u = np.random.default_rng(1).random(300) ** power
    u[[0, 7, 50]] = np.nan
    assert log_e_smooth(u) == pytest.approx(by_hand(u), abs=1e-9)


def test_under_uniform_ranks_it_seldom_crosses_however_often_it_is_looked_at():
    u = np.random.default_rng(2).random((2000, 1000))
    ever = log_e_smooth(u).max(axis=1)
    for alpha in (0.05, 0.01):
        share = (ever >= np.log(1 / alpha)).mean()
        assert share <= alpha + 4 * np.sqrt(alpha / 2000)


def test_another_family_of_prior_is_found_sooner_than_by_mean_variance_and_histogram():
    """A half-normal's ranks among draws of an exponential."""
    tau = np.abs(np.random.default_rng(3).normal(size=(200, 400)))
    u = 1 - np.exp(-tau)
    threshold = np.log(10_000)
    smooth = (log_e_smooth(u) >= threshold).argmax(axis=1)
    there = (log_e_fail(u) >= threshold).argmax(axis=1)
    assert (log_e_smooth(u).max(axis=1) >= threshold).all()
    assert np.median(smooth) < np.median(np.where(there == 0, 400, there))
