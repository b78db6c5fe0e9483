"""The estimator that learns from the tanks how much they differ."""

import pymc as pm

from sbc import estimator
from sbc.models._helpers import StandardNormal, given_data, seen_in_tanks


@estimator(estimands=("alpha_bar", "sigma", "p_survived"), derived={"seen": seen_in_tanks})
def tanks_multilevel(tank, D, S, P, seen):
    """Partial pooling by an estimated sigma, sampled around what tanks say.

    S_i ~ Binomial(D_i, p_i)
    logit p_i = alpha[tank_i]
    alpha_j = alpha_bar + sigma z_j
    z_j ~ Normal(0, 1)
    alpha_bar ~ Normal(0, 1.5)
    sigma ~ Exponential(1)

    P says how many tanks there are, and nothing else. Where tanks say much of alpha, z as it stands
    is hard to sample, and where sigma is small, alpha is: so z is moved by what each tank says.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    alpha_bar = pm.Normal("alpha_bar", 0, 1.5)
    sigma = pm.Exponential("sigma", 1)
    around = given_data(seen, alpha_bar, sigma)
    z = StandardNormal("z", sampled_around=around, dims="tanks")
    alpha = pm.Deterministic("alpha", alpha_bar + sigma * z, dims="tanks")
    pm.Deterministic("p_survived", pm.math.invlogit(alpha), dims="tanks")
    pm.Binomial("S", n=D, logit_p=alpha[tank], observed=S)
