"""Maps of a metric over two parameters, one an estimator, and lines over one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sbc.report.figures.colours import BAND, INK, LABEL
from sbc.report.figures.pictures import Picture, canvas
from sbc.studies.sweep.answers import kind_of
from sbc.studies.sweep.colours import Scale
from sbc.studies.sweep.grid import Grid
from sbc.studies.sweep.surfaces import Surface

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


def title_of(metric: str) -> str:
    """Name a metric for people."""
    if metric.startswith("coverage_"):
        by = " by the PIT" if kind_of(int(metric[-2:]) / 100) == "pit" else ""
        return f"Coverage of {metric[-2:]} % intervals{by}, %"
    return _TITLES[metric]


def heat_map(surface: Surface, grid: Grid, scale: Scale, label: str) -> Picture:
    """Draw one estimator's map: the first parameter to the right, the second upwards.

    Lines are where the bound is crossed: solid where the estimate is, dashed where it is two Monte
    Carlo errors to either side.
    """
    (x_name, xs), (y_name, ys) = grid.vary.items()
    shape = len(xs), len(ys)
    figure = Figure(figsize=(2.55, 0.62 + 0.3 * min(max(len(ys), 3), 9)))
    height = figure.get_figheight()
    axes = figure.add_axes((0.22, 0.43 / height, 0.77, 1 - 0.45 / height))
    values = surface.value.reshape(shape)
    written = len(xs) <= _MOST_WRITTEN and len(ys) <= _MOST_WRITTEN
    crossed = [limit for limit in surface.limits if _contours(axes, surface, shape, limit)]
    for (i, j), value in np.ndenumerate(values):
        axes.add_patch(Rectangle((i - 0.5, j - 0.5), 1, 1, fc=scale.colour(value), ec="none"))
        if written:
            outcome = surface.outcomes[i * shape[1] + j] if surface.outcomes else ""
            if crossed:  # a line gives way to the number, as on any map
                plate = Rectangle((i - 0.28, j), 0.56, 0.33, fc=scale.colour(value), ec="none")
                axes.add_patch(plate).set_zorder(3)
            _write(axes, i, j, scale.write(value), MARKS.get(outcome, ""), scale.ink(value))
    _finish(axes, xs, ys, x_name, y_name)
    return Picture(f"{surface.metric}-map", label, "", _told(surface, grid, scale, label), figure)


def _write(axes: Axes, i: int, j: int, text: str, mark: str, ink: str) -> None:
    lift = 0.17 if mark else 0
    look: dict[str, Any] = {"ha": "center", "va": "center", "color": ink, "zorder": 4}
    axes.text(i, j + lift, text, fontsize=7, **look)
    if mark:
        axes.text(i, j - 0.25, mark, fontsize=6, **look)


def _contours(axes: Axes, surface: Surface, shape: tuple[int, int], limit: float) -> bool:
    """Draw where the bound is crossed, and say whether it is: one row has room for no line."""
    if min(shape) < 2:
        return False
    with np.errstate(all="ignore"):
        distance = (surface.value - limit) / surface.error
    distance = np.ma.masked_invalid(np.clip(distance, -50, 50)).reshape(shape).T
    if np.ma.count(distance) < 4:
        return False
    drawn = False
    for level, style in ((0.0, "solid"), (-1.96, (0, (2.5, 1.8))), (1.96, (0, (2.5, 1.8)))):
        if not distance.min() < level < distance.max():
            continue
        lines = axes.contour(
            *np.meshgrid(*map(np.arange, shape)),
            distance,
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


def _finish(axes: Axes, xs: Sequence[float], ys: Sequence[float], x_name: str, y_name: str) -> None:
    for axis, values in ((axes.xaxis, xs), (axes.yaxis, ys)):
        step = -(-len(values) // 10)
        places = range(0, len(values), step)
        axis.set_ticks(list(places), [f"{values[i]:g}" for i in places])
    axes.set(xlim=(-0.5, len(xs) - 0.5), ylim=(-0.5, len(ys) - 0.5))
    axes.set_xlabel(_short(x_name), fontsize=7.5, labelpad=1)
    axes.set_ylabel(_short(y_name), fontsize=7.5)
    axes.yaxis.set_label_coords(-0.2, 0.5)
    axes.tick_params(length=0, labelsize=7)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _short(name: str) -> str:
    return name if len(name) < 28 else f"…{name[-26:]}"


def _told(surface: Surface, grid: Grid, scale: Scale, label: str) -> str:
    """Tell a map in words: every cell, its value and its answer."""
    parts = []
    for i, cell in enumerate(grid.cells):
        where = ", ".join(f"{name} {value:g}" for name, value in cell.items())
        answer = f", {surface.outcomes[i]}" if surface.outcomes else ""
        parts.append(f"{where}: {scale.write(surface.value[i])}{answer}")
    return f"{title_of(surface.metric)} of {label}. {'; '.join(parts)}."


def legend(scale: Scale, metric: str) -> Picture:
    """Draw the colours of a scale, with the values that they stand for."""
    figure = Figure(figsize=(2.55, 0.34))
    axes = figure.add_axes((0.06, 0.62, 0.88, 0.34))
    low, high = scale.ticks[0], scale.ticks[-1]
    edges = np.linspace(low, high, 41)
    for left, right in pairwise(edges):
        colour = scale.colour((left + right) / 2)
        axes.add_patch(Rectangle((left, 0), right - left, 1, fc=colour, ec=colour, lw=0.3))
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
    """Draw a metric over one parameter: a line an estimator, its 95 % interval as a band."""
    (name, values), *_ = grid.vary.items()
    figure, axes = canvas()
    metric = surfaces[0].metric
    percent = metric.startswith("coverage_") or metric in ("contraction", "failed")
    factor = 100 if percent else 1
    told = []
    for surface, label, colour in zip(surfaces, names, colours, strict=True):
        if np.isfinite(surface.low).any():
            low, high = factor * surface.low, factor * surface.high
            axes.fill_between(values, low, high, color=colour, alpha=0.16, lw=0)
        axes.plot(values, factor * surface.value, "o-", color=colour, ms=3, lw=1.3)
        parts = [
            f"{x:g}: {factor * y:.3g} ({factor * low:.3g} to {factor * high:.3g})"
            for x, y, low, high in zip(
                values, surface.value, surface.low, surface.high, strict=True
            )
        ]
        told.append(f"{label}: {'; '.join(parts)}")
    for limit in surfaces[0].limits:
        axes.axhline(factor * limit, color=INK.light, lw=0.8, ls=(0, (4, 2)))
    if metric in ("bias", "bias_sd"):
        axes.axhline(0, color=BAND.light, lw=0.8, zorder=0)
    if metric.startswith("coverage_"):
        axes.axhline(float(metric[-2:]), color=LABEL.light, lw=0.6, zorder=0)
    axes.set_xlabel(_short(name))
    title = title_of(metric)
    return Picture(f"{metric}-line", title, "", f"{title} over {name}. {' '.join(told)}.", figure)
