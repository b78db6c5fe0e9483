"""The estimator with partially pooled intercepts."""

import pymc as pm

from sbc import estimator


@estimator(estimands=("beta_XY", "beta_ZY"))
def multilevel(group, X, Z, Y):
    """Multilevel: intercepts partially pooled across groups, taken as independent of X.

    Y_i ~ Bernoulli(p_i)
    logit p_i = alpha[group_i] + beta_XY X_i + beta_ZY Z[group_i]
    alpha_j = alpha_bar + tau z_j
    z_j ~ Normal(0, 1)
    alpha_bar ~ Normal(0, 1)
    tau ~ Exponential(1)
    beta_XY, beta_ZY ~ Normal(0, 1)

    The slides print tau ~ Exponential(10); the lecture's code has Exponential(1), and so has this.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12, bonus.
    """
    alpha_bar = pm.Normal("alpha_bar", 0, 1)
    tau = pm.Exponential("tau", 1)
    z = pm.Normal("z", 0, 1, dims="groups")
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    alpha = alpha_bar + tau * z
    eta = (alpha + beta_ZY * Z)[group] + beta_XY * X
    pm.Bernoulli("Y", logit_p=eta, observed=Y)
