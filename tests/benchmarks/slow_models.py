"""Models whose fits are slow, for `slow.py`: many rows, many parameters, a process, a solver."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt

RNG = np.random.default_rng(7)
ROWS, GROUPS = 20_000, 100
GROUP, X = RNG.integers(0, GROUPS, ROWS), RNG.normal(size=ROWS)
MANY = 500
POINTS = np.linspace(0, 10, 200)[:, None]
TIMES, STEP = 10, 0.05


def rows() -> pm.Model:
    """Bernoulli outcomes in 100 groups: 20,000 rows."""
    with pm.Model() as model:
        alpha, tau = pm.Normal("alpha", 0, 1), pm.Exponential("tau", 1)
        z = pm.Normal("z", 0, 1, shape=GROUPS)
        eta = (alpha + tau * z)[GROUP] + pm.Normal("beta", 0, 1) * X
        pm.Bernoulli("y", logit_p=eta, observed=np.zeros(ROWS, dtype=int))
    return model


def parameters() -> pm.Model:
    """500 means with one observation each, all of them ranked."""
    with pm.Model() as model:
        mu, tau = pm.Normal("mu", 0, 1), pm.Exponential("tau", 1)
        theta = pm.Normal("theta", mu, 1 + tau, shape=MANY)
        pm.Normal("y", theta, 1, observed=np.zeros(MANY))
    return model


def process() -> pm.Model:
    """A Gaussian process at 200 points, integrated out."""
    with pm.Model() as model:
        scale, height = pm.InverseGamma("scale", 5, 5), pm.HalfNormal("height", 1)
        noise = pm.HalfNormal("noise", 0.5)
        made = pm.gp.Marginal(cov_func=height**2 * pm.gp.cov.ExpQuad(1, scale))
        made.marginal_likelihood("y", POINTS, y=np.zeros(len(POINTS)), sigma=noise)
    return model


def solver() -> pm.Model:
    """Logistic growth, solved by 100 steps of Runge and Kutta's method."""

    def grow(y, r):  # type: ignore[no-untyped-def]
        return r * y * (1 - y / 10)

    def step(y, r):  # type: ignore[no-untyped-def]
        a = grow(y, r)
        b = grow(y + STEP / 2 * a, r)
        c = grow(y + STEP / 2 * b, r)
        return y + STEP / 6 * (a + 2 * b + 2 * c + grow(y + STEP * c, r))

    with pm.Model() as model:
        r, noise = pm.LogNormal("r", 0, 0.3), pm.HalfNormal("noise", 0.3)
        first = pt.as_tensor(np.float64(1.0))
        size = pytensor.scan(
            step,
            outputs_info=[first],
            non_sequences=[r],
            n_steps=10 * TIMES,
            return_updates=False,
        )
        pm.LogNormal("y", pt.log(size[9::10]), noise, observed=np.ones(TIMES))
    return model
