"""Varying intercepts as `two_sides.py` has them: models and engines with one fault each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from sbc import engine
from sbc.engines.nutpie import nutpie


def _parameters(groups):
    a, b, c = pm.Normal("a"), pm.Normal("b"), pm.Normal("c")
    tau = pm.Exponential("tau", 1.0)
    z = pm.Normal("z", shape=groups)
    return a, b, c, pm.Deterministic("alpha", a + tau * z)


def missing_term(group, x, w, y):
    """The covariate of groups is forgotten."""
    _, b, _, alpha = _parameters(len(w))
    pm.Bernoulli("y", logit_p=b * x + alpha[group], observed=y)


def other_unit(group, x, w, y):
    """The covariate is taken in another unit than the generator's."""
    _, b, c, alpha = _parameters(len(w))
    pm.Bernoulli("y", logit_p=b * x / 10 + (c * w + alpha)[group], observed=y)


def rows_twice(group, x, w, y):
    """Every row is counted twice."""
    _, b, c, alpha = _parameters(len(w))
    eta = b * x + (c * w + alpha)[group]
    pm.Bernoulli("y", logit_p=pt.concatenate([eta, eta]), observed=pt.concatenate([y, y]))


def likelihood_dropped(group, x, w, y):
    """The rows say nothing of the parameters."""
    _parameters(len(w))
    pm.Bernoulli("y", logit_p=0.0 * x, observed=y)


class _Other:
    """Another engine's draws, made from nutpie's."""

    def __init__(self, made, fit):
        self._made, self._fit = made, fit

    def __getattr__(self, name):
        return getattr(self._made, name)

    def fit(self, data, budget, seed):
        """Fit as told."""
        return self._fit(self._made, data, budget, seed)


def _shrunk(made, data, budget, seed):
    drew = made.fit(data, budget, seed)
    mean = {name: v.mean(axis=(0, 1)) for name, v in drew.values.items()}
    values = {name: mean[name] + 0.7 * (v - mean[name]) for name, v in drew.values.items()}
    return replace(drew, values=values)


def _early(made, data, budget, seed):
    return made.fit(data, replace(budget, tune=4), seed)


@engine(backend="threading")
def shrunk(estimator, generator, data):
    """Draws that lie closer together than the posterior's."""
    return _Other(nutpie.compile(estimator, generator, data), _shrunk)


@engine(backend="threading")
def early(estimator, generator, data):
    """A sampler whose warm-up stops after four steps."""
    return _Other(nutpie.compile(estimator, generator, data), _early)


def centred():
    """Eight groups that hardly differ, centred: a funnel."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        theta = pm.Normal("theta", mu, tau, shape=8)
        error = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])
        pm.Normal("effect", theta, error, observed=np.zeros(8))
    return model


def own_density():
    """The prior of b has the density of a narrower normal than its draws come from."""
    x = np.linspace(-1, 1, 6)
    with pm.Model() as model:
        b = pm.CustomDist(
            "b",
            logp=lambda value: pm.logp(pm.Normal.dist(0, 0.5), value),
            random=lambda rng=None, size=None: rng.normal(0, 1, size=size),
        )
        pm.Normal("y", b * x, 1, observed=np.zeros(6))
    return model
