"""Two measurements of subjects of three kinds, stated twice; generators with one fault each."""

from __future__ import annotations

import numpy as np
import pymc as pm

SUBJECTS = 60


def mixture(y):
    """Three kinds of subjects around known centres, correlated measurement errors."""
    w = pm.Dirichlet("w", np.ones(3))
    shift = pm.Normal("shift", 0, 0.5, shape=3)
    rho = pm.Uniform("rho", -0.9, 0.9)
    mu = pm.math.stack([shift + np.array([-3.0, 0.0, 3.0])] * 2, axis=1)
    cov = pm.math.stack([pm.math.stack([1.0, rho]), pm.math.stack([rho, 1.0])])
    kinds = [pm.MvNormal.dist(mu[i], cov=cov) for i in range(3)]
    pm.Mixture("y", w, kinds, observed=y)


def world(rng, *, weights=1.0, sd_shift=0.5, sd=1.0, turned=False):
    """State the same again, in NumPy, or something that differs in one place."""
    truth = {"w": rng.dirichlet(np.full(3, weights)), "shift": sd_shift * rng.normal(size=3)}
    truth["rho"] = rng.uniform(-0.9, 0.9)
    kind = rng.choice(3, p=truth["w"], size=SUBJECTS)
    rho = -truth["rho"] if turned else truth["rho"]
    error = rng.multivariate_normal(np.zeros(2), [[1, rho], [rho, 1]], size=SUBJECTS)
    mu = (truth["shift"] + np.array([-3.0, 0.0, 3.0]))[kind]
    return truth, {"y": mu[:, None] + sd * error}


def sound(rng):
    """Nothing is wrong."""
    return world(rng)


def other_weights(rng):
    """Kinds are more alike in number than the model's prior says."""
    return world(rng, weights=3.0)


def wider_shifts(rng):
    """Centres lie farther off."""
    return world(rng, sd_shift=0.8)


def larger_errors(rng):
    """A standard deviation of 1.3 where the model has 1."""
    return world(rng, sd=1.3)


def turned(rng):
    """The correlation has the other sign."""
    return world(rng, turned=True)
