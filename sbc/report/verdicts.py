"""One verdict for each estimator and quantity, with the numbers and the words that say how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from sbc import metrics
from sbc.decisions import Levels
from sbc.expectations import Calibrated
from sbc.gates import Check, judge_check
from sbc.metrics import Estimate, Fits, Proportion
from sbc.panel import Panel, panel
from sbc.read import Run, as_fits
from sbc.report.words import sentence
from sbc.sequential import ALPHA_FAIL, ALPHA_PASS, PRESETS, Outcome
from sbc.uniformity import Uniformity, holm, uniformity_test

DELTA = PRESETS["pr"].delta
#: Outcome: symbol, words, and name in the style sheet.
WORDS: dict[Outcome, tuple[str, str, str]] = {
    "pass": ("✓", "calibrated", "good"),
    "fail": ("✗", "miscalibrated", "bad"),
    "inconclusive": ("?", "cannot tell yet", "open"),
}


@dataclass(frozen=True)
class Pair:
    """One estimator under one engine and one quantity.

    Attributes
    ----------
    estimator, engine, quantity : str
        Whose ranks, and of what; no quantity where nothing is known of any.
    is_estimand : bool
        Whether it is one of the estimator's own estimands.
    owed : bool
        Whether uniform ranks are owed.
    rows : DataFrame
        Its rows of the run's results, those of fits that worked.
    fits : Fits
        The same as arrays.
    outcome : {"pass", "fail", "inconclusive"}
        Of the sequential gate with tolerance `DELTA`.
    note : str
        What an open verdict waits for.
    test : Uniformity
        At fixed n.
    adjusted : float
        Its p-value, adjusted for all pairs of the page.
    words : str
        The shape of the ranks; empty if there is nothing to say.
    """

    estimator: str
    engine: str
    quantity: str
    is_estimand: bool
    owed: bool
    rows: pd.DataFrame
    fits: Fits
    outcome: Outcome
    note: str
    test: Uniformity
    adjusted: float = 1.0
    words: str = ""

    @property
    def n(self) -> int:
        """Datasets whose fit worked."""
        return self.fits.truth.size

    @property
    def bias(self) -> Estimate:
        """In posterior sds."""
        return metrics.mean_z(self.fits)

    @property
    def coverage(self) -> Proportion:
        """Of the interval that a user would report, at 95 %."""
        return metrics.coverage(self.fits, kind="quantile")

    @property
    def contraction(self) -> Estimate:
        """How much the data taught."""
        return metrics.contraction(self.fits)


def pairs_of(run: Run) -> list[Pair]:
    """Judge all that a run ranks, estimands first; their words are still missing."""
    found = []
    streams = dict(run.streams())
    for estimator in run.settings.estimators:
        for engine in run.settings.engines:
            mine = panel(run.fits, run.results, estimator, engine)
            known = [key[2] for key in streams if key[:2] == (estimator, engine)]
            names = known or run.estimands(estimator) or [""]
            estimands = {
                key[2] for key, _ in run.streams(estimands_only=True) if key[0] == estimator
            }
            for name in sorted(names, key=lambda name: bool(known) and name not in estimands):
                rows = streams.get((estimator, engine, name), run.results.iloc[:0])
                found.append(_pair(run, mine, name, rows, name in estimands or not known))
    return found


def _pair(run: Run, mine: Panel, name: str, rows: pd.DataFrame, is_estimand: bool) -> Pair:
    key = (mine.estimator, mine.engine)
    verdict: Any = None
    if mine.n and len(rows):
        check = Check(*key, name, Calibrated(DELTA), (name,))
        verdict = judge_check(check, {key: mine}, Levels(ALPHA_FAIL, ALPHA_PASS))
    fits = as_fits(rows)
    return Pair(
        estimator=mine.estimator,
        engine=mine.engine,
        quantity=name,
        is_estimand=is_estimand,
        owed=mine.estimator in run.owing,
        rows=rows,
        fits=fits,
        outcome=verdict.outcome if verdict else "inconclusive",
        note=_note(verdict, mine),
        test=uniformity_test(fits.u),
    )


def _note(verdict: Any, mine: Panel) -> str:
    if verdict is None:
        return "no fit has worked" if mine.n else "no fits yet"
    if verdict.outcome != "inconclusive":
        return ""
    if verdict.turned:
        return "failed fits could turn it"
    if verdict.needed:
        return f"about {_round(verdict.needed)} more datasets would tell"
    return "the ranks point nowhere yet"


def _round(n: int) -> int:
    """Keep two digits of a number that is no more than a guess."""
    return int(float(f"{n:.1e}")) if n >= 100 else n


def with_words(pairs: list[Pair]) -> list[Pair]:
    """Say what the shapes show, allowing for the number of pairs that are looked at."""
    adjusted = holm([pair.test.p for pair in pairs])
    tests = sum(pair.n > 1 for pair in pairs)
    return [
        replace(
            pair,
            adjusted=float(p),
            words=sentence(
                pair.fits, pair.test, float(p), tests, "estimates" if pair.is_estimand else "draws"
            ),
        )
        for pair, p in zip(pairs, adjusted, strict=True)
    ]
