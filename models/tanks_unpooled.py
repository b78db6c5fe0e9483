"""The estimator that learns nothing about one tank from the others."""

import pymc as pm

from sbc import estimator


@estimator(estimands=("p_survived",))
def tanks_unpooled(tank, D, S, P):
    """No pooling: a free alpha for every tank.

    S_i ~ Binomial(D_i, p_i)
    logit p_i = alpha[tank_i]
    alpha_j ~ Normal(0, 10)

    P says how many tanks there are, and nothing else.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    alpha = pm.Normal("alpha", 0, 10, dims="tanks")
    pm.Deterministic("p_survived", pm.math.invlogit(alpha), dims="tanks")
    pm.Binomial("S", n=D, logit_p=alpha[tank], observed=S)
