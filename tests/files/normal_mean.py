"""A world whose posterior is known exactly: theta ~ Normal(0, 1), y_i ~ Normal(theta, 1)."""

import numpy as np
import pymc as pm

from sbc import estimator, generator


@generator(dims={"y": "rows"}, uniform_ranks={"prior": ("normal_mean",)})
def normal_world(rng, truth, *, n_rows=5):
    """Normal observations of one mean, the number of rows growing with the truth's sign."""
    rows = n_rows + (2 if truth["theta"] > 0 else 0)
    return {"y": rng.normal(truth["theta"], 1, size=rows)}


@normal_world.regime
def prior(rng):
    """Draw theta from Normal(0, 1)."""
    return {"theta": rng.normal()}


@estimator(estimands=("theta",))
def normal_mean(y):
    """State the conjugate model."""
    theta = pm.Normal("theta", 0, 1)
    pm.Normal("y", theta, 1, observed=y)


@normal_mean.posterior
def posterior(data, rng, draws):
    """Draw from Normal(sum y / (n + 1), 1 / sqrt(n + 1))."""
    precision = 1 + len(data["y"])
    return {"theta": rng.normal(data["y"].sum() / precision, precision**-0.5, size=draws)}


@normal_mean.log_likelihood
def log_likelihood(theta, data):
    """Sum the log densities of Normal(theta, 1) over the rows."""
    y, mean = data["y"], theta["theta"]
    squares = ((y - y.mean()) ** 2).sum() + len(y) * (y.mean() - mean) ** 2
    return -0.5 * (squares + len(y) * np.log(2 * np.pi))


@normal_mean.quantity
def distance(theta, data):
    """Measure how far the mean lies from the data's."""
    return abs(theta["theta"] - data["y"].mean())


@estimator(estimands=("theta",))
def raises_on_long_data(y):
    """Fail while the model is stated."""
    raise RuntimeError("no such luck")


@estimator(estimands=("theta",))
def impossible_start(y):
    """Give zero probability to every parameter."""
    theta = pm.Normal("theta", 0, 1)
    pm.Potential("never", theta * 0 + -np.inf)
    pm.Normal("y", theta, 1, observed=y)


@estimator(estimands=("theta", "missing"))
def lacks_its_estimand(y):
    """Name an estimand that the model has not."""
    theta = pm.Normal("theta", 0, 1)
    pm.Normal("y", theta, 1, observed=y)


@estimator(estimands=("theta",))
def observes_nothing(y):
    """Forget observed=."""
    pm.Normal("theta", y.mean(), 1)
