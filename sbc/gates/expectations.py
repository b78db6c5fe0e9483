"""What may be expected of an estimator, and how a config, a command line or a test writes it.

A value is ``"calibrated"``, ``"miscalibrated"`` or a table of several expectations, such as
``{coverage_95 = [0.92, 0.98], bias = 0.1}``; each becomes a check of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sbc.plugins.errors import UserError, unknown
from sbc.store.names import fitted_by

#: Metrics of an interval, whose level stands in their name; all but the width are shares.
_LEVELLED = re.compile(r"(coverage|bias_eliminated_coverage|power|width)_(\d\d)")


@dataclass(frozen=True)
class Calibrated:
    """Uniform ranks, or near enough: means of u and abs(2u − 1) within delta of ½."""

    delta: float

    def __str__(self) -> str:
        return f"calibrated within {self.delta:g}"


@dataclass(frozen=True)
class Miscalibrated:
    """Ranks that are not uniform. To be within delta of calibration is to fail."""

    delta: float

    def __str__(self) -> str:
        return f"miscalibrated, not within {self.delta:g}"


@dataclass(frozen=True)
class Bounds:
    """A metric between two bounds; infinite for none."""

    metric: str
    low: float
    high: float

    def __str__(self) -> str:
        name = {"bias_sd": "bias in posterior sds"}.get(self.metric, self.metric)
        if np.isinf(self.low):
            return f"{name} ≤ {self.high:g}"
        if np.isinf(self.high):
            return f"{name} ≥ {self.low:g}"
        if self.low == -self.high:
            return f"|{name}| ≤ {self.high:g}"
        return f"{name} in [{self.low:g}, {self.high:g}]"

    @property
    def family(self) -> str:
        """The metric without a level."""
        found = _LEVELLED.fullmatch(self.metric)
        return found[1] if found else self.metric

    @property
    def interval(self) -> float | None:
        """The level of the interval that the metric is about, None for other metrics."""
        found = _LEVELLED.fullmatch(self.metric)
        return int(found[2]) / 100 if found else None

    @property
    def is_share(self) -> bool:
        """Whether it counts intervals: those that hold a truth, or leave out 0."""
        return self.interval is not None and self.family != "width"

    @property
    def level(self) -> float | None:
        """The share that is expected of a coverage: its interval's level. None for the others."""
        return self.interval if self.family.endswith("coverage") else None


@dataclass(frozen=True)
class Better:
    """Smaller squared errors than another's on the same datasets, or a gain in precision over it.

    `than` is an estimator, under the same engine unless `engine` names another. A `gain` is a
    share, 0.2 for 20 %: the other's variance of errors over one's own is at least 1 more than that.
    """

    than: str
    engine: str = ""
    gain: float | None = None

    def __str__(self) -> str:
        other = fitted_by(self.than, self.engine)
        if self.gain is None:
            return f"smaller errors than {other}"
        return f"more precise than {other}" + (f" by {100 * self.gain:g} %" if self.gain else "")


@dataclass(frozen=True)
class Unmoved:
    """Posterior means and sds as in an earlier run, within a tolerance in posterior sds."""

    tolerance: float

    def __str__(self) -> str:
        return f"unmoved within {self.tolerance:g}"


Expectation = Calibrated | Miscalibrated | Bounds | Better | Unmoved


def _bounds(metric: str, pair: Any, least: float, most: float) -> Bounds:
    """Make bounds of a pair; those at the ends of what is possible bind nothing."""
    low, high = (_number(metric, value) for value in pair)
    low, high = (-np.inf if low <= least else low), (np.inf if high >= most else high)
    if not low < high or np.isinf([low, high]).all():
        raise UserError(f"{metric} = {list(pair)} sets no bound")
    return Bounds(metric, low, high)


#: Metric: the ends of what is possible, and the pair that a single number stands for.
_METRICS: dict[str, tuple[float, float, Any]] = {
    "coverage": (0, 1, None),
    "bias": (-np.inf, np.inf, lambda x: (-x, x)),
    "bias_sd": (-np.inf, np.inf, lambda x: (-x, x)),
    "contraction": (0, 1, lambda x: (x, 1)),
    "bias_eliminated_coverage": (0, 1, None),
    "power": (0, 1, None),
    "z_sd": (0, np.inf, None),
    **dict.fromkeys(("rmse", "empirical_se", "model_se", "width"), (0, np.inf, lambda x: (0, x))),
}
_WORDS = ("calibrated", "miscalibrated")
_KEYS = (
    *(*_WORDS, "bias", "bias_sd", "contraction", "rmse", "coverage_95", "better_than"),
    *(
        "more_precise_than",
        "empirical_se",
        "model_se",
        "z_sd",
        "width_95",
        "power_95",
        "bias_eliminated_coverage_95",
    ),
)


def parse(value: Any, delta: float, where: str = "") -> tuple[Expectation, ...]:
    """Read the expectations that a value stands for.

    Parameters
    ----------
    value : str or mapping
        As in the module's docstring. In a table, ``calibrated`` and ``miscalibrated`` take ``true``
        or a tolerance of their own, ``coverage_NN``, ``bias_eliminated_coverage_NN``, ``power_NN``
        (the share of intervals that leave out 0: the type I error where the truth is 0) and
        ``z_sd`` a pair of bounds, ``bias`` and ``bias_sd`` (in posterior sds) the largest absolute
        value or a pair, ``contraction`` the least one or a pair, ``rmse``, ``empirical_se``,
        ``model_se`` and ``width_NN`` the largest one or a pair, and ``better_than`` another
        estimator, an engine, or ``"estimator by engine"``; ``more_precise_than`` takes one of these
        or a table of one, with the least gain in precision in %: ``{CC = 20}``. A bound at the end
        of what is possible, such as a contraction of 0, binds nothing.
    delta : float
        The tolerance where the value names none, in (0, ½).
    where : str
        Where the value was read, for errors.

    Returns
    -------
    tuple of Expectation
        At least one.

    Raises
    ------
    UserError
        For anything else.
    """
    place = f"{where}: " if where else ""
    table = {value: True} if isinstance(value, str) else value
    if not isinstance(table, Mapping) or not table:
        raise UserError(f"{place}expected is 'calibrated', 'miscalibrated' or a table, not {value}")
    try:
        return tuple(_one(key, entry, delta) for key, entry in table.items())
    except UserError as mistake:
        raise UserError(f"{place}{mistake}") from None


def _one(key: str, value: Any, delta: float) -> Expectation:
    if key in _WORDS:
        tolerance = delta if value is True else _number(key, value)
        if not 0 < tolerance < 0.5:
            raise UserError(f"{key} takes a tolerance between 0 and 0.5, not {value}")
        return (Calibrated if key == "calibrated" else Miscalibrated)(tolerance)
    if key == "better_than":
        if not isinstance(value, str):
            raise UserError(f"better_than takes an estimator's name, not {value}")
        return Better(value)
    if key == "more_precise_than":
        return _more_precise(value)
    found = _LEVELLED.fullmatch(key)
    family = found[1] if found and found[2] != "00" else key
    if family not in _METRICS or (found is None and f"{key}_95" in _KEYS):
        raise unknown("expectation", key, _KEYS)
    least, most, widen = _METRICS[family]
    if isinstance(value, list | tuple) and len(value) == 2:
        return _bounds(key, value, least, most)
    if widen is None or isinstance(value, list | tuple):
        raise UserError(f"{key} takes two bounds, [low, high], not {value}")
    return _bounds(key, widen(_number(key, value)), least, most)


def _more_precise(value: Any) -> Better:
    table = {value: 0.0} if isinstance(value, str) else value
    if not isinstance(table, Mapping) or len(table) != 1:
        raise UserError(
            "more_precise_than takes an estimator's name, or a table of one and the least gain in "
            f"precision in %, as {{CC = 20}}, not {value}"
        )
    ((than, gain),) = table.items()
    percent = _number("more_precise_than", gain)
    if not -100 < percent < np.inf:
        raise UserError(f"a gain in precision is above -100 %, not {percent:g} %")
    return Better(str(than), gain=percent / 100)


def _number(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or np.isnan(value):
        raise UserError(f"{key} takes a number, not {value!r}")
    return float(value)


def to_toml(value: Any) -> str:
    """Write an expectation's value as TOML, for a command that repeats it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k} = {to_toml(v)}" for k, v in value.items()) + "}"
    return json.dumps(list(value) if isinstance(value, tuple) else value)
