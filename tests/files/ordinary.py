"""Models as people write them who know nothing of sbc."""

import numpy as np
import pymc as pm

SCORES = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
ERRORS = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])


def states_variables(y):
    """State variables in the model that is open around the call."""
    print("a word from the model")
    theta = pm.Normal("theta", 0, 1)
    pm.Normal("y", theta, 1, observed=y)


def returns_a_model(y, sd=1.0):
    """Open a model and return it, its prior's scale an option."""
    with pm.Model() as model:
        theta = pm.Normal("theta", 0, sd)
        data = pm.Data("data", y, dims="patients")
        pm.Normal("likelihood", theta, 1, observed=data, dims="patients")
    return model


def samples(Y):
    """Sample in the end, as notebooks do; centre the data by what NumPy says of them."""
    print(len(np.unique(Y)))
    with pm.Model(coords={"rows": range(len(Y))}):
        theta = pm.Normal("theta", 0, 1)
        p = pm.Deterministic("tail", pm.math.invlogit(theta))
        pm.Normal("Y_obs", theta - Y.mean(), 1, observed=Y - Y.mean(), dims="rows")
        posterior = pm.sample()
    return posterior["posterior"][p.name].mean()


def eight_schools():
    """Eight schools, non-centred."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfNormal("tau", 5)
        z = pm.Normal("z", 0, 1, shape=8)
        theta = pm.Deterministic("theta", mu + tau * z)
        pm.Normal("score", theta, ERRORS, observed=SCORES)
    return model


def with_defaults(scores=SCORES, errors=ERRORS, *, scale=5.0):
    """Have arrays as defaults: its own data."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, scale)
        pm.Normal("score", mu, errors, observed=scores)
    return model


def counts(y):
    """Have a discrete parameter: how many of the rows are shifted."""
    with pm.Model() as model:
        shift = pm.DiscreteUniform("shift", -2, 2)
        pm.Normal("y", shift, 1, observed=y)
    return model


def raises(y):
    """Raise."""
    raise RuntimeError("no such luck")


def impossible(y):
    """Have no probability anywhere."""
    theta = pm.Normal("theta", 0, 1)
    pm.Potential("never", theta * 0 - np.inf)
    pm.Normal("y", theta, 1, observed=y)


def wrong_length(y):
    """Give the likelihood a mean that is too long."""
    theta = pm.Normal("theta", 0, 1)
    noise = pm.Normal("noise", 0, 1, shape=len(y) + 1)
    pm.Normal("y", theta + noise, 1, observed=y)


def asks_too_much(y, wind):
    """Ask for what nobody gives."""
    pm.Normal("y", pm.Normal("theta"), 1, observed=y * wind)


def unseeded(y):
    """Be another model each time."""
    theta = pm.Normal("theta", np.random.normal(), 1)  # noqa: NPY002 — that is the mistake
    pm.Normal("y", theta, 1, observed=y)


def states_nothing(y):
    """Forget the model."""
    return y


def observes_nothing(y):
    """Forget observed=."""
    pm.Normal("theta", y.mean(), 1)


def not_a_number(y):
    """Take the square root of what is negative."""
    theta = pm.Normal("theta", 0, 1)
    pm.Potential("root", pm.math.sqrt(-1 - theta**2))
    pm.Normal("y", theta, 1, observed=y)


def has_only_a_vector(y):
    """Have three effects and the first of them in the mean."""
    effects = pm.Normal("effects", 0, 1, shape=3)
    pm.Normal("y", effects[0], 1, observed=y)


def with_nuisance(y):
    """Have a parameter that the world knows nothing of."""
    theta = pm.Normal("theta", 0, 1)
    nuisance = pm.Normal("nuisance", 0, 1)
    pm.Normal("y", theta + nuisance, 1, observed=y)


def named_by_length(y, n_rows):
    """Take the number of rows, and a coordinate that is nowhere named."""
    theta = pm.Normal("theta", 0, 1)
    pm.Deterministic("row", theta + np.arange(n_rows), dims="rows")
    pm.Normal("y", theta, 1, observed=y, dims="rows")


def centred(y):
    """Say how far the mean lies above the data's."""
    theta = pm.Normal("theta", 0, 1)
    pm.Deterministic("above", theta - y.mean())
    pm.Normal("y", theta, 1, observed=y)


def two_far_modes(y):
    """Have signs that no chain can change, each chain its own."""
    theta = pm.Normal("theta", 0, 10, shape=8)
    pm.Potential("far", -((abs(theta) - 20) ** 2).sum() * 100)
    pm.Normal("y", theta.sum(), 1000, observed=y)
