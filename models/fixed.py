"""The estimator with one free intercept a group."""

import pymc as pm

from sbc.contracts import estimator
from sbc.likelihoods import BernoulliLogit


@estimator(estimands=("beta_XY", "beta_ZY"))
def fixed(group, X, Z, Y):
    """Fixed effects: a free intercept for every group, no pooling.

    Y_i ~ Bernoulli(p_i)
    logit p_i = alpha[group_i] + beta_XY X_i + beta_ZY Z[group_i]
    alpha_j ~ Normal(0, 10)
    beta_XY, beta_ZY ~ Normal(0, 1)

    Z varies between groups only, so that alpha takes up its effect and beta_ZY is hardly
    identified. Data speak of mu_j = alpha_j + beta_ZY Z_j; the model is written in mu: the same
    joint distribution, without the ridge between alpha and beta_ZY for the sampler to climb.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12, bonus.
    """
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    mu = pm.Normal("mu", beta_ZY * Z, 10, dims="groups")
    pm.Deterministic("alpha", mu - beta_ZY * Z, dims="groups")
    BernoulliLogit("Y", mu[group] + beta_XY * X, observed=Y)
