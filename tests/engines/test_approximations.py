"""Laplace and Pathfinder against posteriors worked out by hand, each with a check that fails."""

import numpy as np
import pytest
from scipy.linalg import cho_factor, cho_solve

from sbc.engines.pathfinder import normals_along
from sbc.plugins import registry
from sbc.plugins.engine import Budget

FILE = "tests/files/by_hand.py"
BUDGET = Budget(draws=2000, tune=1, chains=2, target_accept=0.8)
N = 4000


def drawn(engine, name, y, seed=3):
    generator = registry.generator(f"{FILE}:plain_world")
    estimator = registry.estimator(f"{FILE}:{name}")
    return (
        registry.engine(engine).compile(estimator, generator, {"y": y}).fit({"y": y}, BUDGET, seed)
    )


def test_laplace_is_the_normal_around_the_mode_not_the_posterior():
    # y_i ~ Poisson(lambda), lambda ~ Exponential(1), x = log lambda: log p(x) = (S + 1) x −
    # (n + 1) exp(x) + const with the Jacobian; the mode is log((S + 1)/(n + 1)) and the curvature
    # there S + 1. With S = 3, n = 3: Normal(0, ½), where the posterior of x has mean ψ(4) − log 4.
    x = np.log(drawn("laplace", "poisson_rate", np.array([0, 1, 2])).values["rate"])
    assert abs(x.mean()) < 4.5 * 0.5 / np.sqrt(N)
    assert abs(x.std() / 0.5 - 1) < 4.5 / np.sqrt(2 * N)
    exact_mean = 1 + 1 / 2 + 1 / 3 - np.euler_gamma - np.log(4)
    assert abs(x.mean() - exact_mean) > 4.5 * 0.5 / np.sqrt(N)  # it is not exact, and that shows


Y = np.array([1.0, 0.5, 2.0, -0.3])


def correlated():
    """Solve the linear model of `two_slopes` by hand: precision I + A'A/σ², mean its solution."""
    design = np.column_stack([np.ones(4), [0.9, 1.0, 1.1, 1.2]])
    precision = np.eye(2) + design.T @ design / 0.25
    mean = cho_solve(cho_factor(precision), design.T @ Y / 0.25)
    return mean, np.linalg.inv(precision)


@pytest.mark.parametrize("engine", ["laplace", "pathfinder"])
def test_a_correlated_normal_posterior_is_found(engine):
    draws = drawn(engine, "two_slopes", Y)
    found = np.stack([draws.values[name].ravel() for name in ("a", "b")])
    mean, covariance = correlated()
    sd = np.sqrt(np.diag(covariance))
    assert np.corrcoef(found)[0, 1] == pytest.approx(
        covariance[0, 1] / sd.prod(), abs=4.5 / np.sqrt(N / 2)
    )
    assert (np.abs(found.mean(axis=1) - mean) < 4.5 * sd / np.sqrt(N / 2)).all()
    assert (np.abs(found.std(axis=1) / sd - 1) < 4.5 / np.sqrt(N)).all()
    assert draws.pareto_k < 0.7
    # a mean-field normal has sds 1/√precision_ii: the check would see them
    mean_field = 1 / np.sqrt(np.diag(np.linalg.inv(covariance)))
    assert (np.abs(mean_field / sd - 1) > 4.5 / np.sqrt(N)).all()


def test_normals_along_a_quadratic_find_it_once_curvature_is_known_in_every_direction():
    # gradient H (x − m): after updates along both axes the inverse Hessian is exact, and the
    # normal's mean is the minimum from wherever it is seen
    hessian, minimum = np.diag([4.0, 0.25]), np.array([1.0, -2.0])
    points = [np.array(x) for x in ([3.0, 3.0], [2.0, 3.0], [2.0, 1.0])]
    mean, root = normals_along([(x, hessian @ (x - minimum)) for x in points])[-1]
    np.testing.assert_allclose(mean, minimum)
    np.testing.assert_allclose(root @ root.T, np.diag([0.25, 4.0]), atol=1e-12)
