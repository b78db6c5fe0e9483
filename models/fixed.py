"""The estimator with one free intercept a group."""

import pymc as pm

from sbc import estimator
from sbc.models._helpers import group_mean_of_X


@estimator(estimands=("beta_XY", "beta_ZY"), derived={"Xbar": group_mean_of_X})
def fixed(group, X, Z, Y, Xbar):
    """Fixed effects: a free intercept for every group, no pooling.

    Y_i ~ Bernoulli(p_i)
    logit p_i = alpha[group_i] + beta_XY X_i + beta_ZY Z[group_i]
    alpha_j ~ Normal(0, 10)
    beta_XY, beta_ZY ~ Normal(0, 1)

    Z varies between groups only, so that alpha takes up its effect and beta_ZY is hardly
    identified. Data speak of mu_j = alpha_j + beta_ZY Z_j + beta_XY Xbar_j, the log odds at the
    group's mean of X; the model is written in mu: the same joint distribution, without the ridges
    between alpha and the betas for the sampler to climb.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12, bonus.
    """
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    at_mean = beta_ZY * Z + beta_XY * Xbar
    mu = pm.Normal("mu", at_mean, 10, dims="groups")
    alpha = pm.Deterministic("alpha", mu - at_mean, dims="groups")
    pm.Bernoulli("Y", logit_p=(alpha + beta_ZY * Z)[group] + beta_XY * X, observed=Y)
