"""PyMC's compound steps, compiled once: exact answers, the same bits, and enough of them."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytest
from own_models import settings_for
from scipy.stats import norm

from sbc.engines import _compound
from sbc.fitting import fit
from sbc.fitting.allowed import generator_of
from sbc.fitting.engine_choice import settled
from sbc.fitting.setup import designs, estimator_of
from sbc.plugins import registry
from sbc.plugins.engine import Budget

# PyMC holds its own steps for experimental, and says so.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
BUDGET = Budget(draws=500, tune=300, chains=2, target_accept=0.8)


def switch():
    """One of two places is meant: the posterior is known exactly."""
    with pm.Model() as model:
        which = pm.Bernoulli("which", 0.3)
        a = pm.Normal("a", 0, 1)
        pm.Normal("y", 3 * which + a, 1, observed=np.array([1.2]))
    return model


def compiled(model):
    settings = settings_for(model)
    made = estimator_of(settings, settings.estimators[0])
    data = made.select(designs(settings)[0])
    world = generator_of(settings)
    return _compound.build(made, world, data), data


def test_the_posterior_is_the_one_that_is_known():
    sampler, data = compiled(switch())
    drawn = sampler.fit(data, BUDGET, 1).values
    # y given `which` is normal with variance 2.
    weight = 0.3 * norm.pdf(1.2, 3, 2**0.5)
    share = weight / (weight + 0.7 * norm.pdf(1.2, 0, 2**0.5))
    mean = (1 - share) * 0.6 + share * (1.2 - 3) / 2
    ess = 300
    assert abs(drawn["which"].mean() - share) < 5 * (share * (1 - share) / ess) ** 0.5
    assert abs(drawn["a"].mean() - mean) < 5 * drawn["a"].std() / ess**0.5


def test_the_same_seed_gives_the_same_bits_whatever_was_fitted_before():
    sampler, data = compiled(switch())
    first = sampler.fit(data, BUDGET, 1).values["a"]
    sampler.fit(data, BUDGET, 2)
    np.testing.assert_array_equal(first, sampler.fit(data, BUDGET, 1).values["a"])
    other, _ = compiled(switch())
    np.testing.assert_array_equal(first, other.fit(data, BUDGET, 1).values["a"])


def test_chains_are_prolonged_until_they_mix_and_not_without_end():
    sampler, data = compiled(switch())
    short = Budget(draws=60, tune=200, chains=2, target_accept=0.8)
    length = sampler.fit(data, short, 1).values["a"].shape[1]
    assert 60 < length <= _compound.LONGEST * 60


def test_a_model_with_discrete_parameters_chooses_this_engine_and_says_so(capsys):
    settings = settings_for(switch())
    chosen = settled(settings, named=False)
    assert chosen.engines == ("pymc",)
    assert "'which' of 'model' is discrete" in capsys.readouterr().err
    assert settled(settings, named=True).engines == settings.engines
    with pm.Model() as smooth:
        pm.Normal("y", pm.Normal("a"), 1, observed=np.zeros(3))
    assert settled(settings_for(smooth), named=False).engines == ("nutpie",)


def test_a_fit_is_judged_by_the_draws_that_it_made():
    settings = settled(settings_for(switch(), draws=60, tune=200), named=True)
    row = fit.fit(fit.Task(settings, "model", "pymc", 0))
    assert row.error == ""
    assert row.status in ("ok", "low_ess")
    assert registry.engine("pymc").backend == "loky"
