"""The multilevel model of the tanks, in the usual other form."""

import pymc as pm

from sbc import estimator


@estimator(estimands=("alpha_bar", "sigma", "p_survived"), control=True)
def tanks_multilevel_noncentred(tank, D, S, P):
    """Partial pooling by an estimated sigma, sampled in z as it stands (non-centred).

    S_i ~ Binomial(D_i, p_i)
    logit p_i = alpha[tank_i]
    alpha_j = alpha_bar + sigma z_j
    z_j ~ Normal(0, 1)
    alpha_bar ~ Normal(0, 1.5)
    sigma ~ Exponential(1)

    P says how many tanks there are, and nothing else.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    alpha_bar = pm.Normal("alpha_bar", 0, 1.5)
    sigma = pm.Exponential("sigma", 1)
    z = pm.Normal("z", 0, 1, dims="tanks")
    alpha = pm.Deterministic("alpha", alpha_bar + sigma * z, dims="tanks")
    pm.Deterministic("p_survived", pm.math.invlogit(alpha), dims="tanks")
    pm.Binomial("S", n=D, logit_p=alpha[tank], observed=S)
