"""Models as anybody writes them, each with data of its own, for `plain.py` to be timed on."""

from __future__ import annotations

import numpy as np
import pymc as pm

RNG = np.random.default_rng(12)
GROUPS, ROWS = 30, 200
GROUP = RNG.integers(0, GROUPS, ROWS)
X, Z, Y = RNG.normal(size=ROWS), RNG.normal(size=GROUPS), RNG.integers(0, 2, ROWS)
TANKS = 48
DENSITY = np.repeat([10, 25, 35], 16)
SURVIVED = RNG.binomial(DENSITY, 0.7)
MANY = 5000
COVARIATES, COUNTS = RNG.normal(size=(MANY, 4)), RNG.poisson(2, MANY)
CAFES, VISITS = 20, 10
CAFE, AFTERNOON = np.repeat(np.arange(CAFES), VISITS), np.tile([0, 1], CAFES * VISITS // 2)
WAIT = RNG.normal(3, 1, CAFES * VISITS)


def multilevel() -> pm.Model:
    """Bernoulli outcomes in 30 groups: 200 rows, 34 parameters."""
    with pm.Model() as model:
        alpha_bar = pm.Normal("alpha_bar", 0, 1)
        tau = pm.Exponential("tau", 1)
        z = pm.Normal("z", 0, 1, shape=GROUPS)
        beta_XY = pm.Normal("beta_XY", 0, 1)
        beta_ZY = pm.Normal("beta_ZY", 0, 1)
        eta = (alpha_bar + tau * z + beta_ZY * Z)[GROUP] + beta_XY * X
        pm.Bernoulli("Y", logit_p=eta, observed=Y)
    return model


def reed_frogs() -> pm.Model:
    """Survivors in 48 tanks, centred, as the lecture writes it."""
    with pm.Model() as model:
        alpha_bar = pm.Normal("alpha_bar", 0, 1.5)
        sigma = pm.Exponential("sigma", 1)
        alpha = pm.Normal("alpha", alpha_bar, sigma, shape=TANKS)
        pm.Binomial("S", n=DENSITY, p=pm.math.invlogit(alpha), observed=SURVIVED)
    return model


def poisson() -> pm.Model:
    """Counts on four covariates: 5,000 rows, five parameters."""
    with pm.Model() as model:
        alpha = pm.Normal("alpha", 0, 0.5)
        beta = pm.Normal("beta", 0, 0.2, shape=4)
        pm.Poisson("N", pm.math.exp(alpha + pm.math.dot(COVARIATES, beta)), observed=COUNTS)
    return model


def slopes() -> pm.Model:
    """Varying intercepts and slopes of 20 cafes, their correlation with an LKJ prior."""
    with pm.Model() as model:
        chol, _, _ = pm.LKJCholeskyCov(
            "chol", n=2, eta=2, sd_dist=pm.Exponential.dist(1, shape=2), compute_corr=True
        )
        mean = pm.Normal("mean", [3, -1], 1, shape=2)
        z = pm.Normal("z", 0, 1, shape=(2, CAFES))
        effects = mean + pm.math.dot(chol, z).T
        mu = effects[CAFE, 0] + effects[CAFE, 1] * AFTERNOON
        pm.Normal("W", mu, pm.Exponential("noise", 1), observed=WAIT)
    return model
