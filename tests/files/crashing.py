"""Estimators of the mean of `normal_mean.py` that end their process, or never end, on some data."""

import ctypes
import os
import time

import pymc as pm

from sbc import estimator


def bad(data):
    """Choose the datasets: some one in six."""
    return data["y"][0] > 1.4


def draws(data, rng, draws):
    """Draw from the posterior, as `normal_mean` does."""
    precision = 1 + len(data["y"])
    return {"theta": rng.normal(data["y"].sum() / precision, precision**-0.5, size=draws)}


@estimator(estimands=("theta",))
def exits(y):
    """Leave the process where the data are bad."""
    theta = pm.Normal("theta", 0, 1)
    pm.Normal("y", theta, 1, observed=y)


@exits.posterior
def exiting(data, rng, size):
    """Leave, or draw."""
    if bad(data):
        os._exit(7)
    return draws(data, rng, size)


@estimator(estimands=("theta",))
def segfaults(y):
    """Read where nothing may be read."""
    theta = pm.Normal("theta", 0, 1)
    pm.Normal("y", theta, 1, observed=y)


@segfaults.posterior
def crashing(data, rng, size):
    """Crash, or draw."""
    if bad(data):
        ctypes.string_at(0)
    return draws(data, rng, size)


@estimator(estimands=("theta",))
def hangs(y):
    """Sleep for an hour where the data are bad."""
    theta = pm.Normal("theta", 0, 1)
    pm.Normal("y", theta, 1, observed=y)


@hangs.posterior
def hanging(data, rng, size):
    """Sleep, or draw."""
    if bad(data):
        time.sleep(3600)
    return draws(data, rng, size)


@estimator(estimands=("theta",))
def raises(y):
    """Raise where the data are bad."""
    theta = pm.Normal("theta", 0, 1)
    pm.Normal("y", theta, 1, observed=y)


@raises.posterior
def raising(data, rng, size):
    """Raise, or draw."""
    if bad(data):
        raise ArithmeticError("bad data")
    return draws(data, rng, size)


@estimator(estimands=("theta",))
def steady(y):
    """Have no trouble with any data."""
    theta = pm.Normal("theta", 0, 1)
    pm.Normal("y", theta, 1, observed=y)


@steady.posterior
def drawing(data, rng, size):
    """Draw."""
    return draws(data, rng, size)


@estimator(estimands=("theta",))
def crashes_when_stated(y):
    """Leave the process before there is a model."""
    os._exit(7)
