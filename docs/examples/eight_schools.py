"""Eight schools (Rubin 1981): effects of coaching, in the two forms that everyone knows."""

import numpy as np
import pymc as pm

EFFECT = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
ERROR = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])


def centred():
    """Schools vary around mu, written as it is thought."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        theta = pm.Normal("theta", mu, tau, shape=8)
        pm.Normal("effect", theta, ERROR, observed=EFFECT)
    return model


def non_centred():
    """The same joint distribution, sampled in the schools' distances from mu."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        z = pm.Normal("z", 0, 1, shape=8)
        theta = pm.Deterministic("theta", mu + tau * z)
        pm.Normal("effect", theta, ERROR, observed=EFFECT)
    return model


def measured(rng, truth, given):
    """What the author means: each school's effect, measured with its standard error."""
    theta = truth["mu"] + truth["tau"] * truth["z"]
    return {"effect": rng.normal(theta, ERROR)}


def misread(rng, truth, given):
    """What was in fact done: the column held half the width of an interval, not its sd."""
    theta = truth["mu"] + truth["tau"] * truth["z"]
    return {"effect": rng.normal(theta, ERROR / 2)}
