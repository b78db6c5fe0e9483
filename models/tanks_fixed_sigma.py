"""The estimator that is told how much tanks differ."""

import pymc as pm

from sbc import estimator
from sbc.plugins.likelihoods import BinomialLogit


@estimator(estimands=("alpha_bar", "p_survived"))
def tanks_fixed_sigma(tank, D, S, P, *, sigma=1.0):
    """Partial pooling by a given sigma: as regularised as somebody thought fit.

    S_i ~ Binomial(D_i, p_i)
    logit p_i = alpha[tank_i]
    alpha_j ~ Normal(alpha_bar, sigma)
    alpha_bar ~ Normal(0, 1.5)

    Any sigma by option: `tanks_fixed_sigma@sigma=0.5`. P says how many tanks there are, and nothing
    else.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    alpha_bar = pm.Normal("alpha_bar", 0, 1.5)
    alpha = pm.Normal("alpha", alpha_bar, sigma, dims="tanks")
    pm.Deterministic("p_survived", pm.math.invlogit(alpha), dims="tanks")
    BinomialLogit("S", D, alpha[tank], observed=S)
