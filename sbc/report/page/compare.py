"""The second section: estimators side by side, alone and as differences on the same datasets."""

from __future__ import annotations

import math
from itertools import groupby, islice
from typing import Any

from sbc.report.discrete import MARK, is_discrete
from sbc.report.figures.overall import Interval, Measure, interval_plot
from sbc.report.figures.pictures import Picture
from sbc.report.labels import Labels, coverage_text
from sbc.report.numbers import p_value, plus_minus
from sbc.report.verdicts import Pair
from sbc.stats import metrics
from sbc.stats.fits import Estimate, Proportion
from sbc.stats.uniformity import holm
from sbc.stats.vector_ranks import PooledUniformity
from sbc.stats.vectors import Elements, difference

_READ = "Dots are estimates, lines their 95 % Monte Carlo intervals. "
MEASURES = (
    Measure("bias", "Bias", "bias, in units of the estimand", 0.0,
            _READ + "Dashed line: no bias."),
    Measure("rmse", "Root mean squared error", "RMSE, in units of the estimand", None,
            _READ + "Smaller is better."),
    Measure("coverage", "Coverage of the 95 % interval", "coverage", 0.95,
            _READ + "Dashed line: the nominal 95 %."),
)  # fmt: skip
_ON_THE_SAME = (
    "Difference from the estimator in the heading, which has the smallest RMSE, on the datasets "
    "where both fits worked. Chance that affects both cancels. "
)
DIFFERENCES = (
    Measure("paired-rmse", "Difference of RMSE", "RMSE − RMSE of the best", 0.0,
            _ON_THE_SAME + "Right of the dashed line: a larger error."),
    Measure("paired-bias", "Difference of bias", "bias − bias of the best", 0.0,
            _ON_THE_SAME + "On the dashed line: the same bias."),
    Measure("paired-coverage", "Difference of coverage", "coverage − coverage of the best", 0.0,
            _ON_THE_SAME + "Left of the dashed line: a lower coverage."),
)  # fmt: skip


def _value(name: str, pair: Pair) -> Estimate | Proportion:
    if name == "coverage":
        return pair.coverage
    return pair.measure(name)


def _interval(group: str, label: str, colour: str, estimate: Estimate | Proportion) -> Interval:
    if isinstance(estimate, Proportion):
        return Interval(group, label, colour, estimate.value, estimate.low, estimate.high)
    half = 1.96 * estimate.mcse
    return Interval(group, label, colour, estimate.value, estimate.value - half,
                    estimate.value + half)  # fmt: skip


def by_estimand(pairs: list[Pair]) -> list[tuple[str, list[Pair]]]:
    """Group the pairs that hold fits by their estimand."""
    known = [pair for pair in pairs if pair.is_estimand and pair.n]
    order = list(dict.fromkeys(pair.quantity for pair in known))
    known.sort(key=lambda pair: order.index(pair.quantity))
    return [(name, list(group)) for name, group in groupby(known, key=lambda pair: pair.quantity)]


def side_by_side(pairs: list[Pair], labels: Labels) -> list[Picture]:
    """Draw bias, RMSE and coverage of all estimators."""
    pictures = []
    for measure in MEASURES:
        rows = [
            _interval(
                name,
                labels.label(pair.estimator, pair.engine) + _mark(measure, pair),
                labels.colour(pair.estimator),
                _value(measure.name, pair),
            )
            for name, group in by_estimand(pairs)
            for pair in group
        ]
        pictures.append(interval_plot(measure, rows))
    return [picture for picture in pictures if picture]


def differences(pairs: list[Pair], labels: Labels) -> list[Picture]:
    """Draw what tells estimators apart on the datasets that they share."""
    pictures = []
    for measure in DIFFERENCES:
        rows = [
            row
            for name, group in by_estimand(pairs)
            for row in _against(name, group, measure, labels)
        ]
        pictures.append(interval_plot(measure, rows))
    return [picture for picture in pictures if picture]


def _mark(measure: Measure, pair: Pair) -> str:
    return MARK if measure.name.endswith("coverage") and pair.discrete else ""


def _against(name: str, group: list[Pair], measure: Measure, labels: Labels) -> list[Interval]:
    metric = measure.name.removeprefix("paired-")
    options: dict[str, Any] = {"kind": "known"} if metric == "coverage" else {}
    best = min(group, key=lambda pair: pair.measure("rmse").value)
    heading = f"{name}, minus {labels.label(best.estimator, best.engine)}"
    rows = []
    for pair in group:
        common = _common(pair, best)
        if pair is best or len(common) < 3:
            continue
        found = difference(metric, pair.on(common), best.on(common), **options)
        if not math.isfinite(found.mcse):
            continue
        label = labels.label(pair.estimator, pair.engine) + _mark(measure, pair)
        rows.append(_interval(heading, label, labels.colour(pair.estimator), found))
    return rows


def _common(pair: Pair, other: Pair) -> set[int]:
    """Find the datasets to which both were fitted, with the same truth of all elements."""
    if pair.frames.keys() != other.frames.keys():
        return set()
    same = ["dataset", "truth"]
    shared = [
        set(frame.merge(other.frames[name][same], on=same)["dataset"])
        for name, frame in pair.frames.items()
    ]
    return set.intersection(*shared)


NUMBERS = ("bias", "bias_sd", "RMSE", "coverage 50 %", "coverage 95 %", "width 95 %",
           "contraction", "CRPS", "rank p")  # fmt: skip


def numbers(pairs: list[Pair], labels: Labels) -> list[dict[str, Any]]:
    """Write every number of the section, with its Monte Carlo error."""
    rows = []
    for name, group in by_estimand(pairs):
        for pair in group:
            half, share = pair.measure("coverage", level=0.5, kind="known"), pair.coverage
            ends = f" [{share.low:.2f}, {share.high:.2f}]" if math.isfinite(share.low) else ""
            mark = MARK if pair.discrete else ""
            cells = [
                plus_minus(*pair.measure("bias")),
                plus_minus(*pair.bias),
                plus_minus(*pair.measure("rmse")),
                plus_minus(half.value, half.mcse) + mark,
                plus_minus(share.value, share.mcse) + ends + mark,
                plus_minus(*pair.measure("width")),
                plus_minus(*pair.contraction),
                plus_minus(*pair.measure("crps")),
                p_value(pair.adjusted),
            ]
            rows.append(
                {
                    "estimand": name,
                    "estimator": labels.label(pair.estimator, pair.engine),
                    "place": labels.places[pair.estimator],
                    "cells": list(zip(NUMBERS, cells, strict=True)),
                }
            )
    return rows


ELEMENT_NUMBERS = ("bias", "bias_sd", "RMSE", "coverage 95 %", "rank p")
SHOWN_ELEMENTS = 100


def of_elements(pair: Pair) -> list[dict[str, Any]]:
    """Write the numbers of each element of a vector, `SHOWN_ELEMENTS` at most; none of a scalar."""
    if not isinstance(pair.fits, Elements) or not pair.n:
        return []
    assert isinstance(pair.test, PooledUniformity)
    rows = []
    # Adjusted among all elements of the page; those that are no estimands stand by themselves.
    adjusted = pair.adjusted_elements or holm([one.p for one in pair.test.elements])
    parts = zip(pair.fits.names, pair.fits.fits, adjusted, strict=True)
    for name, fits, p in islice(parts, SHOWN_ELEMENTS):
        mark = MARK if is_discrete([pair.frames[name]]) else ""
        cells = [
            plus_minus(*metrics.bias(fits)),
            plus_minus(*metrics.bias_sd(fits)),
            plus_minus(*metrics.rmse(fits)),
            coverage_text(metrics.coverage(fits, kind="known")) + mark,
            p_value(float(p) if pair.tested else math.nan),
        ]
        rows.append({"name": name, "cells": list(zip(ELEMENT_NUMBERS, cells, strict=True))})
    return rows
