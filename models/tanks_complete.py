"""The estimator that takes all tanks for one."""

import pymc as pm
import pytensor.tensor as pt

from sbc import estimator


@estimator(estimands=("alpha_bar", "p_survived"))
def tanks_complete(tank, D, S, P):
    """Complete pooling: one alpha for all tanks.

    S_i ~ Binomial(D_i, p_i)
    logit p_i = alpha_bar
    alpha_bar ~ Normal(0, 1.5)

    P says how many tanks there are, and nothing else.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    alpha_bar = pm.Normal("alpha_bar", 0, 1.5)
    alpha = pt.full_like(P, alpha_bar, dtype="float64")
    pm.Deterministic("p_survived", pm.math.invlogit(alpha), dims="tanks")
    pm.Binomial("S", n=D, logit_p=alpha[tank], observed=S)
