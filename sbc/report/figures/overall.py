"""Figures that set estimators side by side, and those of the fits themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from sbc.report.figures.colours import BAND, INK, LABEL
from sbc.report.figures.pictures import Picture

#: Diameter of a mark in points: some 10 pixels where a page shows three figures in a row.
_MARK = 6.5


@dataclass(frozen=True)
class Interval:
    """A value with the ends of its 95 % interval, beside its estimator and estimand."""

    group: str
    label: str
    colour: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Measure:
    """What an interval plot shows: its names, its best value, and how to read it."""

    name: str
    title: str
    axis: str
    best: float | None
    caption: str
    log: bool = False


def interval_plot(measure: Measure, rows: Sequence[Interval]) -> Picture | None:
    """Draw intervals in one column, grouped by estimand, on a common scale.

    Returns
    -------
    Picture or None
        None if nothing is known of any of them.
    """
    rows = [row for row in rows if np.isfinite(row.value)]
    if not rows:
        return None
    groups = [(name, list(these)) for name, these in groupby(rows, key=lambda row: row.group)]
    figure, axes = _lying(len(rows) + len(groups))
    y, ticks, labels = 0.0, [], []
    for name, these in groups:
        _heading(axes, name, y)
        if measure.best is not None:
            span = [y + 0.6, y + len(these) + 0.4]  # clear of the headings
            axes.plot([measure.best] * 2, span, color=INK.light, lw=0.8, ls=(0, (4, 2)))
        for row in these:
            y += 1
            low, high = (x if np.isfinite(x) else row.value for x in (row.low, row.high))
            axes.plot([low, high], [y, y], color=row.colour, lw=2.2)
            axes.plot(row.value, y, "o", color=row.colour, ms=_MARK)
            ticks.append(y)
            labels.append(row.label)
        y += 1
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    if measure.log:
        _logarithmic(axes)
    _finish(axes, y, ticks, labels, measure.axis)
    told = "; ".join(
        f"{r.group}, {r.label}: {r.value:.2f} ({r.low:.2f} to {r.high:.2f})"
        if np.isfinite([r.low, r.high]).all()
        else f"{r.group}, {r.label}: {r.value:.2f}"
        for r in rows
    )
    return Picture(measure.name, measure.title, measure.caption, f"{measure.title}. {told}.",
                   figure)  # fmt: skip


def _heading(axes: Axes, name: str, y: float) -> None:
    """Write the estimand over its rows, from the left edge of the figure."""
    text = axes.annotate(name, (0.01, y), xycoords=("figure fraction", "data"), va="center",
                         weight="bold")  # fmt: skip
    text.set_in_layout(False)


def _lying(rows: int) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(3.4, 0.55 + 0.185 * rows), layout="constrained")
    axes = figure.add_subplot()
    axes.spines["left"].set_visible(False)
    return figure, axes


def _logarithmic(axes: Axes) -> None:
    low, high = sorted(axes.get_xlim())
    axes.set_xscale("log")
    narrow = low > 0 and high / low < 30
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_locator(NullLocator())


def _finish(axes: Axes, n: float, ticks: Sequence[float], labels: Sequence[str], name: str) -> None:
    axes.set_yticks(ticks, [label if len(label) < 24 else f"…{label[-22:]}" for label in labels])
    axes.tick_params(axis="y", length=0)
    axes.set(ylim=(n - 0.4, -0.7), xlabel=name)


@dataclass(frozen=True)
class Spread:
    """What a fit costs or how well it went, with thresholds that matter."""

    name: str
    title: str
    axis: str
    limits: tuple[float, ...]
    log: bool = False
    caption: str = ""


def spread_plot(spread: Spread, columns: Sequence[tuple[str, str, pd.Series]]) -> Picture | None:
    """Draw how a column is spread over the fits of each estimator.

    Parameters
    ----------
    spread : Spread
        What it is.
    columns : sequence of (label, colour, Series)
        Values of each estimator; those that have no place on the axis are left out.
    """
    finite = [
        (label, c, x[np.isfinite(x) & ((x > 0) | (not spread.log))].to_numpy(float))
        for label, c, x in columns
    ]
    finite = [(label, colour, x) for label, colour, x in finite if x.size]
    if not finite:
        return None
    figure, axes = _lying(len(finite))
    for limit in spread.limits:
        axes.axvline(limit, color=LABEL.light, lw=0.8, ls=(0, (4, 2)))
    told = []
    for y, (label, colour, x) in enumerate(finite):
        least, low, left, middle, right, high, most = np.quantile(
            x, (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)
        )
        axes.plot([least, most], [y, y], color=BAND.light, lw=1.2)
        axes.plot([low, high], [y, y], color=colour, lw=1.6)
        axes.plot([left, right], [y, y], color=colour, lw=4.5)
        axes.plot([least, most], [y, y], "|", color=LABEL.light, ms=5, mew=0.9)
        axes.plot(middle, y, "o", color=INK.light, ms=_MARK)
        told.append(f"{label}: median {middle:.3g}, from {least:.3g} to {most:.3g}")
    if spread.log:
        _logarithmic(axes)
    _finish(axes, len(finite) - 0.2, list(range(len(finite))), [f[0] for f in finite], spread.axis)
    alt = f"{spread.title}. {'; '.join(told)}."
    return Picture(spread.name, spread.title, spread.caption, alt, figure)
