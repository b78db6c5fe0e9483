"""A model with groups and its generator, stated twice; generators with one fault each."""

from __future__ import annotations

import numpy as np
import pymc as pm

ROWS, GROUPS = 200, 20


def logistic(group, x, w, y):
    """Logistic regression with varying intercepts and a covariate of groups."""
    a = pm.Normal("a")
    b = pm.Normal("b")
    c = pm.Normal("c")
    tau = pm.Exponential("tau", 1.0)
    z = pm.Normal("z", shape=len(w))
    alpha = pm.Deterministic("alpha", a + tau * z)
    pm.Bernoulli("y", logit_p=b * x + (c * w + alpha)[group], observed=y)


def line(x, y):
    """A line whose likelihood is taken back by a Potential."""
    a = pm.Normal("a")
    pm.Normal("y", a * x, observed=y)
    pm.Potential("taken_back", (0.5 * (y - a * x) ** 2 + 0.5 * np.log(2 * np.pi)).sum())


def clipped_line(rng):
    """Data of a line, cut off: no draws of a normal likelihood."""
    x, truth = rng.normal(size=20), {"a": rng.normal()}
    return truth, {"x": x, "y": np.clip(rng.normal(truth["a"] * x), -1, 1)}


def world(rng, *, sd_b=1.0, sd_z=1.0, half_normal=False, sign=1, off=0, slope=1.0, shuffled=False):
    """State the same again, in NumPy, or something that differs in one place."""
    group = np.repeat(np.arange(GROUPS), ROWS // GROUPS)
    x, w = rng.normal(size=ROWS), rng.normal(size=GROUPS)
    truth = {"a": rng.normal(), "b": sd_b * rng.normal(), "c": rng.normal()}
    truth["tau"] = abs(rng.normal()) if half_normal else rng.exponential()
    truth["z"] = sd_z * rng.normal(size=GROUPS)
    truth["alpha"] = truth["a"] + truth["tau"] * truth["z"]
    used = rng.permutation(w) if shuffled else w
    eta = (truth["c"] * used + truth["alpha"])[(group + off) % GROUPS] + sign * truth["b"] * x
    y = rng.random(ROWS) < 1 / (1 + np.exp(-slope * eta))
    return truth, {"group": group, "x": x, "w": w, "y": y.astype(int)}


def sound(rng):
    """Nothing is wrong."""
    return world(rng)


def halved_prior_sd(rng):
    """The model's prior of b has half the generator's sd."""
    return world(rng, sd_b=2.0)


def wider_z(rng):
    """The generator's z has sd 1.3."""
    return world(rng, sd_z=1.3)


def other_family(rng):
    """The generator's tau is half-normal."""
    return world(rng, half_normal=True)


def flipped_sign(rng):
    """The generator subtracts what the model adds."""
    return world(rng, sign=-1)


def off_by_one(rng):
    """Rows belong to the group after theirs."""
    return world(rng, off=1)


def shuffled(rng):
    """The covariate of groups is another group's."""
    return world(rng, shuffled=True)


def probit(rng):
    """The generator's link is about a probit."""
    return world(rng, slope=1.6)


def other_alpha(rng):
    """The truth calls alpha what the model calls alpha less a."""
    truth, data = world(rng)
    return {**truth, "alpha": truth["alpha"] - truth["a"]}, data


def sometimes_odd(rng):
    """One dataset in ten cannot be drawn, one has a truth that lacks a parameter."""
    truth, data = world(rng)
    odd = rng.random()
    if odd < 0.1:
        raise ValueError("no rows are left")
    if odd > 0.9:
        del truth["b"]
    return truth, data


def negative_tau(rng):
    """One tau in ten has the other sign, which the prior excludes and the data do not notice."""
    truth, data = world(rng)
    if rng.random() < 0.1:
        truth |= {"tau": -truth["tau"], "z": -truth["z"]}
    return truth, data


def too_wide(rng, truth, given):
    """Simulate the eight schools with errors half as large again."""
    error = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])
    return {"effect": rng.normal(truth["mu"] + truth["tau"] * truth["z"], 1.5 * error)}
