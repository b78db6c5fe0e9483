"""The multilevel model of the tanks that knows of the predators."""

import pymc as pm

from sbc import estimator
from sbc.models._helpers import StandardNormal, given_data, seen_in_tanks


@estimator(
    estimands=("alpha_bar", "sigma", "beta_P", "p_survived"),
    derived={"seen": seen_in_tanks},
)
def tanks_predator(tank, D, S, P, seen):
    """Partial pooling with the predators' effect, sampled around what tanks say.

    S_i ~ Binomial(D_i, p_i)
    logit p_i = alpha[tank_i] + beta_P P[tank_i]
    alpha_j = alpha_bar + sigma z_j
    z_j ~ Normal(0, 1)
    alpha_bar ~ Normal(0, 1.5)
    sigma ~ Exponential(1)
    beta_P ~ Normal(0, 0.5)

    Where tanks say much of alpha, z as it stands is hard to sample, and where sigma is small, alpha
    is: so z is moved by what each tank says.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    alpha_bar = pm.Normal("alpha_bar", 0, 1.5)
    sigma = pm.Exponential("sigma", 1)
    beta_P = pm.Normal("beta_P", 0, 0.5)
    around = given_data(seen, alpha_bar + beta_P * P, sigma)
    z = StandardNormal("z", sampled_around=around, dims="tanks")
    alpha = pm.Deterministic("alpha", alpha_bar + sigma * z, dims="tanks")
    eta = alpha + beta_P * P
    pm.Deterministic("p_survived", pm.math.invlogit(eta), dims="tanks")
    pm.Binomial("S", n=D, logit_p=eta[tank], observed=S)
