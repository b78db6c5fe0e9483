"""Tanks of other laws: each law's moments, the choice of tanks, and what new tanks are."""

import math

import numpy as np
import pytest

from sbc.generators import other_tanks as module
from sbc.plugins import registry
from sbc.plugins.validate import check_data

other_tanks = registry.generator("other_tanks")


def draw(regime="normal", seed=1, **parameters):
    return other_tanks.draw(np.random.default_rng(seed), regime, **parameters)


@pytest.mark.parametrize("regime", other_tanks.regimes)
def test_arrays_are_those_of_the_tanks_and_survivors_are_no_more_than_tadpoles(regime):
    drawn = draw(regime, new_tanks=7)
    check_data(other_tanks, drawn.data)
    assert np.all(drawn.data["S"] <= drawn.data["D"])
    assert drawn.truth["p_survived"].shape == (48,)
    assert drawn.truth["p_new"].shape == (7,)
    assert not drawn.data["P"].any()


@pytest.mark.parametrize(
    ("law", "third", "fourth"),
    [
        (module.standard_normal, 0.0, 3.0),
        (module.one_of_two, 0.0, 1.0),
        (module.shifted_exponential, -2.0, 9.0),
    ],
)
def test_a_law_has_mean_0_variance_1_and_the_moments_of_its_name(law, third, fourth):
    x = law(np.random.default_rng(2), 200_000)
    for power, expected in ((1, 0.0), (2, 1.0), (3, third), (4, fourth)):
        values = x**power
        error = max(values.std() / math.sqrt(values.size), 1e-12)
        assert abs(values.mean() - expected) < 5 * error + 1e-9


def test_thick_tails_are_those_of_a_t_with_3_degrees_of_freedom():
    from scipy import stats

    x = module.student(np.random.default_rng(3), 200_000)
    for p in (0.001, 0.05, 0.5, 0.9):
        share = np.mean(x < stats.t.ppf(p, 3, scale=1 / math.sqrt(3)))
        assert abs(share - p) < 5 * math.sqrt(p * (1 - p) / x.size)


@pytest.mark.parametrize("candidates", [1, 4])
def test_of_so_many_tanks_the_best_is_kept(candidates):
    """The mean of the largest of n normals: 0 of one, 1.0294 of four (Tippett 1925)."""
    expected = {1: 0.0, 4: 1.0294}[candidates]
    drawn = draw(tanks_per_density=3000, candidates=candidates, sigma=2.0, alpha_bar=0.5)
    e = (drawn.truth["alpha"] - 0.5) / 2
    assert abs(e.mean() - expected) < 5 * e.std() / math.sqrt(e.size)


def test_new_tanks_are_not_chosen():
    drawn = draw(new_tanks=9000, candidates=4, sigma=1.0, alpha_bar=0.0)
    p = drawn.truth["p_new"]
    alpha = np.log(p / (1 - p))
    assert abs(alpha.mean()) < 5 * alpha.std() / math.sqrt(alpha.size)


def test_survivors_follow_their_tank():
    drawn = draw("two_points", tanks_per_density=4000)
    S, D, p = drawn.data["S"], drawn.data["D"], drawn.truth["p_survived"]
    z = (S - D * p) / np.sqrt(D * p * (1 - p))
    assert abs(z.mean()) < 5 / math.sqrt(z.size)
    assert abs((z**2).mean() - 1) < 5 * (z**2).std() / math.sqrt(z.size)
    assert set(np.round(np.log(p / (1 - p)), 6)) == {-0.2, 3.0}
