"""A number with its Monte Carlo error, held against a bound: holds, does not hold, cannot tell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from sbc.stats.fits import Estimate, Proportion

#: Of the interval that decides: one verdict in a hundred would be wrong on the edge of a bound.
LEVEL = 0.99


class Verdict(StrEnum):
    """What simulations say of a claim."""

    HOLDS = "holds"
    FAILS = "does not hold"
    OPEN = "cannot tell"


class Measured(NamedTuple):
    """A value, its Monte Carlo standard error and its interval at `LEVEL`, in one unit."""

    value: float
    mcse: float
    low: float
    high: float


UNKNOWN = Measured(math.nan, math.nan, math.nan, math.nan)


class Bounds(NamedTuple):
    """Where a number must lie for a claim to hold."""

    low: float = -math.inf
    high: float = math.inf

    def describe(self) -> str:
        """Write the bounds as a reader would: ``< 0``, ``≥ 0.9``, ``within ±0.1``."""
        low, high = (f"{x:g}".replace("-", "−") for x in self)
        if self.low == -self.high:
            return f"within ±{high}"
        if math.isinf(self.low):
            return f"below {high}"
        return f"above {low}" if math.isinf(self.high) else f"between {low} and {high}"


def from_mean(x: np.ndarray) -> Measured:
    """Average one number a dataset; the interval is Student's."""
    n = x.size
    mcse = float(x.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan
    return from_estimate(Estimate(float(x.mean()) if n else math.nan, mcse), n)


def from_estimate(estimate: Estimate, n: int) -> Measured:
    """Put an interval round an estimate from n datasets.

    An error of 0 says that no dataset told anything apart, not that the value is known: there is
    no interval then.
    """
    from scipy.special import stdtrit

    if n < 2 or not estimate.mcse > 0:
        return Measured(*estimate, math.nan, math.nan)
    half = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * estimate.mcse
    return Measured(*estimate, estimate.value - half, estimate.value + half)


def from_share(share: Proportion, low: float, high: float) -> Measured:
    """Take a share with the ends of its interval at `LEVEL`."""
    return Measured(share.value, share.mcse, low, high)


def judge(measured: Measured, bounds: Bounds) -> Verdict:
    """Judge by the whole interval: inside the bounds, outside them, or neither."""
    _, _, low, high = measured
    if not (math.isfinite(low) and math.isfinite(high)):
        return Verdict.OPEN
    if bounds.low <= low and high <= bounds.high:
        return Verdict.HOLDS
    return Verdict.FAILS if high < bounds.low or low > bounds.high else Verdict.OPEN


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """Sum up a claim that says several things: one that fails is enough, all must hold."""
    if Verdict.FAILS in verdicts:
        return Verdict.FAILS
    return Verdict.HOLDS if set(verdicts) == {Verdict.HOLDS} else Verdict.OPEN
