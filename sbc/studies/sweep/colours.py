"""What colour a value has on a map: the same for all estimators, and told apart by all eyes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb

from sbc.studies.sweep.surfaces import Surface

#: Blue below, orange above: the two hues that no common colour blindness confuses.
DIVERGING = LinearSegmentedColormap.from_list(
    "signed", ["#1d5c9e", "#6fa8d6", "#c5dcee", "#f7f7f7", "#fbd9b5", "#ee9f56", "#b45309"]
)
#: From light to dark in one hue, which print and grey eyes keep.
SEQUENTIAL = LinearSegmentedColormap.from_list(
    "amount", ["#f7f7f7", "#cfd9e6", "#93a9c6", "#5b7aa3", "#33507c", "#1b2f52"]
)
NOTHING = "#e0e3e8"
#: How near two numbers of a legend may stand, as a share of its width.
_APART = 0.12


@dataclass(frozen=True)
class Scale:
    """From values to places in a colour map, in [0, 1].

    Attributes
    ----------
    colours : Colormap
        Where to look a place up.
    place : callable
        Gives the place of a value.
    ticks : list of float
        Values that the legend names.
    write : callable
        Writes a value on the map, in as few letters as it takes.
    """

    colours: LinearSegmentedColormap
    place: Callable[[float], float]
    ticks: list[float]
    write: Callable[[float], str]

    def colour(self, value: float) -> str:
        """Give a value's colour."""
        return to_hex(self.colours(self.place(value))) if np.isfinite(value) else NOTHING

    def ink(self, value: float) -> str:
        """Give the colour of letters that can be read on it."""
        red, green, blue = to_rgb(self.colour(value))
        return "#1b1e24" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "#ffffff"


def scale_of(metric: str, surfaces: Sequence[Surface]) -> Scale:
    """Find a scale that all of these surfaces share."""
    values = np.concatenate([surface.value for surface in surfaces])
    values = values[np.isfinite(values)]
    if metric.startswith("coverage_"):
        return _of_coverage(int(metric[-2:]) / 100, values)
    if metric in ("bias", "bias_sd"):
        most = _round_up(float(np.abs(values).max(initial=0.1)))
        ticks = [-most, -most / 2, 0.0, most / 2, most]
        return Scale(DIVERGING, lambda x: 0.5 + x / most / 2, ticks, short)
    if metric in ("contraction", "failed"):
        ticks = [0, 0.25, 0.5, 0.75, 1]
        return Scale(SEQUENTIAL, lambda x: float(np.clip(x, 0, 1)), ticks, percent)
    most = _round_up(float(values.max(initial=0.0)) or 1.0)
    write = (lambda x: f"{x:.0f}") if metric == "datasets" else short
    ticks = [0, most / 4, most / 2, 3 * most / 4, most]
    return Scale(SEQUENTIAL, lambda x: x / most, ticks, write)


def _of_coverage(level: float, values: np.ndarray) -> Scale:
    """White at the level, orange below, blue above: too narrow is the fault that matters."""
    least = np.floor(10 * float(values.min(initial=level - 0.1))) / 10
    least = max(0.0, min(least, level - 0.1))

    def place(x: float) -> float:
        if x >= level:
            return 0.5 - 0.25 * (x - level) / (1 - level)
        return (
            0.5 + 0.5 * ((level - x) / (level - least)) ** 0.7
        )  # the first points lost count most

    # The legend goes on to 1, so that the blue of intervals that cover too often is in it.
    ticks = [least, (least + level) / 2, level, 1.0]
    if 1 - level < _APART * (1 - least):
        ticks = [least, (least + 1) / 2, 1.0]
    return Scale(DIVERGING, place, ticks, percent)


def _round_up(x: float) -> float:
    """Give the next of 1, 1.5, 2, 3, 5, 7.5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(x))
    return next(float(m * power) for m in (1, 1.5, 2, 3, 5, 7.5, 10) if m * power >= x * 0.9999)


def short(value: float) -> str:
    """Write a number with two decimals and no zero before them: ``.05``, ``−1.2``."""
    if not np.isfinite(value):
        return "–"
    text = f"{abs(value):.2f}" if abs(value) < 1 else f"{abs(value):.1f}"
    text = text.removeprefix("0") if abs(value) < 1 and text != "1.00" else text
    return f"−{text}" if value < 0 and text.strip("0.") else text


def percent(value: float) -> str:
    """Write a share in whole per cent."""
    return f"{100 * value:z.0f}" if np.isfinite(value) else "–"
