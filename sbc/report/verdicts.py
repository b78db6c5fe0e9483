"""One verdict for each estimator and quantity, with the numbers and the words that say how."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from sbc.gates.judgement import Judged, Judgement, judgement
from sbc.gates.verdict_words import note
from sbc.report.discrete import MARK, is_discrete
from sbc.report.labels import coverage_text
from sbc.report.vector_words import vector_sentence
from sbc.report.words import sentence
from sbc.stats.fits import Estimate, Fits, Proportion
from sbc.stats.uniformity import Uniformity, holm
from sbc.stats.vector_ranks import PooledUniformity, rank_test
from sbc.stats.vectors import Elements, measure
from sbc.store.frames import Run, as_elements, as_fits

#: Verdicts in the order in which they matter where there is no room for all.
WORST_FIRST: dict[Judged, int] = {
    "fail": 0, "inconclusive": 1, "unjudged": 2, "unranked": 2, "pass": 3
}  # fmt: skip
#: Said where a test finds a departure that the tolerance allows.
_WITHIN = "The departure is real, but it is within the tolerance."


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
    outcome : {"pass", "fail", "inconclusive", "unranked", "unjudged"}
        As of `sbc.gates.judgement`; a vector passes if all elements do.
    note : str
        What an open verdict waits for, or why there is none.
    test : Uniformity or PooledUniformity
        At fixed n.
    adjusted : float
        Its p-value, adjusted for all pairs of the page; NaN where there is nothing to test.
    adjusted_elements : tuple of float
        Those of a vector's elements, adjusted among all elements of the page.
    tested : bool
        Whether its ranks are tested: at one fixed truth not even an exact posterior's are uniform.
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
    adjusted_elements: tuple[float, ...] = ()
    tested: bool = True
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


def pairs_of(run: Run, found: Judgement | None = None) -> list[Pair]:
    """Take what is said of all that a run ranks, estimands first; words are still missing.

    Parameters
    ----------
    run : Run
        The run.
    found : Judgement, optional
        What is said of it, if that is known already.
    """
    streams = dict(run.streams())
    estimands = {key for key, _ in run.streams(estimands_only=True)}
    empty = run.results.iloc[:0]
    pairs = []
    for verdict in (found or judgement(run)).ranks.values():
        whose = verdict.estimator, verdict.engine
        frames = {name: streams.get((*whose, name), empty) for name in verdict.streams}
        known = any(key[:2] == whose for key in streams)
        fits = _fits_of(frames)
        pairs.append(
            Pair(
                estimator=verdict.estimator,
                engine=verdict.engine,
                quantity=verdict.quantity,
                is_estimand=not known or (*whose, verdict.streams[0]) in estimands,
                expected=verdict.estimator in run.expected_uniform,
                frames=frames,
                fits=fits,
                outcome=verdict.outcome,
                note=note(verdict),
                test=rank_test(fits),
                tested=not run.settings.regime.single_truth,
            )
        )
    return pairs


def _fits_of(frames: dict[str, pd.DataFrame]) -> Fits | Elements:
    return as_elements(frames) if len(frames) > 1 else as_fits(*frames.values())


def with_words(pairs: list[Pair]) -> list[Pair]:
    """Say what the shapes show, allowing for the number of pairs that are looked at."""
    adjusted = holm([pair.test.p for pair in pairs])
    elements = iter(holm([p for pair in pairs for p in _elements(pair)]))
    tests = sum(pair.n > 1 for pair in pairs)
    return [
        replace(
            pair,
            adjusted=float(p) if pair.tested else math.nan,
            adjusted_elements=tuple(float(next(elements)) for _ in _elements(pair)),
            words=_words(pair, float(p), tests) if pair.tested else "",
        )
        for pair, p in zip(pairs, adjusted, strict=True)
    ]


def _elements(pair: Pair) -> list[float]:
    """Give the p-values of a vector's elements; of a scalar, and of what is no estimand, none."""
    if not isinstance(pair.test, PooledUniformity) or not pair.is_estimand:
        return []
    return [one.p for one in pair.test.elements]


def _words(pair: Pair, adjusted: float, tests: int) -> str:
    subject = "estimates" if pair.is_estimand else "draws"
    if isinstance(pair.fits, Elements):
        assert isinstance(pair.test, PooledUniformity)
        words = vector_sentence(pair.fits, pair.test, adjusted, subject)
    else:
        assert isinstance(pair.test, Uniformity)
        words = sentence(pair.fits, pair.test, adjusted, tests, subject)
    return f"{words} {_WITHIN}" if words and pair.outcome == "pass" else words
