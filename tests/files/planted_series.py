"""Counts that follow a random walk, stated twice; generators with one fault each."""

from __future__ import annotations

import numpy as np
import pymc as pm

STEPS = 40


def walk(season, y):
    """Poisson counts around a random walk and a seasonal effect."""
    start = pm.Normal("start", 1, 0.5)
    s = pm.Exponential("s", 5)
    k = pm.Normal("k", 0, 0.5)
    step = pm.Normal("step", 0, 1, shape=STEPS)
    level = pm.Deterministic("level", start + s * pm.math.cumsum(step))
    pm.Poisson("y", pm.math.exp(level + k * season), observed=y)


def world(rng, *, rate=5.0, start_sd=0.5, lag=0, softplus=False, sign=1):
    """State the same again, in NumPy, or something that differs in one place."""
    season = np.sin(2 * np.pi * np.arange(STEPS) / 8)
    truth = {"start": rng.normal(1, start_sd), "s": rng.exponential(1 / rate)}
    truth |= {"k": 0.5 * rng.normal(), "step": rng.normal(size=STEPS)}
    truth["level"] = truth["start"] + truth["s"] * np.cumsum(truth["step"])
    eta = np.roll(truth["level"], lag) + sign * truth["k"] * season
    mean = np.log1p(np.exp(eta)) if softplus else np.exp(np.minimum(eta, 12))
    return truth, {"season": season, "y": rng.poisson(mean)}


def sound(rng):
    """Nothing is wrong."""
    return world(rng)


def wider_steps(rng):
    """The steps' sd is larger than the model's prior says."""
    return world(rng, rate=2.5)


def other_start(rng):
    """The walk starts farther out."""
    return world(rng, start_sd=1.0)


def one_step_late(rng):
    """Counts follow the level of the step before."""
    return world(rng, lag=1)


def other_link(rng):
    """The generator's link is a softplus."""
    return world(rng, softplus=True)


def season_turned(rng):
    """The seasonal effect has the other sign."""
    return world(rng, sign=-1)
