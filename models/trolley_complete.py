"""The estimator that takes all stories for one."""

import pymc as pm
import pytensor.tensor as pt

from sbc import estimator
from sbc.models._helpers import cutpoints_around_zero


@estimator(estimands=("beta",))
def trolley_complete(story, stories, R):
    """Complete pooling: one beta for all stories.

    R_i ~ OrderedLogit(phi_i, c)
    phi_i = eta, which is beta_j for every story
    eta ~ Normal(0, 1.5)
    c = (−gap_1 − gap_0, −gap_1, 0, gap_2, gap_2 + gap_3, gap_2 + gap_3 + gap_4)
    gap_k ~ Exponential(1)

    Identified by the third cutpoint, held at 0: adding to eta and to all cutpoints alike would
    leave the likelihood as it is. eta is the log odds of an answer of 3 or more.

    Source: R. McElreath, Statistical Rethinking 2023, lectures 11 and 12.
    """
    eta = pm.Normal("eta", 0, 1.5)
    beta = pm.Deterministic("beta", pt.full_like(stories, eta, dtype="float64"), dims="stories")
    gap = pm.Exponential("gap", 1, shape=5)
    cutpoints = cutpoints_around_zero(gap)
    pm.OrderedLogistic("R", eta=beta[story], cutpoints=cutpoints, compute_p=False, observed=R)
