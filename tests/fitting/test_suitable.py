"""What cannot supply truth or data is refused in a line: the variable, the reason, the way out."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytest
from own_models import resolved

from sbc.plugins.errors import UserError

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
Y = np.arange(6.0)


def observed_nothing():
    pm.Normal("a", 0, 1)


def flat():
    pm.Normal("y", pm.Flat("a"), 1, observed=Y)


def half_flat():
    pm.Normal("y", 0, pm.HalfFlat("a"), observed=Y)


def custom():
    a = pm.Normal("a", 0, 1)
    pm.CustomDist("y", a, logp=lambda y, a: -0.5 * (y - a) ** 2, observed=Y)


def likelihood_in_a_potential():
    a = pm.Normal("a", 0, 1)
    y = pm.Data("y", Y)
    pm.Normal("z", a, 1, observed=y)
    pm.Potential("more", -0.5 * ((y - a) ** 2).sum())


def prior_from_the_outcome():
    y = pm.Data("y", Y)
    pm.Normal("z", pm.Normal("a", y.mean(), 1), 1, observed=y)


def simulator():
    a = pm.Normal("a", 0, 1)
    pm.Simulator("y", lambda rng, a, size: rng.normal(a, 1, size), a, observed=Y)


def total_size():
    pm.Normal("y", pm.Normal("a", 0, 1), 1, observed=Y, total_size=60)


def minibatch():
    batch = pm.Minibatch(Y, batch_size=2)
    pm.Normal("y", pm.Normal("a", 0, 1), 1, observed=batch, total_size=6)


CASES = {
    observed_nothing: "observes nothing",
    flat: "prior of 'a'.*pm.Flat.*truth='posterior'",
    half_flat: "prior of 'a'.*pm.HalfFlat.*truth='posterior'",
    custom: "'y'.*pm.CustomDist that cannot be drawn from.*random=",
    likelihood_in_a_potential: "Potential 'more'.*depends on the outcome 'z'.*observed=",
    prior_from_the_outcome: "prior of 'a'.*depends on the outcome 'z'.*bring an own generator",
    simulator: "'y'.*pm.Simulator.*random and approximate",
    total_size: "'y'.*total_size.*leave total_size out",
    minibatch: "'y'.*pm.Minibatch.*observe all rows",
}


@pytest.mark.parametrize("state", CASES, ids=lambda f: f.__name__)
def test_what_cannot_be_is_refused(state):
    def stated():
        with pm.Model() as model:
            state()
        return model

    with pytest.raises(UserError, match=CASES[state]) as refusal:
        resolved(stated)
    assert "\n" not in str(refusal.value)


def test_an_array_of_equal_numbers_is_no_outcome():
    """One array is covariate and outcome, and another one holds the same numbers."""
    with pm.Model() as model:
        a = pm.Normal("a", float(Y.mean()), 1)
        pm.Normal("y", a + Y, 1, observed=Y.copy())
    assert resolved(model).estimands == ("a",)


def test_with_a_generator_anything_goes():
    def joint(rng):
        a = rng.normal()
        return {"a": a}, {"y": rng.normal(a, 1, 6)}

    def model(y):
        a = pm.Normal("a", y.mean(), 5)
        pm.CustomDist("z", a, logp=lambda z, a: -0.5 * (z - a) ** 2, observed=y)

    from sbc.fitting import handed

    world = handed.names("generator", joint, "generator")[0]
    assert resolved(model, generator=world).estimands == ("a",)
