"""Names and numbers as the page writes them."""

from __future__ import annotations

import math
import re
import shlex
from collections import Counter
from dataclasses import dataclass

from sbc.report.figures.colours import PALETTE
from sbc.stats.fits import Proportion
from sbc.store.frames import Run


@dataclass(frozen=True)
class Labels:
    """Short names of what was fitted, and the colour of each estimator.

    Attributes
    ----------
    places : dict of str to int
        Each estimator's place in the palette.
    short : dict of str to str
        Estimators as figures name them: without the path to a user's file.
    several : frozenset of str
        Estimators that several engines fit, which must be told apart.
    """

    places: dict[str, int]
    short: dict[str, str]
    several: frozenset[str]

    @classmethod
    def of(cls, run: Run, places: dict[str, int]) -> Labels:
        """Shorten a run's names as far as they stay different."""
        names = {name: name.rpartition(":")[2] or name for name in run.settings.estimators}
        often = Counter(names.values())
        short = {name: end if often[end] == 1 else name for name, end in names.items()}
        engines = {name: len(run.settings.engines_of(name)) for name in names}
        return cls(places, short, frozenset(name for name in names if engines[name] > 1))

    def label(self, estimator: str, engine: str) -> str:
        """Name an estimator, and its engine where it has several."""
        short = self.short[estimator]
        return f"{short} · {engine}" if estimator in self.several else short

    def colour(self, estimator: str) -> str:
        """Give an estimator's colour on paper."""
        return PALETTE[self.places[estimator]].light


def coverage_text(share: Proportion) -> str:
    """Write a coverage and its interval in per cent."""
    if math.isnan(share.value):
        return "–"
    return f"{100 * share.value:.0f} % [{100 * share.low:.0f}, {100 * share.high:.0f}]"


def replay_command(run: Run, k: int, estimator: str, engine: str) -> str:
    """Give the command that makes one fit again; none if it was made elsewhere."""
    if run.provenance.imported:
        return ""
    words = ["python", "-m", "sbc", "replay", str(run.folder), "--dataset", str(k)]
    words += ["--estimator", estimator]
    words += ["--engine", engine] if engine != run.settings.engines_of(estimator)[0] else []
    return shlex.join(words)


def slug(*parts: str) -> str:
    """Join names to one that any file system takes."""
    return "_".join(re.sub(r"[^\w.-]+", "-", part).strip("-.") or "x" for part in parts)[:120]


def plural(count: int, noun: str) -> str:
    """Write a count and its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
