"""What the lecture claims, said so that simulations can answer."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from sbc.report.numbers import with_error
from sbc.studies.lecture import measures as m
from sbc.studies.lecture.evidence import Evidence
from sbc.studies.lecture.judged import Bounds, Measured, Verdict, judge, overall
from sbc.studies.lecture.scenarios import (
    CONFOUND,
    MANY_ROWS,
    MULTILEVEL,
    PARTING,
    PREDATOR,
    SIGMA_1,
    TANKS,
    Scenario,
)

#: With a larger share of fits that failed no claim about an estimator is judged.
MOST_FAILED = 0.05


@dataclass(frozen=True)
class Criterion:
    """One number that a claim hangs on, and where it must lie."""

    words: str
    measure: m.Measure
    bounds: Bounds


@dataclass(frozen=True)
class Claim:
    """A sentence of the lecture, where it is put to the test, and what it is taken to mean.

    Attributes
    ----------
    text : str
        The claim in one sentence; the same text in another scenario is the same claim there.
    scenario : Scenario
        The simulated datasets that judge it.
    estimators : tuple of str
        Whom it is about.
    criteria : tuple of Criterion
        All must hold.
    why : str
        Why these bounds.
    """

    text: str
    scenario: Scenario
    estimators: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    why: str


@dataclass(frozen=True)
class Judged:
    """A claim with what was found."""

    claim: Claim
    verdict: Verdict
    found: tuple[tuple[Criterion, Measured, Verdict], ...]
    datasets: int
    failed: int
    unsound: bool


def judge_claim(claim: Claim, evidence: Evidence) -> Judged:
    """Take a claim's numbers and judge them."""
    measured = [(c, c.measure(evidence)) for c in claim.criteria]
    found = tuple((c, number, judge(number, c.bounds)) for c, number in measured)
    failed = [evidence.failed(name) for name in claim.estimators]
    unsound = max(failed) > MOST_FAILED * evidence.datasets
    verdict = Verdict.OPEN if unsound else overall([v for _, _, v in found])
    return Judged(claim, verdict, found, evidence.datasets, sum(failed), unsound)


def in_words(criterion: Criterion, found: Measured) -> str:
    """Write a criterion with what was found: ``bias: 0.031 (12) [0, 0.062], to be within ±0.1``."""
    known = math.isfinite(found.low + found.high)
    interval = f"[{found.low:.3g}, {found.high:.3g}]".replace("-", "−") if known else "[–]"
    number = with_error(found.value, found.mcse)
    return f"{criterion.words}: {number} {interval}, to be {criterion.bounds.describe()}"


def turns(judged: Iterable[Judged]) -> list[str]:
    """Say which claims hold in one scenario and not in another; an open verdict is neither."""
    by_text: dict[str, list[Judged]] = {}
    for one in judged:
        by_text.setdefault(one.claim.text, []).append(one)
    return [
        f"“{text}” " + "; ".join(f"{j.claim.scenario.words}: {j.verdict}" for j in found) + "."
        for text, found in by_text.items()
        if {Verdict.HOLDS, Verdict.FAILS} <= {j.verdict for j in found}
    ]


_GETS = (
    "Off by less than a tenth of the prior's sd on average, and an interval of 95 % that holds the "
    "truth nine times in ten or more: less would mislead a reader who trusts it."
)


def _gets(name: str, estimator: str, quantity: str, scenario: Scenario) -> Claim:
    criteria = (
        Criterion("bias", m.of("bias", estimator, quantity), Bounds(-0.1, 0.1)),
        Criterion("coverage of the 95 % interval", m.coverage(estimator, quantity), Bounds(0.9)),
    )
    text = f"{name} gets {quantity}."
    return Claim(text, scenario, (estimator,), criteria, _GETS)


def _beats(other: str, scenario: Scenario) -> Claim:
    error = m.difference("rmse", "fixed", other, "beta_XY")
    words = f"root mean squared error of beta_XY, fixed − {other}"
    return Claim(
        f"Fixed effects beat {other} on beta_XY.",
        scenario,
        ("fixed", other),
        (Criterion(words, error, Bounds(high=0)),),
        "To beat is to be nearer to the truth on the same datasets.",
    )


def _blind(scenario: Scenario) -> Claim:
    criterion = Criterion(
        "contraction of beta_ZY", m.of("contraction", "fixed", "beta_ZY"), Bounds(high=0.5)
    )
    return Claim(
        "Fixed effects say nothing on beta_ZY.",
        scenario,
        ("fixed",),
        (criterion,),
        "Contraction is the share of the prior's variance that the data remove. Below one half "
        "they tell less than the prior did.",
    )


def _carries(scenario: Scenario) -> Claim:
    criteria = (
        Criterion("spread of z of beta_XY, mundlak",
                  m.of("z_sd", "mundlak", "beta_XY"), Bounds(1)),
        Criterion("spread of z of beta_XY, mundlak − latent",
                  m.difference("z_sd", "mundlak", "latent", "beta_XY"), Bounds(0.05)),
    )  # fmt: skip
    return Claim(
        "Latent carries the uncertainty of Xbar that Mundlak ignores.",
        scenario,
        ("latent", "mundlak"),
        criteria,
        "Who ignores an uncertainty makes errors larger than the posterior sds reported: "
        "z = error / sd spreads beyond 1, and beyond the z of who carries it. A twentieth more is "
        "the least that matters: an interval of 95 % then covers 94 %.",
    )


def _scores(text: str, column: str, bounds: Bounds, why: str) -> Claim:
    ways = (("by PSIS, as in the lecture", f"psis_{column}"), ("computed reliably", column))
    criteria = tuple(
        Criterion(f"{column}_loo {words}, multilevel − sigma = 1",
                  m.score_difference(name, MULTILEVEL, SIGMA_1), bounds)
        for words, name in ways
    )  # fmt: skip
    return Claim(text, TANKS, (MULTILEVEL, SIGMA_1), criteria, why)


_WAYS = (
    "PSIS is not reliable for most of these tanks; the second number integrates each tank's alpha "
    "out first. Both on the same dataset; "
)

CLAIMS: tuple[Claim, ...] = (
    _scores("Multilevel has fewer effective parameters than sigma = 1.", "p", Bounds(high=0),
            _WAYS + "fewer is fewer."),
    _scores("Multilevel predicts a left-out tank better than sigma = 1.", "elpd", Bounds(0),
            _WAYS + "more is better."),
    Claim(
        "Small tanks shrink more.",
        TANKS,
        (MULTILEVEL,),
        (Criterion("shrinkage of the smallest tanks − that of the largest",
                   m.extra_shrinkage(MULTILEVEL), Bounds(0)),),
        "Shrinkage is 1 − the slope of estimated on observed survival among tanks of one density.",
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
    _beats("multilevel", CONFOUND),
    _beats("multilevel", MANY_ROWS),
    _beats("naive", CONFOUND),
    _beats("naive", MANY_ROWS),
    _blind(CONFOUND),
    _blind(MANY_ROWS),
    _gets("Multilevel", "multilevel", "beta_ZY", CONFOUND),
    _gets("Multilevel", "multilevel", "beta_ZY", MANY_ROWS),
    *(_gets(name, name.lower(), quantity, scenario)
      for name in ("Mundlak", "Latent")
      for quantity in ("beta_XY", "beta_ZY")
      for scenario in (CONFOUND, MANY_ROWS)),
    *(_carries(scenario) for scenario in PARTING),
)  # fmt: skip
