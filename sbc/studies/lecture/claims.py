"""A claim, said so that simulations can answer, and what they answered."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from sbc.report.numbers import with_error
from sbc.studies.lecture import measures as m
from sbc.studies.lecture.evidence import Evidence
from sbc.studies.lecture.judged import UNKNOWN, Bounds, Measured, Verdict, judge, overall
from sbc.studies.lecture.scenarios import Scenario

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
    over : tuple of Scenario
        All of them, where it is judged in several at once; `scenario` is the first.
    """

    text: str
    scenario: Scenario
    estimators: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    why: str
    over: tuple[Scenario, ...] = ()

    @property
    def where(self) -> str:
        """Say in which scenario it is judged."""
        return f"{len(self.over)} scenarios at once" if self.over else self.scenario.words


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
    several = [evidence.beside(scenario) for scenario in claim.over] or [evidence]
    known = all(one.worked(name) for one in several for name in claim.estimators)
    measured = [(c, c.measure(evidence) if known else UNKNOWN) for c in claim.criteria]
    found = tuple((c, number, judge(number, c.bounds)) for c, number in measured)
    datasets = sum(one.datasets for one in several)
    failed = [sum(one.failed(name) for one in several) for name in claim.estimators]
    unsound = max(failed, default=0) > MOST_FAILED * datasets
    verdict = Verdict.OPEN if unsound else overall([v for _, _, v in found])
    return Judged(claim, verdict, found, datasets, sum(failed), unsound)


def in_words(criterion: Criterion, found: Measured) -> str:
    """Write a criterion with what was found: ``bias: 0.031 (12) [0, 0.062], to be within ±0.1``."""
    known = math.isfinite(found.low + found.high)
    interval = f"[{found.low:.3g}, {found.high:.3g}]".replace("-", "−") if known else "[–]"
    number = with_error(found.value, found.mcse).replace("-", "−")
    return f"{criterion.words}: {number} {interval}, to be {criterion.bounds.describe()}"


def turns(judged: Iterable[Judged]) -> list[str]:
    """Say which claims hold in one scenario and not in another; an open verdict is neither."""
    by_text: dict[str, list[Judged]] = {}
    for one in judged:
        by_text.setdefault(one.claim.text, []).append(one)
    return [
        f"“{text}” " + "; ".join(f"{j.claim.where}: {j.verdict}" for j in found) + "."
        for text, found in by_text.items()
        if {Verdict.HOLDS, Verdict.FAILS} <= {j.verdict for j in found}
    ]
