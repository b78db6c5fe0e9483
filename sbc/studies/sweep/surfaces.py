"""One metric of one estimator over all cells: what a map or a line of a report shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sbc.gates.expectations import Bounds
from sbc.report.targets import Subject
from sbc.stats.fits import Proportion
from sbc.store.rows import FAILED
from sbc.studies.sweep.answers import Answer, error_of, estimate
from sbc.studies.sweep.read import Sweep

Array = NDArray[np.float64]
#: What is shown whether or not it is bounded.
METRICS = ("bias", "coverage_95", "rmse", "contraction")


@dataclass(frozen=True, eq=False)
class Surface:
    """A metric over the grid.

    Attributes
    ----------
    estimator, engine, estimand, metric : str
        Whose, and which.
    value, error, low, high : array of shape (cells,)
        The estimate, its Monte Carlo error and the ends of its 95 % interval, NaN where unknown.
    bound : Bounds or None
        What was asked of it.
    outcomes : tuple of str
        The answers, one a cell; empty without a bound.
    """

    estimator: str
    engine: str
    estimand: str
    metric: str
    value: Array
    error: Array
    low: Array
    high: Array
    bound: Bounds | None = None
    outcomes: tuple[str, ...] = field(default=())

    @property
    def limits(self) -> list[float]:
        """The finite ends of the bound."""
        ends = [] if self.bound is None else [self.bound.low, self.bound.high]
        return [end for end in ends if np.isfinite(end)]


def estimands_of(sweep: Sweep) -> list[str]:
    """List what is estimated, vectors as a whole, in the order in which it comes."""
    return list(dict.fromkeys(subject.name for _, subject in sweep.subjects if subject.name))


def metrics_of(sweep: Sweep, bounds: Sequence[Bounds]) -> list[str]:
    """List the metrics to show: the usual ones that this regime has, then others with a bound."""
    single = all(run.settings.regime.single_truth for run in sweep.of_each_truth)
    usual = [m for m in METRICS if m != "contraction" or not single]
    return list(dict.fromkeys([*usual, *(bound.metric for bound in bounds)]))


def surfaces(
    sweep: Sweep, estimand: str, metric: str, bounds: Sequence[Bounds], given: Sequence[Answer]
) -> list[Surface]:
    """Measure one metric of one estimand everywhere, one surface an estimator and engine."""
    there = {
        (cell, subject.estimator, subject.engine): subject
        for cell, subject in sweep.subjects
        if subject.name == estimand
    }
    bound = next((one for one in bounds if one.metric == metric), None)
    told = {
        (a.cell, a.estimator, a.engine): a.outcome
        for a in given
        if a.estimand == estimand and a.bound == bound
    }
    found = []
    for estimator, engine in sweep.settings.pairs:
        keys = [(run.cell, estimator, engine) for run in sweep.runs]
        if not any(key in there for key in keys):
            continue
        rows = np.array([_measured(there.get(key), metric) for key in keys], dtype=float)
        outcomes = tuple(told.get(key, "inconclusive") for key in keys) if bound else ()
        value, error, low, high = rows.T
        whose = estimator, engine, estimand, metric
        found.append(Surface(*whose, value, error, low, high, bound, outcomes))
    return found


def _measured(subject: Subject | None, metric: str) -> tuple[float, float, float, float]:
    if subject is None:
        return (np.nan,) * 4
    with np.errstate(all="ignore"):
        found = estimate(subject, metric)
        error = error_of(found)
    if isinstance(found, Proportion):
        return found.value, error, found.low, found.high
    far = 1.96 * error
    return found.value, error, found.value - far, found.value + far


def counted(sweep: Sweep, failed: bool) -> list[Surface]:
    """Count the datasets of each estimator in each cell, or the share whose fits failed."""
    by = ["estimator", "engine"]
    shares = [
        run.fits["status"].isin(FAILED).groupby([run.fits[name] for name in by])
        for run in sweep.runs
    ]
    told = [dict((each.mean() if failed else each.size()).items()) for each in shares]
    found = []
    for pair in sweep.settings.pairs:
        unknown = np.nan if failed else 0.0
        values = np.array([float(mine.get(pair, unknown)) for mine in told])
        none = np.full(len(values), np.nan)
        metric = "failed" if failed else "datasets"
        found.append(Surface(*pair, "", metric, values, none, none, none))
    return found
