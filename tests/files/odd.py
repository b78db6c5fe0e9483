"""A world of data that no sampler likes, and models that do not like some data."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from sbc import estimator, generator

#: What may be wrong with y, and with the binary B, by number.
KINDS = ("plain", "flat", "empty", "nan", "infinite", "large", "huge", "ones")


@generator(dims={"y": "rows", "B": "rows"})
def odd_world(rng, truth, *, kind=0, n_rows=20):
    """Draw normal and binary data; datasets of large truths are spoilt."""
    y = rng.normal(truth["theta"], 1, size=n_rows)
    B = (rng.random(n_rows) < 0.5).astype(np.int64)
    if truth["theta"] < 0.4:
        return {"y": y, "B": B}
    match KINDS[kind]:
        case "flat":
            y[:] = 1.0
        case "empty":
            y, B = y[:0], B[:0]
        case "nan":
            y[0] = np.nan
        case "infinite":
            y[0] = np.inf
        case "large":
            y *= 1e100
        case "huge":
            y *= 1e300
        case "ones":
            B[:] = 1
    return {"y": y, "B": B}


@odd_world.regime
def prior(rng):
    """Draw theta from Normal(0, 1)."""
    return {"theta": rng.normal()}


@estimator(estimands=("theta",))
def linear(y):
    """State y_i ~ Normal(theta, 1)."""
    theta = pm.Normal("theta", 0, 1)
    pm.Normal("y", theta, 1, observed=y)


@estimator(estimands=("theta",))
def logistic(B):
    """State B_i ~ Bernoulli with log odds theta."""
    theta = pm.Normal("theta", 0, 1)
    pm.Bernoulli("B", logit_p=theta, observed=B)


@estimator(estimands=("theta",))
def scaled(y):
    """Divide by the data's own spread."""
    theta = pm.Normal("theta", 0, 1)
    pm.Normal("y", theta, pt.std(y), observed=y)


@estimator(estimands=("theta",))
def nan_on_the_way(y):
    """Be no number where the posterior of positive truths lies."""
    theta = pm.Normal("theta", 0, 1)
    pm.Potential("hole", pt.switch(theta > 0.4, np.nan, 0.0))
    pm.Normal("y", theta, 1, observed=y)


@estimator(estimands=("theta",))
def impossible(y):
    """Give probability zero to every theta where the mean of the data is large."""
    theta = pm.Normal("theta", 0, 1)
    pm.Potential("never", pt.switch(y.mean() > 0.4, -np.inf, 0.0))
    pm.Normal("y", theta, 1, observed=y)


@estimator(estimands=("theta",))
def stuck(y):
    """Give one draw again and again."""
    theta = pm.Normal("theta", 0, 1)
    pm.Normal("y", theta, 1, observed=y)


@stuck.posterior
def one_value(data, rng, draws):
    """Move nowhere."""
    return {"theta": np.full(draws, 0.25)}
