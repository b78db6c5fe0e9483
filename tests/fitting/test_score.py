"""Two identities of the score: they hold for draws from a density, and for no others."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytest
from own_models import settings_for

from sbc.fitting.options import settings_over
from sbc.fitting.score import IDENTITIES, scores
from sbc.fitting.setup import setup_of

FILE = "tests/files/causes.py"


def identities_of(model, n, generator=None):
    settings = (
        settings_for(model)
        if not isinstance(model, str)
        else settings_over(None, {"estimator": model, "truth": "self", "generator": generator})
    )
    return scores(setup_of(settings, settings.estimators[0]), n)


def funnel():
    with pm.Model() as model:
        tau = pm.HalfCauchy("tau", 1)
        theta = pm.Normal("theta", 0, tau, shape=5)
        pm.Normal("y", theta, 1, observed=np.zeros(5))
    return model


def simplex():
    with pm.Model() as model:
        p = pm.Dirichlet("p", np.ones(3))
        rate = pm.Gamma("rate", 2, 1)
        pm.Multinomial("y", 10, p, observed=[4, 3, 3])
        pm.Poisson("n", rate, observed=[1, 2, 3])
    return model


def covariance():
    with pm.Model() as model:
        chol, _, _ = pm.LKJCholeskyCov("chol", n=2, eta=2, sd_dist=pm.Exponential.dist(1, shape=2))
        pm.MvNormal("y", np.zeros(2), chol=chol, observed=np.zeros((6, 2)))
    return model


@pytest.mark.parametrize(
    "model", [funnel, simplex, pytest.param(covariance, marks=pytest.mark.slow)]
)
def test_they_hold_for_a_models_own_draws(model):
    found = identities_of(model, 300)
    assert {one.identity for one in found} == set(IDENTITIES)
    assert min(one.p for one in found) > 1e-3


def weighed():
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1, shape=2)
        pm.Potential("near", -2 * (a[0] - a[1]) ** 2)
        pm.Normal("y", a, 1, observed=np.zeros(2))
    return model


def test_priors_that_a_potential_weighs_are_not_accused():
    found = identities_of(weighed, 100)
    assert {one.variable for one in found} == {"y"}
    assert min(one.p for one in found) > 1e-3


def test_a_density_that_is_not_that_of_the_draws_breaks_one():
    found = {
        (one.variable, one.identity): one for one in identities_of(f"{FILE}:other_density", 300)
    }
    assert found["mu", "scale"].p < 1e-6
    # By hand: of x ~ N(0, 1) under a log density −x²/(2·0.36), 1 − x²/0.36 has the mean 1 − 1/0.36.
    mean, mcse = found["mu", "scale"].mean, found["mu", "scale"].mcse
    assert abs(mean - (1 - 1 / 0.36)) < 4 * mcse
    others = {one.p for (name, _), one in found.items() if name != "mu"}
    assert min(others) > 1e-3


def test_a_likelihood_that_counts_its_data_four_times_breaks_the_second_identity():
    found = identities_of(
        "tests/files/overconfident.py:counts_tadpoles_four_times", 200, "reedfrogs"
    )
    (one,) = [one for one in found if one.identity == "information"]
    assert (one.variable, one.by) == ("S", "alpha_bar")
    assert one.p < 1e-6
    (first,) = [one for one in found if one.identity == "likelihood"]
    assert first.p > 1e-3  # the mean gradient is 0 all the same


def test_a_model_with_discrete_variables_is_left_alone():
    with pm.Model() as model:
        k = pm.Bernoulli("k", 0.5)
        pm.Normal("y", k, 1, observed=[0.0, 1.0])
    assert identities_of(model, 60) == []
