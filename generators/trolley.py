"""Trolley problems: stories judged on a scale of seven steps, Statistical Rethinking 2023."""

import numpy as np
from numpy.random import Generator

from sbc.plugins.data import Data, Truth
from sbc.plugins.generator import generator


def mean_response(data: Data) -> float:
    """Average the responses."""
    return float(data["R"].mean())


def categories_used(data: Data) -> float:
    """Count the steps of the scale that anybody used."""
    return float(len(np.unique(data["R"])))


@generator(
    dims={
        **dict.fromkeys(("R", "story", "participant"), "rows"),
        "stories": "stories",
        "participants": "participants",
    },
    indexes={"story": "stories", "participant": "participants"},
    features={"mean_response": mean_response, "categories_used": categories_used},
    uniform_ranks={"prior": ("trolley_partial",)},
    bounds={
        **dict.fromkeys(("n_stories", "n_participants"), (1, np.inf)),
        **dict.fromkeys(("tau", "sd_participant"), (0, np.inf)),
    },
)
def trolley(rng: Generator, truth: Truth, *, n_stories=12, n_participants=30) -> Data:
    """Trolley: how permissible is it? Seven steps, from 0 to 6, stories that differ.

    R_i = #{k: c_k < phi_i + eps_i},  eps_i ~ Logistic(0, 1),  i.e. R_i ~ OrderedLogit(phi_i, c)
    phi_i = beta[story_i] + sd_participant v[participant_i]
    beta_j = eta + tau z_j,  z_j, v_p ~ Normal(0, 1)
    c = (−gap_1 − gap_0, −gap_1, 0, gap_2, gap_2 + gap_3, gap_2 + gap_3 + gap_4)

    Every participant judges every story once. The third cutpoint is 0: only differences between
    phi and cutpoints can be seen, so that one of them has to be held, and beta_j is then the log
    odds of an answer above it, 3 or more. The real data have 12 stories and 331 participants.

    Source: R. McElreath, Statistical Rethinking 2023, lectures 11 and 12.
    """
    z = truth["z"] = rng.normal(size=n_stories)
    v = truth["v"] = rng.normal(size=n_participants)
    beta = truth["beta"] = truth["eta"] + truth["tau"] * z
    story = np.tile(np.arange(n_stories), n_participants)
    participant = np.repeat(np.arange(n_participants), n_stories)
    phi = beta[story] + truth["sd_participant"] * v[participant]
    answer = phi + rng.logistic(size=phi.size)
    below, above = truth["gap"][:2], truth["gap"][2:]
    cutpoints = np.concatenate([-np.cumsum(below[::-1])[::-1], [0], np.cumsum(above)])
    return {
        "R": (cutpoints < answer[:, None]).sum(axis=1),
        "story": story,
        "participant": participant,
        "stories": np.arange(n_stories),
        "participants": np.arange(n_participants),
    }


@trolley.regime
def prior(rng: Generator) -> Truth:
    """Every parameter drawn from the joint prior of partial pooling (`trolley_partial`)."""
    return {
        "eta": rng.normal(0, 1.5),
        "tau": rng.exponential(),
        "gap": rng.exponential(size=5),
        "sd_participant": 0.0,
    }


@trolley.regime
def fixed(rng: Generator, *, eta=0.7, tau=0.5, sd_participant=0.0) -> Truth:
    """Shares of answers as in the real data; participants differ too if sd_participant is set."""
    gap = np.array([0.65, 0.55, 0.97, 0.64, 0.88])
    return {"eta": eta, "tau": tau, "gap": gap, "sd_participant": sd_participant}
