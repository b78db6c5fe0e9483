"""Rows to predict: the old data stay as they are, and new rows follow the same law."""

import math

import numpy as np
import pytest

from sbc.plugins import registry
from sbc.plugins.validate import check_data

new_rows, confound = (registry.generator(name) for name in ("confound_new_rows", "confound"))


def draw(generator=new_rows, seed=1, **parameters):
    return generator.draw(np.random.default_rng(seed), "fixed", **parameters)


@pytest.mark.parametrize("sizes", [{}, {"n_groups": 4, "n_rows": 9}])
def test_truth_and_data_are_those_of_the_confound(sizes):
    mine, plain = draw(**sizes), draw(confound, **sizes)
    check_data(new_rows, mine.data)
    for name, array in plain.data.items():
        np.testing.assert_array_equal(mine.data[name], array)
    for name, value in plain.truth.items():
        np.testing.assert_array_equal(mine.truth[name], value)


def test_probabilities_by_hand():
    drawn = draw(n_groups=3, new_groups=2, sd_U=0.5, beta_XY=0.8, beta_ZY=-0.3, alpha=0.1)
    truth, data = drawn.truth, drawn.data
    np.testing.assert_allclose(truth["by_group"], 0.1 + 0.5 * truth["u"] - 0.3 * data["Z"])
    eta = truth["by_group"] + 0.8 * data["X_known"]
    np.testing.assert_allclose(truth["p_known"], 1 / (1 + np.exp(-eta)))
    assert truth["p_new"].shape == data["X_new"].shape == data["Z_new"].shape == (2,)


def test_a_new_row_s_x_goes_with_its_group():
    drawn = draw(n_groups=20_000, n_rows=1, new_groups=20_000, sd_U=2.0, beta_XY=0.0, beta_ZY=0.0)
    X, u = drawn.data["X_known"], drawn.truth["u"]
    residual = X - 2.0 * u
    assert abs(residual.mean()) < 5 / math.sqrt(X.size)
    assert abs(residual.std() - 1) < 5 / math.sqrt(2 * X.size)
    assert abs(residual @ u / X.size) < 5 / math.sqrt(X.size)
    # Of a new group u is not told: its X has variance 2² + 1, and moves with the log odds of Y.
    p, X = drawn.truth["p_new"], drawn.data["X_new"]
    assert abs(X.var() - 5) < 5 * 5 * math.sqrt(2 / X.size)
    eta = np.log(p / (1 - p)) + 2.0
    assert np.corrcoef(eta, X)[0, 1] == pytest.approx(2 / math.sqrt(5), abs=0.01)


def test_the_coefficient_of_the_true_mean_is_the_ratio_of_two():
    rng = np.random.default_rng(4)
    truth = confound.draw(rng, "prior").truth
    assert truth["beta_XbarY"] == truth["beta_GY"] / truth["beta_GX"]
    assert draw(confound).truth["beta_XbarY"] == 1.0
    assert "beta_XbarY" not in draw(confound, sd_U=0.0).truth
