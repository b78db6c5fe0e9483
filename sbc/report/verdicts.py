"""One verdict for each estimator and quantity, with the numbers and the words that say how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from sbc.gates.decisions import Levels
from sbc.gates.expectations import Calibrated
from sbc.gates.history import History, history
from sbc.gates.judge import Check, judge_check
from sbc.report.discrete import MARK, is_discrete
from sbc.report.labels import coverage_text
from sbc.report.vector_words import vector_sentence
from sbc.report.words import sentence
from sbc.stats.fits import Estimate, Fits, Proportion
from sbc.stats.sequential.judge import PRESETS
from sbc.stats.sequential.outcome import ALPHA_FAIL, ALPHA_PASS, Outcome
from sbc.stats.uniformity import Uniformity, holm
from sbc.stats.vector_ranks import PooledUniformity, rank_test
from sbc.stats.vectors import Elements, measure
from sbc.store.frames import Run, as_elements, as_fits
from sbc.store.names import units

#: The outcome of a gate; of an estimate without draws there is none.
Judged = Outcome | Literal["unranked"]
DELTA = PRESETS["pr"].delta
#: Outcome: symbol, words, and name in the style sheet.
WORDS: dict[Judged, tuple[str, str, str]] = {
    "pass": ("✓", "calibrated", "good"),
    "fail": ("✗", "miscalibrated", "bad"),
    "inconclusive": ("?", "cannot tell yet", "open"),
    "unranked": ("–", "no ranks", "open"),
}


@dataclass(frozen=True)
class Pair:
    """One estimator under one engine and one quantity, or one vector of them.

    Attributes
    ----------
    estimator, engine, quantity : str
        Whose ranks, and of what: ``p[*]`` for a vector, no quantity where nothing is known of any.
    is_estimand : bool
        Whether it is one of the estimator's own estimands.
    expected : bool
        Whether uniform ranks are expected.
    frames : dict of str to DataFrame
        Its rows of the run's results, those of fits that worked; one frame an element of a vector.
    fits : Fits or Elements
        The same as arrays.
    outcome : {"pass", "fail", "inconclusive", "unranked"}
        Of the sequential gate with tolerance `DELTA`; a vector passes if all elements do.
    note : str
        What an open verdict waits for.
    test : Uniformity or PooledUniformity
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
    expected: bool
    frames: dict[str, pd.DataFrame]
    fits: Fits | Elements
    outcome: Judged
    note: str
    test: Uniformity | PooledUniformity
    adjusted: float = 1.0
    words: str = ""

    @property
    def n(self) -> int:
        """Datasets whose fit worked."""
        return self.fits.n

    def measure(self, metric: str, **options: Any) -> Any:
        """Evaluate a metric, pooled over the elements of a vector."""
        return measure(metric, self.fits, **options)

    def on(self, datasets: Any) -> Fits | Elements:
        """Give the fits to some of the datasets."""
        kept = {name: frame[frame["dataset"].isin(datasets)] for name, frame in self.frames.items()}
        return _fits_of(kept)

    @property
    def bias(self) -> Estimate:
        """In posterior sds."""
        return self.measure("bias_sd")

    @property
    def coverage(self) -> Proportion:
        """Of the interval that a user would report, at 95 %."""
        return self.measure("coverage", kind="known")

    @property
    def discrete(self) -> bool:
        """Whether its intervals cover more than they say: see `sbc.report.discrete`."""
        return is_discrete(self.frames.values())

    @property
    def coverage_words(self) -> str:
        """The coverage and its interval in per cent, marked if the estimand is discrete."""
        return coverage_text(self.coverage) + (MARK if self.discrete else "")

    @property
    def contraction(self) -> Estimate:
        """How much the data taught."""
        return self.measure("contraction")


def pairs_of(run: Run) -> list[Pair]:
    """Judge all that a run ranks, estimands first; their words are still missing."""
    found = []
    streams = dict(run.streams())
    for estimator, engine in run.settings.pairs:
        mine = history(run.fits, run.results, estimator, engine)
        known = [key[2] for key in streams if key[:2] == (estimator, engine)]
        names = known or run.estimands(estimator) or [""]
        estimands = {key[2] for key, _ in run.streams(estimands_only=True) if key[0] == estimator}
        names = sorted(names, key=lambda name: bool(known) and name not in estimands)
        for unit, members in units(names).items():
            frames = {
                name: streams.get((estimator, engine, name), run.results.iloc[:0])
                for name in members
            }
            is_estimand = members[0] in estimands or not known
            found.append(_pair(run, mine, unit, frames, is_estimand))
    return found


def _fits_of(frames: dict[str, pd.DataFrame]) -> Fits | Elements:
    return as_elements(frames) if len(frames) > 1 else as_fits(*frames.values())


def _pair(
    run: Run, mine: History, name: str, frames: dict[str, pd.DataFrame], is_estimand: bool
) -> Pair:
    key = (mine.estimator, mine.engine)
    verdict: Any = None
    worked = any(map(len, frames.values()))
    ranked = any(mine.is_ranked(name) for name in frames) or not worked
    if mine.n and worked and ranked:
        check = Check(*key, name, Calibrated(DELTA), tuple(frames))
        verdict = judge_check(check, {key: mine}, Levels(ALPHA_FAIL, ALPHA_PASS))
    fits = _fits_of(frames)
    return Pair(
        estimator=mine.estimator,
        engine=mine.engine,
        quantity=name,
        is_estimand=is_estimand,
        expected=mine.estimator in run.expected_uniform,
        frames=frames,
        fits=fits,
        outcome=verdict.outcome if verdict else "inconclusive" if ranked else "unranked",
        note=_note(verdict, mine) if ranked else "",
        test=rank_test(fits),
    )


def _note(verdict: Any, mine: History) -> str:
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
            words=_words(pair, float(p), tests),
        )
        for pair, p in zip(pairs, adjusted, strict=True)
    ]


def _words(pair: Pair, adjusted: float, tests: int) -> str:
    subject = "estimates" if pair.is_estimand else "draws"
    if isinstance(pair.fits, Elements):
        assert isinstance(pair.test, PooledUniformity)
        return vector_sentence(pair.fits, pair.test, adjusted, subject)
    assert isinstance(pair.test, Uniformity)
    return sentence(pair.fits, pair.test, adjusted, tests, subject)
