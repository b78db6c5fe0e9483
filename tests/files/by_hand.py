"""Models whose posterior, or its Laplace approximation, is worked out by hand in the tests."""

import numpy as np
import pymc as pm

from sbc import estimator, generator


@generator(dims={"y": "rows"})
def plain_world(rng, truth):
    """Give rows of nothing in particular: the tests bring their own."""
    return {"y": np.zeros(4)}


@estimator(estimands=("rate",))
def poisson_rate(y):
    """State one rate of counts, skewed on the scale of its logarithm."""
    rate = pm.Exponential("rate", 1)
    pm.Poisson("y", rate, observed=y)


@estimator(estimands=("a", "b"))
def two_slopes(y):
    """State two coefficients of nearly the same column: strongly correlated given y."""
    a = pm.Normal("a", 0, 1)
    b = pm.Normal("b", 0, 1)
    pm.Normal("y", a + b * np.array([0.9, 1.0, 1.1, 1.2]), 0.5, observed=y)
