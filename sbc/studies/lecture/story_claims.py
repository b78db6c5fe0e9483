"""What the lecture claims of repeated observations and of three ways of pooling."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from sbc.plugins.data import Array, Data
from sbc.studies.lecture import vector_measures as v
from sbc.studies.lecture.claims import Claim, Criterion
from sbc.studies.lecture.judged import Bounds
from sbc.studies.lecture.scenarios import (
    ANSWERS,
    COMPLETE,
    CROSSED,
    CROSSED_COMPLETE,
    CROSSED_PARTIAL,
    CROSSED_UNPOOLED,
    EVEN,
    FEW_PARTICIPANTS,
    LEARNING,
    PARTIAL,
    STORY_SIZES,
    TEN_ANSWERS,
    TROLLEY,
    UNEVEN,
    UNPOOLED,
    Scenario,
)

_POWER = (
    "Errors fall as a power of the number of answers; a power below 0 is a better estimate, and "
    "−0.5 the root. It is nearer to 0 with partial pooling, which helps most where there are few "
    "answers."
)
_FIT = (
    "To underfit is to be farther than partial pooling from what was seen and from the truth; to "
    "overfit, nearer to what was seen and farther from the truth. Seen is the share of answers of "
    "4 or more to a story, on the scale from 1 to 7."
)
_NEAREST = (
    "Smaller errors than either of the others on the same datasets. Complete pooling takes every "
    "participant for the average one; of a new story, no pooling knows its prior alone. What is "
    "predicted is the probability of an answer of 4 or more, of which the truth is known: "
    "beyond its error, no prediction of the answer itself could do better."
)


def share_above(data: Data) -> Array:
    """Give the share of a story's answers that are 3 or more on the data's scale from 0."""
    above = np.bincount(data["story"], weights=data["R"] >= 3, minlength=len(data["stories"]))
    return above / np.bincount(data["story"], minlength=len(data["stories"]))


def _fits(text: str, other: str, name: str, nearer: bool) -> Claim:
    seen = v.fit_difference("beta", other, PARTIAL, share_above, expit)
    return Claim(
        text,
        TEN_ANSWERS,
        (other, PARTIAL),
        (
            Criterion(f"distance from the shares seen, {name} − partial", seen,
                      Bounds(high=0) if nearer else Bounds(0)),
            Criterion(f"error of the stories' effects, {name} − partial",
                      v.error_difference("beta", other, PARTIAL), Bounds(0)),
        ),
        _FIT,
    )  # fmt: skip


def _nearest(text: str, vector: str, scenario: Scenario) -> Claim:
    if vector == "by_participant":
        complete = v.error_below_zero_effects(vector, CROSSED_PARTIAL)
    else:
        complete = v.error_difference(vector, CROSSED_PARTIAL, CROSSED_COMPLETE)
    none = v.error_difference(vector, CROSSED_PARTIAL, CROSSED_UNPOOLED)
    criteria = (
        Criterion("error, partial − complete pooling", complete, Bounds(high=0)),
        Criterion("error, partial − no pooling", none, Bounds(high=0)),
    )
    return Claim(text, scenario, CROSSED, criteria, _NEAREST)


_TOLD = {
    "by_story": "Partial pooling is nearest to the stories' effects.",
    "by_participant": "Partial pooling is nearest to the participants' effects.",
    "p_again": "Partial pooling predicts new answers to known stories best.",
    "p_new": "Partial pooling predicts answers to a new story best.",
}

STORY_CLAIMS = (
    Claim(
        "Repeated observations of a story give better estimates of it.",
        STORY_SIZES,
        (UNPOOLED, PARTIAL),
        tuple(
            Criterion(f"power of the number of answers, {name}",
                      v.improvement_with_answers("beta", estimator, np.array(ANSWERS)),
                      Bounds(high=0))
            for estimator, name in ((UNPOOLED, "no pooling"), (PARTIAL, "partial pooling"))
        ),
        _POWER,
    ),
    _fits("Complete pooling underfits.", COMPLETE, "complete", nearer=False),
    _fits("No pooling overfits.", UNPOOLED, "none", nearer=True),
    *(_nearest(text, vector, scenario)
      for vector, text in _TOLD.items()
      for scenario in (FEW_PARTICIPANTS, TROLLEY)),
    *(Claim(
        "Partial pooling learns faster than no pooling.",
        scenario,
        (PARTIAL, UNPOOLED),
        (Criterion("error of the stories' effects, partial − none",
                   v.error_difference("beta", PARTIAL, UNPOOLED), Bounds(high=0)),),
        "To learn faster is to be nearer to the truth after as many answers.",
    ) for scenario in LEARNING),
    Claim(
        "Partial pooling gains most where sampling is uneven.",
        UNEVEN,
        (PARTIAL, UNPOOLED),
        (Criterion("log (error without / with pooling), uneven − even",
                   v.extra_gain("beta", PARTIAL, UNPOOLED, EVEN), Bounds(0)),),
        "The gain is the ratio of the two errors, and the same 360 answers are spread evenly in "
        "the other scenario, 30 to a story.",
    ),
)  # fmt: skip
