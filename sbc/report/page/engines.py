"""What approximations cost against a reference engine on the same datasets, and what they save."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbc.report.discrete import MARK
from sbc.report.figures.overall import Interval, Measure, interval_plot
from sbc.report.figures.pictures import Picture
from sbc.report.labels import Labels
from sbc.report.numbers import plus_minus
from sbc.report.verdicts import Pair
from sbc.stats.fits import Estimate, standard_error
from sbc.store.frames import Run

Array = NDArray[np.float64]

#: Engines that draw from the posterior itself; the first in a run is what others are held against.
REFERENCES = ("exact", "nutpie", "pymc", "numpyro")
_SAME = "Each fit is compared with the reference's fit to the same dataset. "
MEASURES = (
    Measure("cost-shift", "Shift of the estimate", "posterior sds of the reference", 0.0,
            _SAME + "Dashed line: no shift. Left: lower estimates; right: higher."),
    Measure("cost-width", "Width of the 95 % interval", "times the reference's", 1.0,
            _SAME + "Dashed line: the same width. Left: narrower; right: wider.", log=True),
    Measure("cost-coverage", "Coverage of the 95 % interval", "minus the reference's", 0.0,
            _SAME + "Dashed line: the same coverage. Left: lower."),
    Measure("cost-seconds", "Seconds of a fit", "times the reference's", 1.0,
            "Dashed line: the same time. Left: faster; right: slower. Retries are counted; "
            "compiling, once for all datasets, is not.", log=True),
)  # fmt: skip
_LOGS = ("cost-width", "cost-seconds")


@dataclass(frozen=True)
class Cost:
    """One approximation beside the reference on the n datasets where both fits worked.

    Attributes
    ----------
    pair, reference : Pair
        The approximation's fits and the reference's, of one estimator and estimand.
    values : dict of str to array of shape (n,)
        By measure, dataset by dataset, means over the elements of a vector: the shift of the
        posterior mean in the reference's posterior sds, the log ratio of the widths, 1, 0 or −1 for
        intervals of which one holds the truth, and the log ratio of the seconds.
    """

    pair: Pair
    reference: Pair
    values: dict[str, Array]

    def estimate(self, name: str) -> Estimate:
        """Give the mean over datasets with its Monte Carlo error, on the scale of `values`."""
        x = self.values[name]
        x = x[np.isfinite(x)]
        return Estimate(float(x.mean()) if x.size else math.nan, standard_error(x))


def reference_of(engines: tuple[str, ...]) -> str:
    """Name the engine that others are held against; empty if there is none in the run."""
    return next((name for name in engines if name in REFERENCES), "")


def costs(run: Run, pairs: list[Pair]) -> list[Cost]:
    """Hold every approximation of a run against its reference engine."""
    reference = reference_of(run.settings.engines)
    if not reference:
        return []
    known = [pair for pair in pairs if pair.is_estimand and pair.n]
    sampled = {(p.estimator, p.quantity): p for p in known if p.engine == reference}
    seconds = run.fits.set_index(["estimator", "engine", "dataset"])["seconds"].sort_index()
    found = []
    for pair in known:
        other = sampled.get((pair.estimator, pair.quantity))
        if pair.engine in REFERENCES or other is None:
            continue
        values, datasets = _against(pair, other)
        if len(datasets) < 3:
            continue
        times = [
            seconds.loc[pair.estimator, p.engine].reindex(datasets).to_numpy(float)
            for p in (pair, other)
        ]
        found.append(Cost(pair, other, values | {"cost-seconds": _log_ratio(*times)}))
    return found


def _against(pair: Pair, other: Pair) -> tuple[dict[str, Array], Array]:
    """Compare the fits to each dataset, its elements taken together."""
    parts: dict[str, list[Array]] = {"cost-shift": [], "cost-width": [], "cost-coverage": []}
    shared = [
        frame.merge(other.frames[name], on=["dataset", "truth"], suffixes=("", "_r"))
        for name, frame in pair.frames.items()
        if name in other.frames
    ]
    datasets = np.array(
        sorted(set.intersection(*(set(f["dataset"]) for f in shared)) if shared else [])
    )
    for frame in (f.set_index("dataset").loc[datasets] for f in shared):
        parts["cost-shift"].append(((frame["mean"] - frame["mean_r"]) / frame["sd_r"]).to_numpy())
        widths = [(frame[f"q975{x}"] - frame[f"q025{x}"]).to_numpy(float) for x in ("", "_r")]
        parts["cost-width"].append(_log_ratio(*widths))
        hits = [
            ((frame[f"q025{x}"] <= frame["truth"]) & (frame["truth"] <= frame[f"q975{x}"]))
            for x in ("", "_r")
        ]
        parts["cost-coverage"].append((hits[0].astype(float) - hits[1]).to_numpy(float))
    means = {name: np.mean(x, axis=0) if x else np.empty(0) for name, x in parts.items()}
    return means, datasets


def _log_ratio(a: Array, b: Array) -> Array:
    """Give log(a / b), NaN where one of them is 0."""
    ratio = np.divide(a, b, out=np.full(len(a), np.nan), where=(a > 0) & (b > 0))
    return np.log(ratio)


def cost_pictures(found: list[Cost], labels: Labels) -> list[Picture]:
    """Draw what approximations cost and what they save: the figures to choose one by."""
    order = {id(cost): i for i, cost in enumerate(found)}
    names = list(dict.fromkeys(cost.pair.quantity for cost in found))
    rows = sorted(found, key=lambda c: (names.index(c.pair.quantity), order[id(c)]))
    pictures = []
    for measure in MEASURES:
        shown = [_interval(cost, measure, labels) for cost in rows]
        if measure.name == "cost-seconds":  # the same whatever is estimated
            shown = list({row.label: replace(row, group="all") for row in shown}.values())
        pictures.append(interval_plot(measure, shown))
    return [picture for picture in pictures if picture]


def _interval(cost: Cost, measure: Measure, labels: Labels) -> Interval:
    value, mcse = cost.estimate(measure.name)
    half = 1.96 * mcse
    scale: Callable[[float], float] = math.exp if measure.name in _LOGS else float
    ends = [scale(x) for x in (value, value - half, value + half)]
    label = labels.label(cost.pair.estimator, cost.pair.engine) + _mark(cost, measure.name)
    return Interval(cost.pair.quantity, label, labels.colour(cost.pair.estimator), *ends)


NUMBERS = ("shift / sd", "width ratio", "coverage difference", "time ratio", "datasets")


def cost_numbers(found: list[Cost], labels: Labels) -> list[dict[str, Any]]:
    """Write the numbers of the figures, each with its Monte Carlo error."""
    rows = []
    for cost in found:
        cells = [_written(cost, measure.name) for measure in MEASURES]
        cells.append(str(len(cost.values["cost-shift"])))
        rows.append(
            {
                "estimand": cost.pair.quantity,
                "estimator": labels.label(cost.pair.estimator, cost.pair.engine),
                "place": labels.places[cost.pair.estimator],
                "cells": list(zip(NUMBERS, cells, strict=True)),
            }
        )
    return rows


def _written(cost: Cost, name: str) -> str:
    value, mcse = cost.estimate(name)
    if name in _LOGS:  # by the delta method
        value = math.exp(value)
        mcse *= value
    return plus_minus(value, mcse) + _mark(cost, name)


def _mark(cost: Cost, name: str) -> str:
    return MARK if name == "cost-coverage" and cost.pair.discrete else ""
