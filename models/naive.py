"""The estimator that ignores the groups."""

import pymc as pm

from sbc import estimator


@estimator(estimands=("beta_XY", "beta_ZY"))
def naive(group, X, Z, Y):
    """Naive: one intercept for all rows, the groups ignored.

    Y_i ~ Bernoulli(p_i)
    logit p_i = alpha + beta_XY X_i + beta_ZY Z[group_i]
    alpha ~ Normal(0, 10)
    beta_XY, beta_ZY ~ Normal(0, 1)

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12, bonus.
    """
    alpha = pm.Normal("alpha", 0, 10)
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    pm.Bernoulli("Y", logit_p=alpha + beta_XY * X + beta_ZY * Z[group], observed=Y)
