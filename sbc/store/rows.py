"""What a fit leaves behind: one row a fit, one a quantity, whatever became of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

#: Posterior quantiles that are kept: the ends of the 50, 80, 90 and 95 % intervals, and the median.
PROBABILITIES = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
#: Levels of the central intervals that these are the ends of, and of the shortest ones kept.
LEVELS = (0.5, 0.8, 0.9, 0.95)


def quantile_column(probability: float) -> str:
    """Name the column of a quantile: ``q025``, ``q05``, ``q50``."""
    return "q" + f"{probability:g}"[2:].ljust(2, "0")


OK, LOW_ESS, DIVERGENT = "ok", "low_ess", "divergent"
#: An approximation that is far from the posterior by its own account, k̂ > 0.7; it is used.
POOR = "poor_approximation"
NONCONVERGED, ERROR, TIMEOUT = "nonconverged", "error", "timeout"
#: Dataset k of cell c of a sweep has the number c · CELL + k in the store.
CELL = 1_000_000
#: Fits that are counted but not used in any estimate.
FAILED = (NONCONVERGED, ERROR, TIMEOUT)


@dataclass(frozen=True)
class Result:
    """One quantity of one fit; on the scale of the quantity.

    `rank` of the `size` thinned draws lie below the truth and `ties` equal it; `jitter` in (0, 1)
    is what spreads the rank over its bin; `draws` are the thinned draws as little-endian doubles.
    An estimate without draws has no rank: its `size` is 0 and its `jitter` NaN, as the defaults
    have it, and so is whatever else is not known of it. `shortest` are the ends of the shortest
    intervals of all draws, low and high for each of `LEVELS`; empty where none are known.
    """

    quantity: str
    truth: float
    mean: float
    sd: float
    quantiles: tuple[float, ...]
    crps: float = math.nan
    ess_bulk: float = math.nan
    ess_tail: float = math.nan
    rhat: float = math.nan
    rank: int = 0
    ties: int = 0
    size: int = 0
    jitter: float = math.nan
    draws: bytes = b""
    shortest: tuple[float, ...] = ()


@dataclass(frozen=True)
class Fit:
    """One attempt at one posterior, the last one that the retry schedule made.

    `source` is empty where all estimators share their datasets and the estimator's name where each
    has its own; `stream` is the expression that makes the dataset's random stream again.
    `pareto_k` and `elbo_drift` are an approximation's own diagnostics, NaN where there are none.
    """

    dataset: int
    estimator: str
    engine: str
    status: str
    error: str = ""
    attempt: int = 0
    divergences: int = 0
    steps: int = 0
    seconds: float = 0.0
    seed: int = 0
    chains: int = 0
    draws: int = 0
    pareto_k: float = math.nan
    elbo_drift: float = math.nan
    results: tuple[Result, ...] = ()
    truth: dict[str, Any] = field(default_factory=dict)
    features: dict[str, Any] = field(default_factory=dict)
    stream: str = ""
    source: str = ""
