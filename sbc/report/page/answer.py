"""The first section: one verdict for each estimator and quantity, and what it is about."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from sbc.gates.verdict_words import SIGNS
from sbc.plugins import catalogue
from sbc.report.labels import Labels, plural
from sbc.report.numbers import plus_minus
from sbc.report.verdicts import Pair
from sbc.stats.intervals import wilson
from sbc.store.frames import Run
from sbc.store.rows import FAILED

#: What regimes of the generators that come with sbc are; of others the name alone says nothing.
_REGIMES = {
    "effects": "The estimands are drawn anew for each dataset; everything else is fixed.",
    "prior": "Every parameter is drawn anew for each dataset, from the prior of the full model.",
    "drawn": "The truth is drawn anew for each dataset.",
}
_DESCRIBES = (
    "A verdict then describes how well the estimator does on data from this generator; it need not "
    "mean a fault."
)


def regime_words(run: Run) -> list[str]:
    """Say what the truth was drawn from, and what a verdict means there."""
    words = [_first(run), _expected(run)]
    if run.provenance.imported:
        words = ["These results were made elsewhere and imported.", *words]
    if run.settings.regime.single_truth:
        words.append(
            "At a single truth even an exact posterior has ranks that are not uniform. There are "
            "therefore no verdicts on ranks: look at bias and coverage."
        )
    if run.settings.regime.own:
        words.append("This says nothing about whether the estimator suits other data.")
    return words


def _first(run: Run) -> str:
    settings = run.settings
    if settings.simulator:
        return (
            "Prior SBC: the truth is drawn from each estimator's own prior, and the data by "
            f"{settings.simulator}."
        )
    if settings.regime.single_truth:
        return "All datasets have the same truth; only the data are drawn anew."
    if settings.regime.words:
        return settings.regime.words
    ours = settings.generator in catalogue.names("generator")
    if ours and settings.truth in _REGIMES:
        return _REGIMES[settings.truth]
    if run.provenance.imported:
        return f"The truths are called '{settings.truth}'."
    return (
        f"The truth of each dataset is drawn by the generator's regime '{settings.truth}'; only "
        "its code says how."
    )


def _expected(run: Run) -> str:
    names, everyone = run.expected_uniform, run.settings.estimators
    if not names and run.provenance.imported:
        return "Uniform ranks are expected of no method here."
    if not names:
        return f"Uniform ranks are expected of no estimator here. {_DESCRIBES}"
    first = f"Uniform ranks are expected of {', '.join(names)}"
    if len(names) == len(everyone):
        return f"{first}: any departure is a fault of model or sampler."
    return (
        f"{first} alone: there, a departure is a fault of model or sampler. For the others a "
        "verdict describes how well the estimator does on data from this generator."
    )


def columns_of(pairs: list[Pair]) -> list[str]:
    """List the quantities, estimands first, in the order in which they come."""
    ordered = sorted(pairs, key=lambda pair: not pair.is_estimand)
    return list(dict.fromkeys(pair.quantity for pair in ordered if pair.quantity))


def grid(run: Run, pairs: list[Pair], labels: Labels, anchors: list[str]) -> list[dict[str, Any]]:
    """Arrange the verdicts in rows, one an estimator and engine."""
    columns = columns_of(pairs)
    rows = []
    for estimator, engine in run.settings.pairs:
        mine = {
            pair.quantity: _cell(pair, anchor)
            for pair, anchor in zip(pairs, anchors, strict=True)
            if (pair.estimator, pair.engine) == (estimator, engine)
        }
        rows.append(
            {
                "name": labels.label(estimator, engine),
                "place": labels.places[estimator],
                "full": estimator,
                "expected": estimator in run.expected_uniform,
                "fits": _fits(run, estimator, engine),
                "cells": [(column, mine.get(column)) for column in columns],
            }
        )
    return rows


def _cell(pair: Pair, anchor: str) -> dict[str, Any]:
    symbol, words, kind, _ = SIGNS[pair.outcome]
    lines: list[tuple[str, str]] = []
    if pair.n:
        # The number that says how comes first: bias, unless width is what is wrong.
        lines = [
            ("bias", f"{plus_minus(*pair.bias)} sd"),
            ("95 % interval covers", pair.coverage_words),
        ]
        lines = lines[::-1] if pair.test.shape == "scale" else lines
        lines = [(label, told) for label, told in lines if not told.startswith("–")]
        contraction = pair.contraction
        if pair.is_estimand and not math.isnan(contraction.value):
            lines.append(("contraction", plus_minus(*contraction)))
    return {
        "symbol": symbol,
        "words": words,
        "kind": kind,
        "note": pair.note,
        "anchor": anchor,
        "lines": lines,
    }


def _fits(run: Run, estimator: str, engine: str) -> dict[str, Any]:
    fits = run.fits[(run.fits.estimator == estimator) & (run.fits.engine == engine)]
    failed = int(fits.status.isin(FAILED).sum())
    return {
        "n": plural(len(fits), "fit"),
        "failed": failed,
        "retried": int((fits.attempt > 0).sum()),
    }


def flagged(run: Run) -> str:
    """Say in which share of the datasets each feature is 1 that is 1 or 0 in all of them."""
    if run.label:  # its datasets have numbers of their own
        return ""
    own = run.settings.regime.own
    found = []
    for estimator in run.settings.estimators if own else run.settings.estimators[:1]:
        features = run.features(estimator)
        for name in features if len(features) else ():
            if all(value in (0, 1) for value in features[name]):
                found.append(_share_of(name, features[name]) + (f" for {estimator}" if own else ""))
    return f"Share of the datasets that have a feature: {'; '.join(found)}." if found else ""


def _share_of(name: str, values: pd.Series) -> str:
    low, high = wilson(int(values.sum()), len(values))
    return f"{name} {100 * values.mean():.0f} % [{100 * low:.0f}, {100 * high:.0f}]"
