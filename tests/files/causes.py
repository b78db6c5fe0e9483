"""Models with one fault each, and the sound ones beside them, for tests of what is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pymc as pm

from sbc import engine
from sbc.engines.nutpie import nutpie

ROWS = 3


def mean_and_sd():
    """A normal mean and sd, nothing wrong."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        sigma = pm.HalfNormal("sigma", 1)
        pm.Normal("y", mu, sigma, observed=np.zeros(ROWS))
    return model


def other_density():
    """The prior of mu has the density of a narrower normal than its draws come from."""
    with pm.Model() as model:
        mu = pm.CustomDist(
            "mu",
            logp=lambda value: pm.logp(pm.Normal.dist(0, 0.6), value),
            random=lambda rng=None, size=None: rng.normal(0, 1, size=size),
        )
        sigma = pm.HalfNormal("sigma", 1)
        pm.Normal("y", mu, sigma, observed=np.zeros(ROWS))
    return model


class _Shrunk:
    """Draws that lie closer together than the posterior's."""

    def __init__(self, made):
        self._made = made

    def __getattr__(self, name):
        return getattr(self._made, name)

    def fit(self, data, budget, seed):
        """Draw, and shrink towards the mean."""
        drew = self._made.fit(data, budget, seed)
        values = {
            name: v.mean(axis=(0, 1)) + 0.6 * (v - v.mean(axis=(0, 1)))
            for name, v in drew.values.items()
        }
        return replace(drew, values=values)


@engine(backend="threading")
def shrunk(estimator, generator, data):
    """Nutpie, its draws shrunk by four tenths."""
    return _Shrunk(nutpie.compile(estimator, generator, data))


def spread_of_mu(theta, data):
    """A quantity: where the data's mean lies from mu."""
    return float((np.mean(data["y"]) - theta["mu"]) ** 2)


def raising_quantity(theta, data):
    """Ask for a parameter that is not there."""
    return theta["nope"]


def two_numbers(theta, data):
    """Give two numbers for one."""
    return np.array([theta["mu"], theta["sigma"]])


def always_one(theta, data):
    """Say nothing."""
    return 1.0


class _Broken(_Shrunk):
    """Raises in the middle of a fit."""

    def fit(self, data, budget, seed):
        """Raise."""
        raise ArithmeticError("out of order")


@engine(backend="threading")
def broken(estimator, generator, data):
    """An engine that cannot fit."""
    return _Broken(nutpie.compile(estimator, generator, data))
