"""The estimators by maximum likelihood: their maxima, by another way, and data that have none."""

from __future__ import annotations

import importlib.util
import warnings
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from sbc.models._likelihood import informative, refuse_separated
from sbc.plugins import catalogue, registry
from sbc.plugins.errors import UserError

pytest.importorskip("statsmodels")
DATA = registry.generator("confound").draw(np.random.default_rng(3), "effects").data
FUNCTIONS = [n for n in catalogue.names("estimator") if not catalogue.states_model(n)]


def call(name, **changed):
    made = registry.estimator(name)
    data = DATA | changed
    return made.define(**{argument: data[argument] for argument in made.arguments})


def maximum(log_likelihood, size):
    """Maximise, and take standard errors from differences of the gradient."""

    def negative(x):
        return -log_likelihood(x)

    found = minimize(negative, np.zeros(size), method="BFGS", options={"gtol": 1e-7}).x
    h = 1e-3
    steps = h * np.eye(size)
    hessian = [
        [
            (
                negative(found + a + b)
                - negative(found + a - b)
                - negative(found - a + b)
                + negative(found - a - b)
            )
            / (4 * h**2)
            for b in steps
        ]
        for a in steps
    ]
    return found, np.sqrt(np.diag(np.linalg.inv(np.array(hessian))))


def bernoulli(eta, Y):
    return np.sum(Y * eta - np.logaddexp(0, eta))


def test_they_are_the_four_that_the_documentation_names():
    assert FUNCTIONS == ["clogit", "gee", "ml_fixed", "ml_naive"]
    assert all(registry.estimator(name).control for name in FUNCTIONS)  # `all` leaves them out


def test_naive_is_at_the_maximum():
    X, Z, Y = DATA["X"], DATA["Z"][DATA["group"]], DATA["Y"]
    value, se = maximum(lambda b: bernoulli(b[0] * X + b[1] * Z + b[2], Y), 3)
    found = call("ml_naive")
    np.testing.assert_allclose(found["beta_XY"], (value[0], se[0]), rtol=1e-4)
    np.testing.assert_allclose(found["beta_ZY"], (value[1], se[1]), rtol=1e-4)


def test_dummies_are_at_the_maximum_of_the_groups_that_inform():
    keep = informative(DATA["group"], DATA["Y"])
    names, g = np.unique(DATA["group"][keep], return_inverse=True)
    X, Y = DATA["X"][keep], DATA["Y"][keep]
    value, se = maximum(lambda b: bernoulli(b[0] * X + b[1:][g], Y), 1 + len(names))
    np.testing.assert_allclose(call("ml_fixed")["beta_XY"], (value[0], se[0]), rtol=1e-3)


def test_conditional_logit_is_at_the_maximum_over_all_ways_to_place_the_events():
    def log_likelihood(b):
        total = 0.0
        for j in np.unique(DATA["group"]):
            mine = DATA["group"] == j
            x, events = DATA["X"][mine], int(DATA["Y"][mine].sum())
            ways = [np.exp(b[0] * sum(way)) for way in combinations(x, events)]
            total += b[0] * x[DATA["Y"][mine] == 1].sum() - np.log(sum(ways))
        return total

    value, se = maximum(log_likelihood, 1)
    np.testing.assert_allclose(call("clogit")["beta_XY"], (value[0], se[0]), rtol=1e-4)


def test_conditional_logit_of_pairs_halves_what_dummies_give():
    """Of pairs the dummies' slope is exactly twice the conditional one (Andersen 1973)."""
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(300), 2)
    X = rng.normal(size=600)
    Y = rng.binomial(1, expit(X + rng.normal(size=300)[group]))
    (once, _), (twice, _) = (
        call(n, group=group, X=X, Y=Y)["beta_XY"] for n in ("clogit", "ml_fixed")
    )
    assert twice == pytest.approx(2 * once, rel=1e-4)


def test_gee_with_groups_of_one_is_the_naive_fit_with_robust_errors():
    group = np.arange(len(DATA["X"]))
    Z = DATA["Z"][DATA["group"]]
    alone, naive = call("gee", group=group, Z=Z), call("ml_naive", group=group, Z=Z)
    assert alone["beta_XY"][0] == pytest.approx(naive["beta_XY"][0], rel=1e-3)
    assert alone["beta_XY"][1] != pytest.approx(naive["beta_XY"][1], rel=1e-3)


def test_groups_whose_outcomes_agree_say_nothing():
    group, Y = np.array([0, 0, 1, 1, 2, 2, 2]), np.array([0, 1, 1, 1, 0, 0, 0])
    np.testing.assert_array_equal(informative(group, Y), [1, 1, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("sign", [1, -1])
def test_separated_data_are_refused_and_nearly_separated_ones_are_not(sign):
    group, Y = np.array([0, 0, 0, 1, 1, 2, 2]), np.array([0, 0, 1, 0, 1, 1, 1])
    X = sign * np.array([0.1, 0.2, 0.3, 5.0, 6.0, 9.0, -9.0])
    for name in ("clogit", "ml_fixed"):
        with pytest.raises(ValueError, match="no finite estimate"):
            call(name, group=group, X=X, Y=Y)
    refuse_separated(group, sign * np.array([0.1, 0.35, 0.3, 5.0, 6.0, 9.0, -9.0]), Y)
    with pytest.raises(ValueError, match="no group has both outcomes"):
        call("clogit", group=group, X=X, Y=np.ones(7, dtype=int))


def test_a_fit_that_warns_fails_and_no_warning_leaks():
    separated = (DATA["X"] > 0).astype(int)
    with warnings.catch_warnings(record=True) as leaked:
        warnings.simplefilter("always")
        for name in FUNCTIONS:
            call(name)
        with pytest.raises(Warning):
            call("ml_naive", Y=separated)
    assert not leaked


def test_without_the_package_there_is_one_line(monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *a: None if name == "statsmodels" else there(name, *a),
    )
    with pytest.raises(
        UserError, match=r"needs the package statsmodels: pip install 'sbc-harness\[statsmodels\]'"
    ):
        catalogue.check("estimator", "clogit")
    catalogue.check("estimator", "mundlak")
