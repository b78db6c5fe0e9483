"""The estimator that takes all stories for one and all participants for one."""

import pymc as pm
import pytensor.tensor as pt

from sbc import estimator
from sbc.models._helpers import cutpoints_around_zero


@estimator(estimands=("by_story", "p_again", "p_new"))
def trolley_crossed_complete(story, participant, stories, participants, R):
    """Complete pooling of stories and participants: one log odds for everything.

    R_i ~ OrderedLogit(phi_i, c)
    by_story_j = eta
    p_again_p = p_new_p = invlogit(eta), of an answer of 3 or more
    eta ~ Normal(0, 1.5)
    c = (−gap_1 − gap_0, −gap_1, 0, gap_2, gap_2 + gap_3, gap_2 + gap_3 + gap_4)
    gap_k ~ Exponential(1)

    What a participant adds is 0 here, and no estimand.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    eta = pm.Normal("eta", 0, 1.5)
    gap = pm.Exponential("gap", 1, shape=5)
    by_story = pt.full_like(stories, eta, dtype="float64")
    by_participant = pt.full_like(participants, 0, dtype="float64")
    pm.Deterministic("by_story", by_story, dims="stories")
    for name in ("p_again", "p_new"):
        pm.Deterministic(name, pm.math.invlogit(eta + by_participant), dims="participants")
    phi = by_story[story] + by_participant[participant]
    cutpoints = cutpoints_around_zero(gap)
    pm.OrderedLogistic("R", eta=phi, cutpoints=cutpoints, compute_p=False, observed=R)
