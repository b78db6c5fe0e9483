"""The tanks: the real ones, their layout, the law of simulated survivors, what regimes draw."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as quickly
from hypothesis import strategies as st

from sbc.generators.reedfrogs import real_data
from sbc.plugins import catalogue, registry
from sbc.plugins.validate import check_data

reedfrogs = registry.generator("reedfrogs")


def draw(regime="fixed", seed=1, **parameters):
    return reedfrogs.draw(np.random.default_rng(seed), regime, **parameters)


def within(values, mean):
    """Say whether a sample's mean is within 5 of its standard errors of what is expected."""
    values = np.asarray(values, dtype=float)
    return abs(values.mean() - mean) < 5 * values.std(ddof=1) / math.sqrt(values.size)


def test_the_real_tanks_are_those_of_the_experiment():
    data = real_data()
    check_data(reedfrogs, data)
    assert {name: len(array) for name, array in data.items()} == dict.fromkeys(data, 48)
    assert np.all(data["S"] <= data["D"])
    # From 16 tanks of each density: survivors by density and predators, added up by hand.
    for density, (without, with_predators) in {
        10: (73, 56),
        25: (184, 83),
        35: (262, 125),
    }.items():
        tanks = data["D"] == density
        assert tanks.sum() == 16
        assert data["S"][tanks & (data["P"] == 0)].sum() == without
        assert data["S"][tanks & (data["P"] == 1)].sum() == with_predators


@pytest.mark.parametrize("regime", reedfrogs.regimes)
def test_simulated_tanks_have_the_layout_of_the_real_ones_by_default(regime):
    simulated, real = draw(regime).data, real_data()
    assert simulated.keys() == real.keys()
    for name in ("tank", "D", "P"):
        np.testing.assert_array_equal(simulated[name], real[name])


@given(
    densities=st.lists(st.integers(1, 50), min_size=1, max_size=4).map(tuple),
    tanks=st.integers(1, 20),
    share=st.floats(0, 1),
    regime=st.sampled_from(sorted(reedfrogs.regimes)),
)
@quickly(max_examples=50, deadline=None)
def test_any_layout_can_be_set(densities, tanks, share, regime):
    drawn = draw(regime, densities=densities, tanks_per_density=tanks, predator_share=share)
    data = drawn.data
    check_data(reedfrogs, data)
    assert data["D"].tolist() == [density for density in densities for _ in range(tanks)]
    assert data["P"].sum() == len(densities) * round(share * tanks)
    assert np.all((data["S"] >= 0) & (data["S"] <= data["D"]))
    for name in ("z", "alpha", "p_survived"):
        assert drawn.truth[name].shape == data["P"].shape
    np.testing.assert_array_equal(reedfrogs.features["density"](data), data["D"])


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_beyond_all_tanks_is_refused(share):
    with pytest.raises(ValueError, match="predator_share must lie between 0 and 1"):
        draw(predator_share=share)


def test_the_same_stream_gives_the_same_bits_and_another_gives_others():
    one, again, other = draw("prior"), draw("prior"), draw("prior", seed=2)
    assert all(np.array_equal(one.truth[name], again.truth[name]) for name in one.truth)
    assert all(np.array_equal(one.data[name], again.data[name]) for name in one.data)
    assert not np.array_equal(one.data["S"], other.data["S"])


def test_survival_follows_the_truth_as_the_docstring_says():
    truth = {"alpha_bar": 1.0, "sigma": 0.5, "beta_P": -2.0}
    data = reedfrogs.simulate(np.random.default_rng(3), truth)
    np.testing.assert_allclose(truth["alpha"], 1 + 0.5 * truth["z"])
    log_odds = np.log(truth["p_survived"] / (1 - truth["p_survived"]))
    np.testing.assert_allclose(log_odds, truth["alpha"] - 2 * data["P"])


def test_survivors_come_out_as_often_as_their_probability_says():
    without, with_predators, tanks = [], [], []
    for seed in range(200):
        drawn = draw("prior", seed)
        p, data = drawn.truth["p_survived"], drawn.data
        residual = data["S"] / data["D"] - p
        without.append(residual[data["P"] == 0])
        with_predators.append(residual[data["P"] == 1])
        tanks.append(residual**2 - p * (1 - p) / data["D"])
    for residuals in (without, with_predators, tanks):
        assert within(np.concatenate(residuals), 0)


def test_tanks_differ_by_standard_normals_of_their_own():
    z = draw("prior", tanks_per_density=10_000).truth["z"]
    assert within(z, 0)
    assert within(z**2, 1)
    assert within(z[1:] * z[:-1], 0)


def test_prior_draws_every_parameter_from_its_own_law():
    rng = np.random.default_rng(7)
    drawn = [reedfrogs.regimes["prior"].draw(rng) for _ in range(4000)]
    alpha_bar, sigma, beta_P = (
        np.array([truth[name] for truth in drawn]) for name in ("alpha_bar", "sigma", "beta_P")
    )
    for values, sd in ((alpha_bar, 1.5), (beta_P, 0.5)):
        assert within(values, 0)
        assert within(values**2, sd**2)
        assert within(values**4, 3 * sd**4)  # as of a normal
    assert np.all(sigma > 0)
    assert within(sigma, 1)
    assert within(sigma**2, 2)  # E x² of an Exponential(1)
    correlations = np.corrcoef([alpha_bar, sigma, beta_P])[np.triu_indices(3, 1)]
    assert np.all(np.abs(correlations) < 5 / math.sqrt(4000))


def test_fixed_states_one_truth_near_the_real_data():
    truth = draw(alpha_bar=1.0).truth
    assert (truth["alpha_bar"], truth["sigma"], truth["beta_P"]) == (1.0, 0.8, -2.7)
    real, simulated = real_data(), [draw("fixed", seed).data for seed in range(200)]
    for P in (0, 1):
        tanks = real["P"] == P
        share, *shares = (d["S"][tanks].sum() / d["D"][tanks].sum() for d in (real, *simulated))
        assert np.quantile(shares, 0.005) < share < np.quantile(shares, 0.995)


def test_features_are_counted_by_hand():
    data = {
        "tank": np.array([0, 1, 1]),
        "D": np.array([10, 25, 25]),
        "S": np.array([5, 20, 23]),
        "P": np.array([1, 0]),
    }
    assert reedfrogs.features["survivors"](data) == 48 / 60
    np.testing.assert_array_equal(reedfrogs.features["density"](data), [10, 25])
    np.testing.assert_array_equal(reedfrogs.features["predators"](data), [1, 0])


def test_uniform_ranks_are_expected_of_the_models_with_predators_alone():
    assert reedfrogs.uniform_ranks.keys() == {"prior"}
    named = {name for name in catalogue.names("estimator") if name.startswith("tanks_predator")}
    assert set(reedfrogs.uniform_ranks["prior"]) == named
