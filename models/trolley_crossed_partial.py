"""The estimator that learns how much stories differ, and how much participants do."""

import pymc as pm
import pytensor.tensor as pt

from sbc import estimator
from sbc.models._helpers import (
    StandardNormal,
    cutpoints_around_zero,
    given_data,
    seen_in_participants,
    seen_in_stories,
)


@estimator(
    estimands=("eta", "tau", "sd_participant", "by_story", "by_participant", "p_again", "p_new"),
    derived={"seen": seen_in_stories, "leaning": seen_in_participants},
)
def trolley_crossed_partial(story, participant, stories, participants, R, seen, leaning):
    """Partial pooling of stories and participants: each kind differs by an estimated sd.

    R_i ~ OrderedLogit(phi_i, c)
    phi_i = beta[story_i] + gamma[participant_i]
    beta_j = eta + tau z_j,              beta_new = eta + tau z_new
    gamma_p = sd_participant v_p
    z_j, z_new, v_p ~ Normal(0, 1), z and v sampled around what each story or participant says
    eta ~ Normal(0, 1.5)
    tau, sd_participant ~ Exponential(1)
    by_story_j = beta_j + mean(gamma),   by_participant_p = gamma_p − mean(gamma)
    p_again_p = invlogit(by_story[p mod n_stories] + by_participant_p), of an answer of 3 or more
    p_new_p = invlogit(beta_new + gamma_p)
    c = (−gap_1 − gap_0, −gap_1, 0, gap_2, gap_2 + gap_3, gap_2 + gap_3 + gap_4)
    gap_k ~ Exponential(1)

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    eta = pm.Normal("eta", 0, 1.5)
    tau = pm.Exponential("tau", 1)
    sd_participant = pm.Exponential("sd_participant", 1)
    z = StandardNormal("z", sampled_around=given_data(seen, eta, tau), dims="stories")
    around = given_data(leaning, 0, sd_participant)
    v = StandardNormal("v", sampled_around=around, dims="participants")
    z_new = pm.Normal("z_new", 0, 1)
    beta, gamma = eta + tau * z, sd_participant * v
    gap = pm.Exponential("gap", 1, shape=5)
    pm.Deterministic("by_story", beta + gamma.mean(), dims="stories")
    pm.Deterministic("by_participant", gamma - gamma.mean(), dims="participants")
    asked = pt.mod(participants, stories.shape[0])
    for name, of_story in (("p_again", beta[asked]), ("p_new", eta + tau * z_new)):
        pm.Deterministic(name, pm.math.invlogit(of_story + gamma), dims="participants")
    cutpoints = cutpoints_around_zero(gap)
    pm.OrderedLogistic(
        "R", eta=beta[story] + gamma[participant], cutpoints=cutpoints, compute_p=False, observed=R
    )
