"""Simulators: what they are given, what they must give, and what is wrong with one in a line."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytest
from own_models import drawn, settings_for

from sbc.fitting import handed, preflight
from sbc.fitting.allowed import validate
from sbc.plugins.errors import UserError

X = np.arange(4.0)


def line():
    with pm.Model() as model:
        x = pm.Data("x", X)
        a = pm.Normal("a", 0, 1)
        b = pm.Normal("b", 0, 1)
        y = pm.Data("seen", np.zeros(4))
        pm.Normal("y", a + b * x, 1, observed=y)
    return model


def named(function):
    return handed.names("simulator", function, "simulator")[0]


def test_truth_and_named_data_are_given_and_the_outcome_comes_back_by_name():
    met = []

    def simulate(rng, truth, given):
        met.append((truth, given))
        return {"y": truth["a"] + truth["b"] * given["x"]}

    (found,) = drawn(line, 1, simulator=named(simulate))
    truth, given = met[-1]
    assert set(truth) == {"a", "b"}
    np.testing.assert_array_equal(given["x"], X)
    np.testing.assert_allclose(found.data["y"], truth["a"] + truth["b"] * X)
    assert found.truth == truth


def test_an_outcome_may_be_named_as_what_holds_it():
    (found,) = drawn(line, 1, simulator=named(lambda rng, truth, given: {"seen": X}))
    np.testing.assert_array_equal(found.data["y"], X)


def test_the_truth_does_not_depend_on_the_simulator():
    one, other = (
        drawn(line, 3, simulator=named(simulate))
        for simulate in (
            lambda rng, truth, given: {"y": rng.normal(size=4)},
            lambda rng, truth, given: {"y": np.zeros(4)},
        )
    )
    assert [d.truth for d in one] == [d.truth for d in other]


def test_of_missing_outcomes_those_that_are_there_are_taken():
    def gaps():
        with pm.Model() as model:
            observed = np.array([[0, np.nan, 0], [np.nan, 0, 0]])
            pm.Normal("y", pm.Normal("a", 0, 1), 1, observed=observed)
        return model

    whole = np.arange(6.0).reshape(2, 3)
    (found,) = drawn(gaps, 1, simulator=named(lambda rng, truth, given: {"y": whole}))
    assert sorted(found.data["y_observed"]) == [0, 2, 4, 5]
    np.testing.assert_array_equal(found.data["y_observed"], [0, 2, 4, 5])


@pytest.mark.parametrize(
    ("simulate", "told"),
    [
        (lambda rng, truth, given: {"z": X}, "no outcome called 'z' in the model"),
        (lambda rng, truth, given: {"y": np.zeros(3)}, r"'y' of shape \(3,\); the model observes"),
        (lambda rng, truth, given: {}, "gives no 'y', which is observed"),
        (lambda rng, truth, given: X, "must return its data by name, as a dict, not ndarray"),
        (lambda rng, truth, given: {"y": truth["c"]}, "raises KeyError: 'c'; truth has a, b"),
        (lambda rng, truth: {"y": X}, r"called as \(rng, truth, given\), raises TypeError"),
        (lambda rng, truth, given: {"y": X * np.nan}, "with the data that simulator simulates"),
    ],
)
def test_what_is_wrong_with_a_simulator_is_told(simulate, told):
    with pytest.raises(UserError, match=told):
        preflight.estimands(settings_for(line, simulator=named(simulate)))


def test_a_simulator_needs_truths_from_the_prior():
    name = named(lambda rng, truth, given: {"y": rng.normal(size=5)})
    with pytest.raises(UserError, match="own prior: truth='self', not posterior"):
        validate(settings_for(line(), simulator=name, truth="posterior"))
