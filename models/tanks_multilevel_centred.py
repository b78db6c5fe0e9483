"""The multilevel model of the tanks, written as the lecture writes it."""

import pymc as pm

from sbc import estimator


@estimator(estimands=("alpha_bar", "sigma", "p_survived"), control=True)
def tanks_multilevel_centred(tank, D, S, P):
    """Partial pooling by an estimated sigma, sampled in alpha (centred).

    S_i ~ Binomial(D_i, p_i)
    logit p_i = alpha[tank_i]
    alpha_j ~ Normal(alpha_bar, sigma)
    alpha_bar ~ Normal(0, 1.5)
    sigma ~ Exponential(1)

    P says how many tanks there are, and nothing else.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    alpha_bar = pm.Normal("alpha_bar", 0, 1.5)
    sigma = pm.Exponential("sigma", 1)
    alpha = pm.Normal("alpha", alpha_bar, sigma, dims="tanks")
    pm.Deterministic("p_survived", pm.math.invlogit(alpha), dims="tanks")
    pm.Binomial("S", n=D, logit_p=alpha[tank], observed=S)
