"""Truths follow the density that is fitted, not PyMC's forward draws."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from own_models import drawn, resolved
from pymc.distributions.transforms import ordered
from scipy.stats import kstest, truncnorm

from sbc.plugins.errors import UserError

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
#: A sound sampler is called wrong once in so many times.
SURE = 1e-6


def outcome(*parameters):
    pm.Normal("y", sum(parameters), 1, observed=np.zeros(4))


def test_free_variables_without_restrictions_are_drawn_forward():
    with pm.Model() as model:
        outcome(pm.HalfNormal("s", 2), pm.Normal("a", 0, 1))
    assert resolved(model).lines == ()
    truths = [d.truth["s"] for d in drawn(model, 200)]
    assert (
        kstest(np.array(truths) / 2, lambda x: 2 * (truncnorm.cdf(x, -50, 50) - 0.5)).pvalue > SURE
    )


def test_an_ordering_is_met_by_rejection_and_told():
    with pm.Model() as model:
        c = pm.Normal("c", 0, 1, shape=3, transform=ordered, initval=[-1, 0, 1])
        outcome(c.sum())
    assert "prior draws that do not meet 'c' are rejected" in resolved(model).lines[-1]
    truths = np.array([d.truth["c"] for d in drawn(model, 300)])
    assert (np.diff(truths, axis=1) > 0).all()
    # The largest of three standard normal numbers has the distribution Φ³; forward draws have Φ.
    cubed = lambda x: truncnorm.cdf(x, -50, 50) ** 3  # noqa: E731
    assert kstest(truths[:, 2], cubed).pvalue > SURE
    assert kstest(truths[:, 2], lambda x: truncnorm.cdf(x, -50, 50)).pvalue < SURE


def test_a_hard_limit_by_a_potential_is_met_by_rejection():
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1)
        pm.Potential("positive", pt.switch(a > 0, 0.0, -np.inf))
        outcome(a)
    assert any("'positive' are rejected" in line for line in resolved(model).lines)
    assert min(d.truth["a"] for d in drawn(model, 100)) > 0


def test_a_soft_potential_weighs_the_prior_and_is_sampled():
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1)
        pm.Potential("pull", -0.5 * (a - 1) ** 2)
        outcome(a)
    assert "counts as part of the prior" in resolved(model).lines[0]
    truths = np.array([d.truth["a"] for d in drawn(model, 250)])
    # The product of two normal densities: mean 1/2, variance 1/2.
    assert kstest((truths - 0.5) * 2**0.5, "norm").pvalue > SURE
    assert kstest(truths, "norm").pvalue < SURE


def test_a_free_density_without_random_numbers_is_sampled():
    with pm.Model() as model:
        a = pm.CustomDist("a", logp=lambda x: -0.5 * ((x - 3) / 0.5) ** 2)
        outcome(a)
    assert any("no way to draw" in line for line in resolved(model).lines)
    truths = np.array([d.truth["a"] for d in drawn(model, 250)])
    assert kstest((truths - 3) / 0.5, "norm").pvalue > SURE


def test_what_hardly_ever_happens_is_sampled():
    with pm.Model() as model:
        c = pm.Normal("c", 0, 1, shape=8, transform=ordered, initval=np.linspace(-1, 1, 8))
        outcome(c.sum())
    assert any("fewer than one prior draw in 1000" in line for line in resolved(model).lines)
    assert all((np.diff(d.truth["c"]) > 0).all() for d in drawn(model, 20))


def test_a_density_that_cannot_be_sampled_is_refused():
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1)
        pm.Potential("split", pt.log(pt.exp(-200 * (a - 4) ** 2) + pt.exp(-200 * (a + 4) ** 2)))
        outcome(a)
    with pytest.raises(UserError, match="the density of its prior has not converged"):
        drawn(model, 1)


def test_truths_do_not_depend_on_which_are_asked_for():
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1)
        pm.Potential("pull", -0.5 * (a - 1) ** 2)
        outcome(a)
    assert drawn(model, 3)[2].truth == drawn(model, 5)[2].truth
