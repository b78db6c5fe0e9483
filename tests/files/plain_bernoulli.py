"""The naive model as a user would write it, with PyMC's own likelihood."""

import pymc as pm

from sbc import estimator


@estimator(estimands=("beta_XY", "beta_ZY"))
def plain_bernoulli(group, X, Z, Y):
    """State the naive model."""
    alpha = pm.Normal("alpha", 0, 10)
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    pm.Bernoulli("Y", logit_p=alpha + beta_XY * X + beta_ZY * Z[group], observed=Y)
