"""The full generative model, written as the lecture writes it."""

import pymc as pm

from sbc import estimator


@estimator(estimands=("beta_XY", "beta_ZY"), control=True)
def latent_plain(group, X, Z, Y):
    """Latent, as in the lecture: u_j sampled as it stands, hard where X tells u_j well.

    X_i ~ Normal(alpha_X + beta_GX u[group_i], sigma_X)
    Y_i ~ Bernoulli(p_i)
    logit p_i = alpha[group_i] + beta_XY X_i + beta_ZY Z[group_i] + beta_GY u[group_i]
    alpha_j = alpha_bar + tau z_j
    u_j, z_j ~ Normal(0, 1)
    alpha_X, alpha_bar ~ Normal(0, 1)
    beta_GX, sigma_X, tau ~ Exponential(1)
    beta_XY, beta_ZY, beta_GY ~ Normal(0, 1)

    The slides print tau ~ Exponential(10) and leave beta_ZY out of one formula; the lecture's code
    has Exponential(1) and beta_ZY, and so has this.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12, bonus.
    """
    u = pm.Normal("u", 0, 1, dims="groups")
    alpha_X = pm.Normal("alpha_X", 0, 1)
    beta_GX = pm.Exponential("beta_GX", 1)
    sigma_X = pm.Exponential("sigma_X", 1)
    pm.Normal("X", alpha_X + beta_GX * u[group], sigma_X, observed=X)

    alpha_bar = pm.Normal("alpha_bar", 0, 1)
    tau = pm.Exponential("tau", 1)
    z = pm.Normal("z", 0, 1, dims="groups")
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    beta_GY = pm.Normal("beta_GY", 0, 1)
    alpha = alpha_bar + tau * z
    eta = (alpha + beta_ZY * Z + beta_GY * u)[group] + beta_XY * X
    pm.Bernoulli("Y", logit_p=eta, observed=Y)
