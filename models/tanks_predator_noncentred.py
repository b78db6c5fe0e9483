"""The model of the tanks and their predators, in the usual other form."""

import pymc as pm

from sbc import estimator


@estimator(estimands=("alpha_bar", "sigma", "beta_P", "p_survived"), control=True)
def tanks_predator_noncentred(tank, D, S, P):
    """Partial pooling with the predators' effect, sampled in z as it stands (non-centred).

    S_i ~ Binomial(D_i, p_i)
    logit p_i = alpha[tank_i] + beta_P P[tank_i]
    alpha_j = alpha_bar + sigma z_j
    z_j ~ Normal(0, 1)
    alpha_bar ~ Normal(0, 1.5)
    sigma ~ Exponential(1)
    beta_P ~ Normal(0, 0.5)

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    alpha_bar = pm.Normal("alpha_bar", 0, 1.5)
    sigma = pm.Exponential("sigma", 1)
    beta_P = pm.Normal("beta_P", 0, 0.5)
    z = pm.Normal("z", 0, 1, dims="tanks")
    alpha = pm.Deterministic("alpha", alpha_bar + sigma * z, dims="tanks")
    eta = alpha + beta_P * P
    pm.Deterministic("p_survived", pm.math.invlogit(eta), dims="tanks")
    pm.Binomial("S", n=D, logit_p=eta[tank], observed=S)
