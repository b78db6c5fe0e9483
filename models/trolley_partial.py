"""The estimator that learns from the stories how much they differ."""

import pymc as pm

from sbc import estimator
from sbc.models._helpers import StandardNormal, cutpoints_around_zero, given_data, seen_in_stories


@estimator(estimands=("eta", "tau", "beta"), derived={"seen": seen_in_stories})
def trolley_partial(story, stories, R, seen):
    """Partial pooling: stories differ by an estimated tau.

    R_i ~ OrderedLogit(phi_i, c)
    phi_i = beta[story_i]
    beta_j = eta + tau z_j
    z_j ~ Normal(0, 1), sampled around what each story says
    eta ~ Normal(0, 1.5)
    tau ~ Exponential(1)
    c = (−gap_1 − gap_0, −gap_1, 0, gap_2, gap_2 + gap_3, gap_2 + gap_3 + gap_4)
    gap_k ~ Exponential(1)

    Identified by the third cutpoint, held at 0: adding to eta and to all cutpoints alike would
    leave the likelihood as it is. beta_j is the log odds of an answer of 3 or more.

    Source: R. McElreath, Statistical Rethinking 2023, lectures 11 and 12.
    """
    eta = pm.Normal("eta", 0, 1.5)
    tau = pm.Exponential("tau", 1)
    z = StandardNormal("z", sampled_around=given_data(seen, eta, tau), dims="stories")
    beta = pm.Deterministic("beta", eta + tau * z, dims="stories")
    gap = pm.Exponential("gap", 1, shape=5)
    cutpoints = cutpoints_around_zero(gap)
    pm.OrderedLogistic("R", eta=beta[story], cutpoints=cutpoints, compute_p=False, observed=R)
