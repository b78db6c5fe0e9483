"""Trolley problems: stories judged on a scale of seven steps, Statistical Rethinking 2023."""

import numpy as np
from numpy.random import Generator

from sbc.plugins.data import Array, Data, Truth
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
    uniform_ranks={
        "prior": ("trolley_partial",),
        "crossed_prior": ("trolley_crossed_partial",),
    },
    bounds={
        **dict.fromkeys(("n_stories", "n_participants", "answers"), (1, np.inf)),
        **dict.fromkeys(("tau", "sd_participant"), (0, np.inf)),
    },
)
def trolley(rng: Generator, truth: Truth, *, n_stories=12, n_participants=30, answers=(1,)) -> Data:
    """Trolley: how permissible is it? Seven steps, from 0 to 6, stories that differ.

    R_i = #{k: c_k < phi_i + eps_i},  eps_i ~ Logistic(0, 1),  i.e. R_i ~ OrderedLogit(phi_i, c)
    phi_i = beta[story_i] + sd_participant v[participant_i]
    beta_j = eta + tau z_j,  z_j, v_p ~ Normal(0, 1)
    c = (−gap_1 − gap_0, −gap_1, 0, gap_2, gap_2 + gap_3, gap_2 + gap_3 + gap_4)

    Every participant judges every story, as often as `answers` says, one number for all stories
    or one for each. The third cutpoint is 0: only differences between phi and cutpoints can be
    seen, so that one of them has to be held, and beta_j is then the log odds of an answer above it,
    3 or more. The real data have 12 stories, 331 participants and 30 answers of each, two to four
    a story.

    Of the people in the study: by_story_j = beta_j + mean(sd_participant v) is a story's log odds
    for the average of them, by_participant_p = sd_participant (v_p − mean(v)) what one of them
    adds, p_again_p the probability that participant p answers 3 or more to story p mod n_stories
    if asked once more, and p_new_p the same for a story that nobody has seen, of which z is z_new.

    Source: R. McElreath, Statistical Rethinking 2023, lectures 11 and 12.
    """
    z = truth["z"] = rng.normal(size=n_stories)
    v = truth["v"] = rng.normal(size=n_participants)
    beta = truth["beta"] = truth["eta"] + truth["tau"] * z
    once = _answers_by_story(answers, n_stories)
    story = np.tile(once, n_participants)
    participant = np.repeat(np.arange(n_participants), once.size)
    phi = beta[story] + truth["sd_participant"] * v[participant]
    answer = phi + rng.logistic(size=phi.size)
    below, above = truth["gap"][:2], truth["gap"][2:]
    cutpoints = np.concatenate([-np.cumsum(below[::-1])[::-1], [0], np.cumsum(above)])
    truth.update(_of_the_study(truth, rng.normal()))
    return {
        "R": (cutpoints < answer[:, None]).sum(axis=1),
        "story": story,
        "participant": participant,
        "stories": np.arange(n_stories),
        "participants": np.arange(n_participants),
    }


def _answers_by_story(answers: tuple[int, ...], n_stories: int) -> Array:
    """List the stories that a participant judges, one after another."""
    if len(answers) not in (1, n_stories):
        raise ValueError(
            f"answers must be one number or one for each of {n_stories} stories, not {len(answers)}"
        )
    return np.repeat(np.arange(n_stories), answers)


def _of_the_study(truth: Truth, z_new: float) -> Truth:
    """Say what holds for the people in the study: see `trolley`."""
    beta, gamma = truth["beta"], truth["sd_participant"] * truth["v"]
    by_story, by_participant = beta + gamma.mean(), gamma - gamma.mean()
    asked = np.arange(gamma.size) % beta.size
    new = truth["eta"] + truth["tau"] * z_new + gamma.mean()
    return {
        "by_story": by_story,
        "by_participant": by_participant,
        "z_new": z_new,
        "p_again": 1 / (1 + np.exp(-(by_story[asked] + by_participant))),
        "p_new": 1 / (1 + np.exp(-(new + by_participant))),
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
def crossed_prior(rng: Generator) -> Truth:
    """Every parameter drawn from the joint prior of `trolley_crossed_partial`."""
    return prior(rng) | {"sd_participant": rng.exponential()}


@trolley.regime
def fixed(rng: Generator, *, eta=0.7, tau=0.5, sd_participant=0.0) -> Truth:
    """Shares of answers as in the real data; participants differ too if sd_participant is set."""
    gap = np.array([0.65, 0.55, 0.97, 0.64, 0.88])
    return {"eta": eta, "tau": tau, "gap": gap, "sd_participant": sd_participant}
