"""What the lecture claims of the reed frogs, and of three superstitions about varying effects."""

from __future__ import annotations

from sbc.plugins.data import Array, Data
from sbc.studies.lecture import measures as m
from sbc.studies.lecture import vector_measures as v
from sbc.studies.lecture.claims import Claim, Criterion
from sbc.studies.lecture.exact_tanks import GIVEN
from sbc.studies.lecture.judged import Bounds
from sbc.studies.lecture.scenarios import (
    CHOSEN,
    FEW_TANKS,
    LAWS,
    MULTILEVEL,
    NEW_TANKS,
    NO_POOLING,
    PREDATOR,
    SIGMA_1,
    SIGMA_HIGH,
    SIGMA_LOW,
    TANKS,
    Scenario,
)


def share_alive(data: Data) -> Array:
    """Give the share of each tank's tadpoles that survived."""
    return data["S"] / data["D"]


def _scores(text: str, column: str, bounds: Bounds, why: str) -> Claim:
    words = f"{column}_loo"
    ways = (
        ("by PSIS, as in the lecture", m.score_difference(f"psis_{column}", MULTILEVEL, SIGMA_1)),
        ("computed reliably", m.score_difference(column, MULTILEVEL, SIGMA_1)),
        ("by sums over a grid", v.exact_difference(column, 1.0)),
    )
    criteria = tuple(
        Criterion(f"{words} {way}, multilevel − sigma = 1", measure, bounds)
        for way, measure in ways
    )
    return Claim(text, TANKS, (MULTILEVEL, SIGMA_1), criteria, why)


_WAYS = (
    "PSIS is not reliable for most of these tanks; the second number integrates each tank's alpha "
    "out first, and the third needs no draws at all. All on the same dataset; "
)


def _pays(sigma: float) -> Claim:
    return Claim(
        f"Multilevel predicts a left-out tank better than sigma = {sigma:g}.",
        TANKS,
        (),
        (Criterion(f"elpd_loo by sums over a grid, multilevel − sigma = {sigma:g}",
                   v.exact_difference("elpd", sigma), Bounds(0)),),
        "More is better. Sums over a grid need no draws: nothing is approximated but integrals.",
    )  # fmt: skip


def _given(text: str, sigma: str, name: str, nearer: bool) -> Claim:
    seen = v.fit_difference("p_survived", sigma, MULTILEVEL, share_alive, lambda p: p)
    return Claim(
        text,
        TANKS,
        (sigma, MULTILEVEL),
        (
            Criterion(f"distance from the shares seen, {name} − multilevel", seen,
                      Bounds(high=0) if nearer else Bounds(0)),
            Criterion(f"error on left-out tadpoles, {name} − multilevel",
                      v.error_difference("p_survived", sigma, MULTILEVEL), Bounds(0)),
        ),
        "To underfit is to be farther than multilevel from the tadpoles seen and from those left "
        "out; to overfit, nearer to the first and farther from the second. The error is that of "
        "the probability that a left-out tadpole survives, which is known here.",
    )  # fmt: skip


def _pooled_is_nearer(pooled: str) -> Criterion:
    words = "error of the tanks' survival, partial − no pooling"
    return Criterion(words, v.error_difference("p_survived", pooled, NO_POOLING), Bounds(high=0))


def _tanks_covered(pooled: str) -> Criterion:
    covered = v.coverage_of("p_survived", pooled, "q025", "q975")
    return Criterion("coverage of the tanks' 95 % intervals", covered, Bounds(0.9))


_SUPERSTITION = (
    "Nearer to the truth than no pooling on the same datasets, with intervals of 95 % that hold "
    "the truth nine times in ten or more."
)


def _few(scenario: Scenario) -> Claim:
    sigma = Criterion("coverage of sigma's 95 % interval", m.coverage(MULTILEVEL, "sigma"),
                      Bounds(0.9))  # fmt: skip
    criteria = (_pooled_is_nearer(MULTILEVEL), _tanks_covered(MULTILEVEL), sigma)
    text = "The number of units need not be large."
    return Claim(text, scenario, (MULTILEVEL, NO_POOLING), criteria, _SUPERSTITION)


def _other_law(scenario: Scenario) -> Claim:
    criteria = (_pooled_is_nearer(NEW_TANKS), _tanks_covered(NEW_TANKS))
    text = "Variation need not be normal for a normal population model to pay."
    return Claim(text, scenario, (NEW_TANKS, NO_POOLING), criteria, _SUPERSTITION)


def _new_tank(scenario: Scenario) -> Claim:
    return Claim(
        "A normal population model's intervals for a new tank can be trusted.",
        scenario,
        (NEW_TANKS,),
        (
            Criterion("coverage of 50 %", v.coverage_of("p_new", NEW_TANKS, "q25", "q75"),
                      Bounds(0.45, 0.55)),
            Criterion("coverage of 95 %", v.coverage_of("p_new", NEW_TANKS, "q025", "q975"),
                      Bounds(0.9)),
        ),
        "Of a tank that nobody has seen the model knows the population alone, and what is wrong "
        "with that shows: both intervals must hold about what they say.",
    )  # fmt: skip


TANK_CLAIMS = (
    _scores("Multilevel has fewer effective parameters than sigma = 1.", "p", Bounds(high=0),
            _WAYS + "fewer is fewer."),
    _scores("Multilevel predicts a left-out tank better than sigma = 1.", "elpd", Bounds(0),
            _WAYS + "more is better."),
    *(_pays(sigma) for sigma in GIVEN if sigma != 1),
    _given("sigma = 0.1 underfits.", SIGMA_LOW, "sigma = 0.1", nearer=False),
    _given("sigma = 5 overfits.", SIGMA_HIGH, "sigma = 5", nearer=True),
    Claim(
        "The sigma that predicts best lies inside the multilevel model's 89 % interval.",
        TANKS,
        (),
        (Criterion("share of datasets", v.best_sigma_inside, Bounds(0.89)),),
        "As often as such an interval should hold what it is about. Scores and posterior by sums "
        "over a grid, the best of 50 values of sigma from 0.1 to 5.",
    ),
    Claim(
        "Small tanks shrink more.",
        TANKS,
        (MULTILEVEL,),
        (Criterion("shrinkage of the smallest tanks − that of the largest",
                   m.extra_shrinkage(MULTILEVEL), Bounds(0)),),
        "Shrinkage is 1 − the slope of estimated on observed survival among tanks of one density.",
    ),
    Claim(
        "The pull is stronger the farther a tank lies from the mean.",
        TANKS,
        (MULTILEVEL,),
        (Criterion("rank correlation of pull and distance",
                   v.pull_by_distance("p_survived", MULTILEVEL, share_alive), Bounds(0.5)),),
        "The pull is the way from what was seen to the estimate, in log odds, and tanks of one "
        "density are compared with each other. A rank correlation of one half is a tendency that a "
        "picture shows.",
    ),
    Claim(
        "Predators explain sigma away, and predictions stay the same.",
        TANKS,
        (PREDATOR, MULTILEVEL),
        (
            Criterion("posterior mean of sigma, with predators − without",
                      m.mean_difference(PREDATOR, MULTILEVEL, "sigma"), Bounds(high=0)),
            Criterion("mean absolute difference of survival",
                      m.distance("p_survived", PREDATOR, MULTILEVEL), Bounds(high=0.05)),
        ),
        "Sigma must fall; survival may move by no more than half a tadpole in ten.",
    ),
)  # fmt: skip

SUPERSTITION_CLAIMS = (
    Claim(
        "Units need not be sampled at random.",
        CHOSEN,
        (NEW_TANKS, NO_POOLING),
        (_pooled_is_nearer(NEW_TANKS), _tanks_covered(NEW_TANKS)),
        _SUPERSTITION,
    ),
    *(_few(scenario) for scenario in FEW_TANKS),
    *(_other_law(scenario) for scenario in LAWS),
    *(_new_tank(scenario) for scenario in LAWS),
)
