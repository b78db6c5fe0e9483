"""What a user's file imports from beside it."""

import pymc as pm


def build(y, sd=3.0):
    with pm.Model() as model:
        a = pm.Normal("a", 0, sd)
        pm.Normal("y", a, 1, observed=y)
    return model


def build_and_sample(y):
    with pm.Model() as model:
        a = pm.Normal("a", 0, 4.0)
        pm.Normal("y", a, 1, observed=y)
        idata = pm.sample()
    return model, idata
