"""The estimator that learns nothing about one story from the others."""

import pymc as pm

from sbc import estimator
from sbc.models._helpers import cutpoints_around_zero


@estimator(estimands=("beta",))
def trolley_unpooled(story, stories, R):
    """No pooling: a free beta for every story.

    R_i ~ OrderedLogit(phi_i, c)
    phi_i = beta[story_i]
    beta_j ~ Normal(0, 10)
    c = (−gap_1 − gap_0, −gap_1, 0, gap_2, gap_2 + gap_3, gap_2 + gap_3 + gap_4)
    gap_k ~ Exponential(1)

    Identified by the third cutpoint, held at 0: adding to beta and to all cutpoints alike would
    leave the likelihood as it is. beta_j is the log odds of an answer of 3 or more.

    Source: R. McElreath, Statistical Rethinking 2023, lectures 11 and 12.
    """
    beta = pm.Normal("beta", 0, 10, dims="stories")
    gap = pm.Exponential("gap", 1, shape=5)
    cutpoints = cutpoints_around_zero(gap)
    pm.OrderedLogistic("R", eta=beta[story], cutpoints=cutpoints, compute_p=False, observed=R)
