"""Estimates with their uncertainty, which stand where a posterior's draws would."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from sbc.plugins.data import Array

#: Levels of the intervals that are kept of a fit.
LEVELS = (0.5, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Estimated:
    """An estimate of one parameter with a standard error, an interval, or both.

    Attributes
    ----------
    value : float or ndarray
        The estimate; of a vector, one an element.
    se : float or ndarray, optional
        Its standard error, > 0. Without one it is taken from the width of the interval.
    low, high : float or ndarray, optional
        The ends of an interval. With a standard error, intervals of other levels are made of that;
        without one nothing is known of them.
    level : float
        The interval's: 0.5, 0.8, 0.9 or 0.95.
    df : float
        Degrees of freedom of the t distribution that intervals are made with, > 0; infinite for the
        normal one.

    Raises
    ------
    ValueError
        If there is neither error nor interval, a number is out of its range, or arrays do not fit.

    Examples
    --------
    >>> low, median, high = Estimated(1.0, se=0.5).quantiles((0.025, 0.5, 0.975))
    >>> round(float(low), 2), float(median), round(float(high), 2)
    (0.02, 1.0, 1.98)
    """

    value: Any
    se: Any = None
    low: Any = None
    high: Any = None
    level: float = 0.95
    df: float = np.inf

    def __post_init__(self) -> None:
        """Take what is given as arrays, and refuse what cannot be."""
        if (self.low is None) != (self.high is None):
            raise ValueError("an interval has two ends, low and high")
        if self.se is None and self.low is None:
            raise ValueError("an estimate comes with its standard error or an interval")
        if not (isinstance(self.level, Real) and self.level in LEVELS):
            kept = ", ".join(f"{level:g}" for level in LEVELS)
            raise ValueError(f"an interval's level is one of {kept}, not {self.level}")
        if np.ndim(self.df) or not (isinstance(self.df, Real) and self.df > 0):
            raise ValueError(f"degrees of freedom are one number above 0, not {self.df}")
        value = _numbers("an estimate", self.value)
        object.__setattr__(self, "value", value)
        for name in ("se", "low", "high"):
            given = getattr(self, name)
            if given is None:
                continue
            array = _numbers(f"'{name}' of an estimate", given)
            if array.shape != value.shape:
                raise ValueError(
                    f"'{name}' has shape {array.shape}, and the estimate {value.shape}"
                )
            object.__setattr__(self, name, array)
        if self.low is not None and not (self.low < self.high).all():
            raise ValueError("an interval's low end lies below its high end")
        if not (self.error > 0).all():
            raise ValueError("a standard error is above 0")

    @property
    def error(self) -> Array:
        """The standard error: the one given, else as the interval's width has it."""
        if self.se is not None:
            return self.se
        return (self.high - self.low) / (2 * self._deviate((1 + self.level) / 2))

    def quantiles(self, probabilities: tuple[float, ...]) -> list[Array]:
        """Give the estimate for the median, and the ends of intervals.

        Parameters
        ----------
        probabilities : tuple of float
            In (0, 1): (1 - level)/2 and (1 + level)/2 of each interval.

        Returns
        -------
        list of array
            One a probability, NaN where nothing is known of such an interval.
        """
        return [self._quantile(p) for p in probabilities]

    def _quantile(self, p: float) -> Array:
        if p == 0.5:
            return self.value
        if self.low is not None and abs(abs(2 * p - 1) - self.level) < 1e-9:
            return self.low if p < 0.5 else self.high
        if self.se is None:
            return np.full(self.value.shape, np.nan)
        return self.value + self._deviate(p) * self.se

    def _deviate(self, p: float) -> float:
        from scipy.special import ndtri, stdtrit

        return float(ndtri(p) if np.isinf(self.df) else stdtrit(self.df, p))


@dataclass(frozen=True)
class Estimates:
    """What a function gives for one dataset that gives no draws: estimates by parameter."""

    values: dict[str, Estimated]


def _numbers(what: str, given: Any) -> Array:
    try:
        array = np.asarray(given)
        # NumPy would make numbers of words, and drop the imaginary part of complex ones
        if array.dtype.kind not in "iuf" and not all(isinstance(x, Real) for x in array.flat):
            raise TypeError
        array = array.astype(float)
    except (TypeError, ValueError):
        raise ValueError(f"{what} is a number, not {type(given).__name__}") from None
    if not np.isfinite(array).all():
        raise ValueError(f"{what} is not finite: {array}")
    return array
