"""The positive control: an estimator that sees the confound."""

import pymc as pm

from sbc import estimator


@estimator(estimands=("beta_XY", "beta_ZY"), control=True)
def oracle(group, X, Z, U, Y):
    """Oracle: sees the confound U, which nobody can; what it misses is the harness's fault.

    Y_i ~ Bernoulli(p_i)
    logit p_i = alpha + beta_XY X_i + beta_ZY Z[group_i] + beta_UY U[group_i]
    alpha ~ Normal(-2, 1)
    beta_UY ~ Normal(1, 0.5)
    beta_XY, beta_ZY ~ Normal(0, 1)
    """
    alpha = pm.Normal("alpha", -2, 1)
    beta_UY = pm.Normal("beta_UY", 1, 0.5)
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    eta = (alpha + beta_ZY * Z + beta_UY * U)[group] + beta_XY * X
    pm.Bernoulli("Y", logit_p=eta, observed=Y)
