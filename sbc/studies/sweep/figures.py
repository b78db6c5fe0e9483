"""Maps of a metric over two factors or more, one an estimator, and lines over one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from sbc.report.figures.colours import BAND, INK, LABEL
from sbc.report.figures.pictures import Picture, canvas
from sbc.studies.sweep.answers import kind_of
from sbc.studies.sweep.colours import Scale
from sbc.studies.sweep.factors import told
from sbc.studies.sweep.grid import Grid
from sbc.studies.sweep.panels import LEVELS_FOR_LINES, Panel, panels_of
from sbc.studies.sweep.surfaces import Array, Surface

#: Title and unit of a metric, and how to read its map.
_TITLES = {
    "bias": "Bias",
    "bias_sd": "Bias in posterior sds",
    "rmse": "Root mean squared error",
    "contraction": "Contraction, %",
    "datasets": "Datasets",
    "failed": "Failed fits, %",
}
MARKS = {"pass": "✓", "fail": "✗", "inconclusive": "?"}
_DARK, _LIGHT = "#1b1e24", "#ffffff"
_MOST_WRITTEN = 9  # cells in a row that can hold numbers
_TITLE = 0.24  # inches above each of several panels


def title_of(metric: str) -> str:
    """Name a metric for people."""
    if metric.startswith("coverage_"):
        by = " by the PIT" if kind_of(int(metric[-2:]) / 100) == "pit" else ""
        return f"Coverage of {metric[-2:]} % intervals{by}, %"
    return _TITLES[metric]


def heat_map(surface: Surface, grid: Grid, scale: Scale, label: str) -> Picture:
    """Draw one estimator's map: the first factor to the right, the second upwards.

    Other factors make small multiples, one below the other. Lines are where the bound is crossed:
    solid where the estimate is, dashed where it is two Monte Carlo errors to either side.
    """
    parts = panels_of(grid)
    wide, high = len(parts[0].xs), len(parts[0].ys)
    titled = _TITLE if len(parts) > 1 else 0.02
    each = 0.3 * min(max(high, 3), 9)  # inches of a panel's cells
    figure = Figure(figsize=(2.55, 0.5 + len(parts) * (each + titled)))
    height = figure.get_figheight()
    # All panels on the same axes, each above the next: axes are what takes time.
    step = high + titled * high / (each + 0.17 / len(parts))
    axes = figure.add_axes((0.22, 0.33 / height, 0.77, 1 - 0.33 / height))
    for i, part in enumerate(parts):
        base = (len(parts) - 1 - i) * step
        _map(axes, surface, part, scale, base)
        if part.title:
            title = _short(part.title, 44)
            axes.text(-0.5, base + high - 0.42, title, fontsize=7.5, va="bottom", ha="left")
    bases = [(len(parts) - 1 - i) * step for i in range(len(parts))]
    _finish(axes, parts, bases)
    axes.set(xlim=(-0.5, wide - 0.5), ylim=(-0.5, len(parts) * step - 0.5))
    return Picture(f"{surface.metric}-map", label, "", _told(surface, grid, scale, label), figure)


def _map(axes: Axes, surface: Surface, part: Panel, scale: Scale, base: float) -> None:
    """Draw one panel, its lowest row at a height of `base`."""
    numbers, shape = part.cells, part.cells.shape
    there = numbers >= 0
    values, errors = (np.where(there, x[numbers], np.nan) for x in (surface.value, surface.error))
    written = max(shape) <= _MOST_WRITTEN
    crossed = [x for x in surface.limits if _contours(axes, (values - x) / errors, base)]
    cells: list[Any] = []
    plates: list[Any] = []
    for (i, row), number in np.ndenumerate(numbers):
        value, j = float(values[i, row]), base + row
        if number < 0:  # no cell of the sweep
            continue
        colour = scale.colour(value)
        cells.append((_box(i - 0.5, j - 0.5, 1, 1), colour))
        if written:
            outcome = surface.outcomes[number] if surface.outcomes else ""
            mark = MARKS.get(outcome, "")
            if crossed:  # a line gives way to number and mark, as on any map
                low = -0.42 if mark else -0.17
                plates.append((_box(i - 0.28, j + low, 0.56, 0.34 - low), colour))
            _write(axes, i, j, scale.write(value), mark, scale.ink(value))
    for found, zorder in ((cells, 1), (plates, 3)):
        if found:
            boxes, colours = zip(*found, strict=True)
            together = PolyCollection(boxes, facecolors=colours, edgecolors="none", zorder=zorder)
            axes.add_collection(together, autolim=False)


def _box(left: float, low: float, width: float, height: float) -> list[tuple[float, float]]:
    """Give the corners of a rectangle."""
    right, high = left + width, low + height
    return [(left, low), (left, high), (right, high), (right, low)]


def _write(axes: Axes, i: int, j: float, text: str, mark: str, ink: str) -> None:
    lift = 0.17 if mark else 0
    look: dict[str, Any] = {"ha": "center", "va": "center", "color": ink, "zorder": 4}
    axes.text(i, j + lift, text, fontsize=7, **look)
    if mark:
        axes.text(i, j - 0.25, mark, fontsize=7, **look)


def _contours(axes: Axes, distance: Array, base: float) -> bool:
    """Draw where the bound is crossed, and say whether it is.

    With fewer than three levels of a factor there is nothing to interpolate: beside the numbers, a
    line would be a stub.

    Parameters
    ----------
    axes : Axes
        Of a panel.
    distance : array of shape (columns, rows)
        To the bound, in Monte Carlo errors, NaN where it is unknown.
    base : float
        The height of its lowest row.
    """
    if min(distance.shape) < LEVELS_FOR_LINES:
        return False
    known: Any = np.ma.masked_invalid(np.clip(distance, -50, 50)).T
    if np.ma.count(known) < 4:
        return False
    drawn = False
    columns, rows = map(np.arange, distance.shape)
    for level, style in ((0.0, "solid"), (-1.96, (0, (2.5, 1.8))), (1.96, (0, (2.5, 1.8)))):
        if not known.min() < level < known.max():
            continue
        lines = axes.contour(
            *np.meshgrid(columns, base + rows),
            known,
            levels=[level],
            colors=_DARK,
            linewidths=1.5 if level == 0 else 0.8,
            linestyles=[style],
        )
        drawn = True
        halo = patheffects.withStroke(linewidth=2.6 if level == 0 else 1.6, foreground=_LIGHT)
        lines.set_path_effects([halo])
        lines.set_zorder(2)
    return drawn


def _finish(axes: Axes, parts: Sequence[Panel], bases: Sequence[float]) -> None:
    """Name factors and levels; what runs to the right is named below the last panel.

    They are texts and no ticks, which take six times as long.
    """
    first = parts[0]
    axes.set_axis_off()
    small: dict[str, Any] = {"fontsize": 7, "color": LABEL.light}
    name: dict[str, Any] = {"fontsize": 7.5, "ha": "center"}
    near: dict[str, Any] = {"textcoords": "offset points", "annotation_clip": False}
    below: dict[str, Any] = {**near, "ha": "center", "va": "top"}
    every = -(-len(first.xs) // 10)
    for i in range(0, len(first.xs), every):
        text = _short(told(first.xs[i]), 12)
        axes.annotate(text, (i, -0.5), xytext=(0, -3), **below, **small)
    middle = (len(first.xs) - 1) / 2
    axes.annotate(_short(first.x_name), (middle, -0.5), xytext=(0, -12), fontsize=7.5, **below)
    every, across = -(-len(first.ys) // 10), axes.get_yaxis_transform()
    beside: dict[str, Any] = {**near, "ha": "right", "va": "center"}
    for base in bases:
        for j in range(0, len(first.ys), every):
            text = _short(told(first.ys[j]), 9)
            axes.annotate(text, (-0.5, base + j), xytext=(-3, 0), **beside, **small)
        middle = base + (len(first.ys) - 1) / 2
        said = _short(first.y_name)
        axes.text(-0.2, middle, said, va="center", rotation=90, transform=across, **name)


def _short(name: str, most: int = 27) -> str:
    return name if len(name) <= most else f"…{name[1 - most :]}"


def _told(surface: Surface, grid: Grid, scale: Scale, label: str) -> str:
    """Tell a map in words: every cell, its value and its answer."""
    parts = []
    for i, cell in enumerate(grid.cells):
        where = ", ".join(f"{name} {told(level)}" for name, level in cell.items())
        answer = f", {surface.outcomes[i]}" if surface.outcomes else ""
        parts.append(f"{where}: {scale.write(surface.value[i])}{answer}")
    return f"{title_of(surface.metric)} of {label}. {'; '.join(parts)}."


def legend(scale: Scale, metric: str) -> Picture:
    """Draw the colours of a scale, with the values that they stand for."""
    figure = Figure(figsize=(2.55, 0.34))
    axes = figure.add_axes((0.06, 0.62, 0.88, 0.34))
    low, high = scale.ticks[0], scale.ticks[-1]
    edges = np.linspace(low, high, 41)
    boxes = [_box(left, 0, right - left, 1) for left, right in pairwise(edges)]
    colours = [scale.colour((left + right) / 2) for left, right in pairwise(edges)]
    found = PolyCollection(boxes, facecolors=colours, edgecolors=colours, linewidths=0.3)
    axes.add_collection(found, autolim=False)
    axes.set(xlim=(low, high), ylim=(0, 1), yticks=[])
    axes.set_xticks(scale.ticks, [scale.write(tick) for tick in scale.ticks])
    axes.tick_params(labelsize=7, length=2)
    for spine in axes.spines.values():
        spine.set_visible(False)
    name = f"{title_of(metric)}: colours from {scale.write(low)} to {scale.write(high)}."
    return Picture(f"{metric}-legend", title_of(metric), "", name, figure)


def line_plot(
    surfaces: Sequence[Surface], grid: Grid, names: Sequence[str], colours: Sequence[str]
) -> Picture:
    """Draw a metric over one factor: a line an estimator, its 95 % interval as a band."""
    ((name, levels),) = grid.vary.items()
    words = any(isinstance(level, str) for level in levels)
    order = np.argsort([levels.index(cell[name]) for cell in grid.cells])
    cells = [grid.cells[i] for i in order]
    values: Any = [levels.index(cell[name]) if words else cell[name] for cell in cells]
    figure, axes = canvas()
    metric = surfaces[0].metric
    percent = metric.startswith("coverage_") or metric in ("contraction", "failed")
    factor = 100 if percent else 1
    lines = []
    for surface, label, colour in zip(surfaces, names, colours, strict=True):
        ys, lows, highs = (factor * x[order] for x in (surface.value, surface.low, surface.high))
        if np.isfinite(lows).any():
            axes.fill_between(values, lows, highs, color=colour, alpha=0.16, lw=0)
        axes.plot(values, ys, "o-", color=colour, ms=3, lw=1.3)
        parts = [
            f"{told(cell[name])}: {y:.3g} ({low:.3g} to {high:.3g})"
            for cell, y, low, high in zip(cells, ys, lows, highs, strict=True)
        ]
        lines.append(f"{label}: {'; '.join(parts)}")
    for limit in surfaces[0].limits:
        axes.axhline(factor * limit, color=INK.light, lw=0.8, ls=(0, (4, 2)))
    if metric in ("bias", "bias_sd"):
        axes.axhline(0, color=BAND.light, lw=0.8, zorder=0)
    if metric.startswith("coverage_"):
        axes.axhline(float(metric[-2:]), color=LABEL.light, lw=0.6, zorder=0)
    if words:
        axes.set_xticks(range(len(levels)), [_short(told(level), 12) for level in levels])
    axes.set_xlabel(_short(name))
    title = title_of(metric)
    return Picture(f"{metric}-line", title, "", f"{title} over {name}. {' '.join(lines)}.", figure)
