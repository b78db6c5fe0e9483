"""The trolley problems: their arrays, the law of the answers, what the regimes draw."""

import math

import numpy as np
import pytest

from sbc.plugins import registry
from sbc.plugins.validate import check_data

trolley = registry.generator("trolley")
REGIMES = tuple(trolley.regimes)


def draw(regime="fixed", seed=1, **parameters):
    return trolley.draw(np.random.default_rng(seed), regime, **parameters)


def within(values, mean):
    """Say whether a sample's mean is within 5 of its standard errors of what is expected."""
    values = np.asarray(values, dtype=float)
    return abs(values.mean() - mean) < 5 * values.std(ddof=1) / math.sqrt(values.size)


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize(("n_stories", "n_participants"), [(12, 30), (1, 1), (3, 50)])
def test_everybody_judges_every_story_once(regime, n_stories, n_participants):
    drawn = draw(regime, n_stories=n_stories, n_participants=n_participants)
    data = drawn.data
    check_data(trolley, data)
    assert data.keys() == trolley.dims.keys()
    pairs = set(zip(data["story"].tolist(), data["participant"].tolist(), strict=True))
    assert len(pairs) == len(data["R"]) == n_stories * n_participants
    assert set(np.unique(data["R"])) <= set(range(7))
    assert drawn.truth["beta"].shape == drawn.truth["z"].shape == (n_stories,)
    assert drawn.truth["v"].shape == (n_participants,)


@pytest.mark.parametrize("regime", REGIMES)
def test_the_same_stream_gives_the_same_bits_and_another_gives_others(regime):
    one, again, other = draw(regime), draw(regime), draw(regime, seed=2)
    assert all(np.array_equal(one.truth[name], again.truth[name]) for name in one.truth)
    assert all(np.array_equal(one.data[name], again.data[name]) for name in one.data)
    assert not np.array_equal(one.data["R"], other.data["R"])


@pytest.mark.parametrize("answer", range(7))
def test_answers_come_out_as_often_as_their_probability_says(answer):
    truth = {"eta": 0.3, "tau": 0.8, "gap": np.array([0.5, 0.7, 0.2, 1.1, 0.4])}
    truth["sd_participant"] = 0.0
    data = trolley.simulate(np.random.default_rng(answer), truth, n_participants=2000)
    c = np.array([-np.inf, -1.2, -0.7, 0.0, 0.2, 1.3, 1.7, np.inf])
    np.testing.assert_allclose(truth["beta"], 0.3 + 0.8 * truth["z"])
    above = 1 / (1 + np.exp(c[:, None] - truth["beta"][data["story"]]))  # P(R > k)
    p = above[answer] - above[answer + 1]
    residual = (data["R"] == answer) - p
    assert within(residual, 0)
    assert within(residual * truth["beta"][data["story"]], 0)


def test_participants_lean_one_way_in_all_their_answers_if_they_differ():
    truth = draw(sd_participant=3.0, n_participants=400, tau=0.0)
    R, v = truth.data["R"], truth.truth["v"]
    R = R.reshape(400, 12)
    assert np.corrcoef(R.mean(axis=1), v)[0, 1] > 0.8
    same = draw(sd_participant=0.0, n_participants=400, tau=0.0)
    R = same.data["R"].reshape(400, 12)
    assert abs(np.corrcoef(R.mean(axis=1), same.truth["v"])[0, 1]) < 5 / math.sqrt(400)


def test_prior_draws_every_parameter_from_its_own_law():
    rng = np.random.default_rng(7)
    drawn = [trolley.regimes["prior"].draw(rng) for _ in range(4000)]
    eta = np.array([truth["eta"] for truth in drawn])
    assert within(eta, 0)
    assert within(eta**2, 1.5**2)
    positive = np.array([[truth["tau"], *truth["gap"]] for truth in drawn])
    assert positive.shape == (4000, 6)
    for values in positive.T:
        assert np.all(values > 0)
        assert within(values, 1)
        assert within(values**2, 2)  # E x² of an Exponential(1)
    correlations = np.corrcoef([eta, *positive.T])[np.triu_indices(7, 1)]
    assert np.all(np.abs(correlations) < 5 / math.sqrt(4000))
    assert {truth["sd_participant"] for truth in drawn} == {0.0}


def test_parameters_that_are_set_change_the_truth_and_nothing_else():
    plain = draw().truth
    for name in ("eta", "tau", "sd_participant"):
        other = draw(**{name: 2.5}).truth
        assert other[name] == 2.5
        for rest in {"eta", "tau", "gap", "sd_participant"} - {name}:
            np.testing.assert_array_equal(other[rest], plain[rest])


def test_features_are_counted_by_hand():
    data = {"R": np.array([0, 6, 6, 2])}
    assert trolley.features["mean_response"](data) == 3.5
    assert trolley.features["categories_used"](data) == 3


def test_uniform_ranks_are_expected_of_partial_pooling_alone():
    assert trolley.uniform_ranks == {
        "prior": ("trolley_partial",),
        "crossed_prior": ("trolley_crossed_partial",),
    }


def test_answers_are_as_many_as_they_are_set_to_be():
    data = draw(n_stories=3, n_participants=4, answers=(2, 1, 5)).data
    check_data(trolley, data)
    np.testing.assert_array_equal(np.bincount(data["story"]), [8, 4, 20])
    np.testing.assert_array_equal(np.bincount(data["participant"]), [8] * 4)
    twice = draw(n_stories=3, n_participants=4, answers=(2,)).data
    np.testing.assert_array_equal(np.bincount(twice["story"]), [8] * 3)
    with pytest.raises(ValueError, match="one for each of 3 stories, not 2"):
        draw(n_stories=3, answers=(1, 2))


def test_the_real_design_has_9_930_answers():
    data = draw(n_participants=331, answers=(2, 2, 4, 4, 2, 2, 2, 2, 2, 2, 3, 3)).data
    assert len(data["R"]) == 9930
    np.testing.assert_array_equal(np.bincount(data["participant"]), [30] * 331)


def test_what_holds_for_the_people_in_the_study_by_hand():
    truth = draw(n_stories=3, n_participants=5, sd_participant=2.0, tau=0.5, eta=0.1).truth
    gamma = 2.0 * truth["v"]
    np.testing.assert_allclose(truth["by_story"], truth["beta"] + gamma.mean())
    np.testing.assert_allclose(truth["by_participant"], gamma - gamma.mean())
    assert truth["by_participant"].sum() == pytest.approx(0, abs=1e-12)
    eta = truth["beta"][[0, 1, 2, 0, 1]] + gamma  # the third cutpoint is 0
    np.testing.assert_allclose(truth["p_again"], 1 / (1 + np.exp(-eta)))
    new = np.log(truth["p_new"] / (1 - truth["p_new"])) - gamma
    np.testing.assert_allclose(new, new[0])  # one story for all


def test_a_new_story_is_drawn_like_the_others():
    new = []
    for seed in range(3000):
        truth = draw(seed=seed, n_stories=1, n_participants=1, eta=0.4, tau=1.5).truth
        new.append(math.log(truth["p_new"][0] / (1 - truth["p_new"][0])))
    assert within(new, 0.4)
    assert within((np.array(new) - 0.4) ** 2, 1.5**2)
