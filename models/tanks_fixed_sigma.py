"""The estimator that is told how much tanks differ."""

import pymc as pm

from sbc import estimator
from sbc.models._helpers import StandardNormal, given_data, seen_in_tanks


@estimator(estimands=("alpha_bar", "p_survived"), derived={"seen": seen_in_tanks})
def tanks_fixed_sigma(tank, D, S, P, seen, *, sigma=1.0):
    """Partial pooling by a given sigma: as regularised as somebody thought fit.

    S_i ~ Binomial(D_i, p_i)
    logit p_i = alpha[tank_i]
    alpha_j = alpha_bar + sigma z_j
    z_j ~ Normal(0, 1), sampled around what each tank says
    alpha_bar ~ Normal(0, 1.5)

    Any sigma by option: `tanks_fixed_sigma@sigma=0.5`. P says how many tanks there are, and nothing
    else.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    if not sigma > 0:
        raise ValueError(f"sigma must be above 0, not {sigma:g}")
    alpha_bar = pm.Normal("alpha_bar", 0, 1.5)
    z = StandardNormal("z", sampled_around=given_data(seen, alpha_bar, sigma), dims="tanks")
    alpha = pm.Deterministic("alpha", alpha_bar + sigma * z, dims="tanks")
    pm.Deterministic("p_survived", pm.math.invlogit(alpha), dims="tanks")
    pm.Binomial("S", n=D, logit_p=alpha[tank], observed=S)
