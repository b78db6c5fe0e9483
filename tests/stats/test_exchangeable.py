"""A value among draws of it: every rank is uniform where they are exchangeable, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from sbc.stats.exchangeable import LOCATION, SPREAD, VALUE, pits, statistics

L = 31


def ranks(sample, n=2000, rng=None, seed=0):
    """Rank the first of L + 1 rows of what `sample` gives, n times."""
    random = np.random.default_rng(seed)
    found = {}
    for _ in range(n):
        for name, pool in statistics(sample(random), rng).items():
            found.setdefault(name, []).append(pool)
    return {name: pits(np.array(p), random.random(len(p))) for name, p in found.items()}


def assert_uniform(u, sds=4.5):
    """Compare counts in eight bins with a multinomial's; at 4.5 sds once in 20,000 checks."""
    counts = np.bincount((u * 8).astype(int), minlength=8)
    sd = np.sqrt(len(u) * (1 / 8) * (7 / 8))
    assert np.abs(counts - len(u) / 8).max() < sds * sd


def test_a_scalar_is_ranked_as_it_is():
    pool = np.array([[3.0], [1.0], [2.0], [4.0]])
    assert statistics(pool)[VALUE].tolist() == [3, 1, 2, 4]
    # Two of three lie below: the rank is 2 of 0 ... 3, and the middle of its bin 2.5 / 4.
    assert pits(statistics(pool)[VALUE][None], np.array([0.5])) == pytest.approx(2.5 / 4)


def test_numbers_that_differ_by_rounding_are_ties():
    pool = np.array([[0.1 + 0.2, 0.3, 0.3, 5.0]])
    assert pits(pool, np.array([0.5])) == pytest.approx(0.5 * 3 / 4)


def test_what_is_not_finite_has_a_rank_and_what_is_no_number_none():
    pools = np.array([[np.inf, 1.0, -np.inf, 2.0], [np.nan, 1.0, 2.0, 3.0]])
    u = pits(pools, np.array([0.5, 0.5]))
    assert u[0] == pytest.approx(3.5 / 4)
    assert np.isnan(u[1])


def test_elements_that_never_move_say_nothing():
    assert statistics(np.ones((L + 1, 5))) == {}
    pool = np.ones((4, 2))
    pool[:, 1] = [0, 1, 2, 3]
    assert statistics(pool)[LOCATION].argmin() == 0


@pytest.mark.parametrize(
    "sample",
    [
        lambda rng: rng.normal(size=(L + 1, 20)),
        lambda rng: rng.standard_cauchy(size=(L + 1, 20)),
        lambda rng: rng.poisson(0.2, size=(L + 1, 20)).astype(float),
        # Elements that all depend on each other
        lambda rng: rng.normal(size=(L + 1, 1)) + 0.1 * rng.normal(size=(L + 1, 20)),
    ],
    ids=["normal", "cauchy", "poisson", "dependent"],
)
def test_ranks_of_whole_vectors_are_uniform_whatever_their_law(sample):
    found = ranks(sample)
    assert found.keys() == {LOCATION, SPREAD}
    for u in found.values():
        assert_uniform(u)


def lagged(rng):
    """Counts whose mean follows the count before in the *value*, as a lag in a model's data has it.

    The draws are made given the value's own past.
    """
    value = [1.0]
    for _ in range(20):
        value.append(rng.poisson(0.3 + 0.8 * value[-1]))
    past = np.array(value[:-1])
    draws = rng.poisson(0.3 + 0.8 * past, size=(L, 20))
    return np.vstack([value[1:], draws]).astype(float)


def test_draws_given_the_past_of_the_value_are_ranked_element_by_element():
    found = ranks(lagged, rng=np.random.default_rng(5))
    for u in found.values():
        assert_uniform(u)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (lambda rng: rng.normal(0.5, 1, 20), LOCATION),
        (lambda rng: rng.normal(0, 1.3, 20), SPREAD),
    ],
)
def test_a_value_of_another_law_is_seen(value, told):
    def sample(rng):
        return np.vstack([value(rng), rng.normal(size=(L, 20))])

    with pytest.raises(AssertionError):
        assert_uniform(ranks(sample, n=400)[told])
