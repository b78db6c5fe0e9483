"""The estimator that adds the groups' means of X to the multilevel model."""

import pymc as pm

from sbc import estimator
from sbc.models._helpers import group_mean_of_X


@estimator(estimands=("beta_XY", "beta_ZY"), derived={"Xbar": group_mean_of_X})
def mundlak(group, X, Z, Y, Xbar):
    """Mundlak: multilevel, with each group's mean of X as a stand-in for the confound.

    Y_i ~ Bernoulli(p_i)
    logit p_i = alpha[group_i] + beta_XY X_i + beta_ZY Z[group_i] + beta_XbarY Xbar[group_i]
    alpha_j = alpha_bar + tau z_j
    z_j ~ Normal(0, 1)
    alpha_bar ~ Normal(0, 1)
    tau ~ Exponential(1)
    beta_XY, beta_ZY, beta_XbarY ~ Normal(0, 1)

    Xbar_j is the mean of X in group j, 0 if the group is empty. The slides print
    tau ~ Exponential(10); the lecture's code has Exponential(1), and so has this.

    Sources: R. McElreath, Statistical Rethinking 2023, lecture 12, bonus;
    Y. Mundlak 1978, doi:10.2307/1913646.
    """
    alpha_bar = pm.Normal("alpha_bar", 0, 1)
    tau = pm.Exponential("tau", 1)
    z = pm.Normal("z", 0, 1, dims="groups")
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    beta_XbarY = pm.Normal("beta_XbarY", 0, 1)
    alpha = alpha_bar + tau * z
    eta = (alpha + beta_ZY * Z + beta_XbarY * Xbar)[group] + beta_XY * X
    pm.Bernoulli("Y", logit_p=eta, observed=Y)
