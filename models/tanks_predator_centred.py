"""The model of the tanks and their predators, written as the lecture writes it."""

import pymc as pm

from sbc import estimator


@estimator(estimands=("alpha_bar", "sigma", "beta_P", "p_survived"), control=True)
def tanks_predator_centred(tank, D, S, P):
    """Partial pooling with the predators' effect, sampled in alpha (centred).

    S_i ~ Binomial(D_i, p_i)
    logit p_i = alpha[tank_i] + beta_P P[tank_i]
    alpha_j ~ Normal(alpha_bar, sigma)
    alpha_bar ~ Normal(0, 1.5)
    sigma ~ Exponential(1)
    beta_P ~ Normal(0, 0.5)

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    alpha_bar = pm.Normal("alpha_bar", 0, 1.5)
    sigma = pm.Exponential("sigma", 1)
    beta_P = pm.Normal("beta_P", 0, 0.5)
    alpha = pm.Normal("alpha", alpha_bar, sigma, dims="tanks")
    eta = alpha + beta_P * P
    pm.Deterministic("p_survived", pm.math.invlogit(eta), dims="tanks")
    pm.Binomial("S", n=D, logit_p=eta[tank], observed=S)
