"""A posterior with right margins and a wrong correlation: what sees it."""

from dataclasses import replace

import numpy as np
import pymc as pm

from sbc import engine
from sbc.engines.nutpie import nutpie

Y = np.array([0.5])


def sum_of_two():
    """Only the sum of two parameters is measured, once: they are correlated by -0.5."""
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1)
        b = pm.Normal("b", 0, 1)
        pm.Normal("y", a + b, 1, observed=Y)
    return model


def total(theta, data):
    """The sum of both parameters."""
    return theta["a"] + theta["b"]


class Shuffled:
    """Draws of each parameter in an order of its own."""

    def __init__(self, compiled):
        self._compiled = compiled

    def __getattr__(self, name):
        return getattr(self._compiled, name)

    def fit(self, data, budget, seed):
        """Draw by nutpie, shuffle b, and compute the densities of what comes out."""
        drew = self._compiled.fit(data, budget, seed)
        a, b = drew.values["a"], drew.values["b"]
        b = np.random.default_rng(seed).permuted(b.ravel()).reshape(b.shape)
        (y,) = data.values()
        one = 0.5 * np.log(2 * np.pi)
        densities = {
            "log_likelihood": -0.5 * (y[0] - a - b) ** 2 - one,
            "log_prior": -0.5 * (a**2 + b**2) - 2 * one,
        }
        return replace(drew, values={"a": a, "b": b, **densities})


@engine(backend="threading")
def shuffled(estimator, generator, data):
    """Nutpie's margins without its correlations."""
    return Shuffled(nutpie.compile(estimator, generator, data))
