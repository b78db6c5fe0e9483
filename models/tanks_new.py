"""The estimator that says how tanks will do that nobody has seen."""

import pymc as pm

from sbc import estimator
from sbc.models._helpers import StandardNormal, given_data, seen_in_tanks


@estimator(estimands=("p_survived", "p_new"), derived={"seen": seen_in_tanks})
def tanks_new(tank, D, S, P, new, seen):
    """Partial pooling by an estimated sigma, and the survival of new tanks.

    S_i ~ Binomial(D_i, p_i)
    logit p_i = alpha[tank_i]
    alpha_j = alpha_bar + sigma z_j
    logit p_new_m = alpha_bar + sigma z_new_m
    z_j, z_new_m ~ Normal(0, 1)
    alpha_bar ~ Normal(0, 1.5)
    sigma ~ Exponential(1)

    P says how many tanks there are, new how many more there will be, and nothing else. alpha_bar
    and sigma are no estimands: where the population is not normal, or tanks were chosen, nothing
    says what they should come to.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    alpha_bar = pm.Normal("alpha_bar", 0, 1.5)
    sigma = pm.Exponential("sigma", 1)
    around = given_data(seen, alpha_bar, sigma)
    z = StandardNormal("z", sampled_around=around, dims="tanks")
    z_new = pm.Normal("z_new", 0, 1, shape=new.shape)
    alpha = alpha_bar + sigma * z
    pm.Deterministic("p_survived", pm.math.invlogit(alpha), dims="tanks")
    pm.Deterministic("p_new", pm.math.invlogit(alpha_bar + sigma * z_new))
    pm.Binomial("S", n=D, logit_p=alpha[tank], observed=S)
