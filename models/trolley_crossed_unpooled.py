"""The estimator that learns nothing about one story or participant from the others."""

import pymc as pm
import pytensor.tensor as pt

from sbc import estimator
from sbc.models._helpers import cutpoints_around_zero


@estimator(estimands=("by_story", "by_participant", "p_again", "p_new"))
def trolley_crossed_unpooled(story, participant, stories, participants, R):
    """No pooling of stories and participants: a free effect for each.

    R_i ~ OrderedLogit(phi_i, c)
    phi_i = by_story[story_i] + by_participant[participant_i]
    by_story_j, beta_new ~ Normal(0, 10)
    by_participant ~ ZeroSumNormal(10)
    p_again_p = invlogit(by_story[p mod n_stories] + by_participant_p), of an answer of 3 or more
    p_new_p = invlogit(beta_new + by_participant_p)
    c = (−gap_1 − gap_0, −gap_1, 0, gap_2, gap_2 + gap_3, gap_2 + gap_3 + gap_4)
    gap_k ~ Exponential(1)

    Participants' effects sum to 0, for a shift of all stories one way and of all participants the
    other leaves the likelihood as it is. Of a new story the model knows its prior.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    by_story = pm.Normal("by_story", 0, 10, dims="stories")
    by_participant = pm.ZeroSumNormal("by_participant", 10, dims="participants")
    gap = pm.Exponential("gap", 1, shape=5)
    beta_new = pm.Normal("beta_new", 0, 10)
    asked = pt.mod(participants, stories.shape[0])
    for name, beta in (("p_again", by_story[asked]), ("p_new", beta_new)):
        pm.Deterministic(name, pm.math.invlogit(beta + by_participant), dims="participants")
    phi = by_story[story] + by_participant[participant]
    cutpoints = cutpoints_around_zero(gap)
    pm.OrderedLogistic("R", eta=phi, cutpoints=cutpoints, compute_p=False, observed=R)
