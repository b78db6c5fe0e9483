"""What metrics are computed from, and what they come back as."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntervalFor = Callable[[int, int], tuple[FloatArray, FloatArray]]


class Estimate(NamedTuple):
    """A value and its Monte Carlo standard error, in the same unit."""

    value: float
    mcse: float


class Proportion(NamedTuple):
    """A share of the datasets, its Monte Carlo standard error and its 95 % interval, in [0, 1]."""

    value: float
    mcse: float
    low: float
    high: float


#: A share of which nothing is known: there are no ranks, or no intervals.
UNKNOWN = Proportion(math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True, eq=False)
class Fits:
    """One estimator and one estimand over the n datasets whose fits worked.

    What an estimator does not give is NaN throughout: an estimate with its interval has no PIT, and
    results made elsewhere may be ranks without a mean.

    Attributes
    ----------
    truth, mean, sd : array of shape (n,)
        True value, posterior mean and posterior sd (> 0), on the scale of the estimand.
    pit : array of shape (n,)
        Randomised PIT of the truth in its posterior, in (0, 1).
    quantiles : mapping of float to array of shape (n,)
        Posterior quantiles by their probability.
    crps : array of shape (n,), optional
        Continuous ranked probability score, see `sbc.stats.crps`.
    prior_var : float, optional
        Variance of the law that the truths were drawn from, where there is one.
    prior_truths : array, optional
        The truths that it was estimated from, if it is not known: those of all datasets of the run.

    Raises
    ------
    ValueError
        If an array is not one-dimensional or its length is not that of `truth`.
    """

    truth: FloatArray
    mean: FloatArray
    sd: FloatArray
    pit: FloatArray
    quantiles: Mapping[float, FloatArray] = field(default_factory=dict)
    crps: FloatArray | None = None
    prior_var: float | None = None
    prior_truths: FloatArray | None = None

    @property
    def n(self) -> int:
        """Datasets whose fit worked."""
        return int(self.truth.size)

    def __post_init__(self) -> None:
        columns = {"truth": self.truth, "mean": self.mean, "sd": self.sd, "pit": self.pit}
        columns |= {f"quantile {p:g}": q for p, q in self.quantiles.items()}
        columns |= {} if self.crps is None else {"crps": self.crps}
        for name, column in columns.items():
            if column.shape != (self.truth.size,):
                raise ValueError(f"{name} has shape {column.shape}, not ({self.truth.size},)")

    def take(self, mask: NDArray[np.bool_]) -> Fits:
        """Keep the datasets for which `mask`, a boolean array of shape (n,), is True."""
        names = ["truth", "mean", "sd", "pit"] + ([] if self.crps is None else ["crps"])
        kept = {name: getattr(self, name)[mask] for name in names}
        return replace(self, quantiles={p: q[mask] for p, q in self.quantiles.items()}, **kept)


def standard_error(x: FloatArray) -> float:
    """Return sd(x)/√n, the standard error of the mean of n numbers; NaN for fewer than two."""
    return math.sqrt(variance(x) / x.size) if x.size > 1 else math.nan


def variance(x: FloatArray) -> np.float64:
    """Estimate a variance, NaN from fewer than two values."""
    return np.var(x, ddof=1) if x.size > 1 else np.float64(np.nan)
