"""Figures of measures over the cells of a study, with their Monte Carlo intervals.

References
----------
.. [1] Rücker & Schwarzer (2014). Presenting simulation results in a nested loop plot. BMC Medical
   Research Methodology 14:129. doi:10.1186/1471-2288-14-129
.. [2] Gasparini (2018). rsimsum: summarise results from Monte Carlo simulation studies. Journal of
   Open Source Software 3:739 (forest and lollipop plots). doi:10.21105/joss.00739
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from sbc.report.figures.colours import AXIS, BAND, INK, LABEL
from sbc.report.figures.pictures import Picture

#: Half a 95 % interval, in Monte Carlo errors.
REACH = 1.959964
#: Panels that a figure has beside each other.
ACROSS = 3
MARKERS = "osD^vPX"


@dataclass(frozen=True)
class Method:
    """Who estimates: as the legend names it, with a colour and the mark of its engine."""

    label: str
    colour: str
    marker: str


@dataclass(frozen=True)
class Shown:
    """A measure: its name in files, what an axis calls it, its target, and an example's format."""

    name: str
    title: str
    target: float | None


#: A value and its Monte Carlo error, by cell (by its number) and method.
Values = Mapping[tuple[int, Method], tuple[float, float]]


def legend(figure: Figure, methods: Iterable[Method], lines: bool = False) -> None:
    """Name every method above the panels."""
    handles = [
        Line2D([], [], color=m.colour, marker=m.marker, ms=5, lw=1.3 if lines else 0, label=m.label)
        for m in methods
    ]
    figure.legend(
        handles=handles, loc="outside upper center", ncols=len(handles) if len(handles) <= 5 else 4
    )


def headed(*lines: str) -> str:
    """Write the head of a panel, broken where the panel ends."""
    return "\n".join(textwrap.fill(line, 34) for line in lines if line)


def panels(
    count: int, height: float, share: bool = True, across: int = ACROSS
) -> tuple[Figure, list[Axes]]:
    """Begin a figure of equal panels, `height` inches each; all of its axes are used."""
    columns = 2 if count in (2, 4) else min(count, across)
    rows = math.ceil(count / columns)
    figure = Figure(figsize=(0.9 + 2.1 * columns, 0.5 + height * rows), layout="constrained")
    found = figure.subplots(rows, columns, sharex=share, sharey=share, squeeze=False).ravel()
    for axes in found[count:]:
        axes.remove()
    for axes in found[max(count - columns, 0) : count]:  # those with nothing below
        axes.tick_params(axis="x", labelbottom=True)
    return figure, list(found[:count])


def intervals(
    measure: Shown, cells: Sequence[str], values: Values, stems: bool, estimand: str
) -> Picture | None:
    """Draw a forest plot, or with stems from the target a lollipop plot: a panel a cell.

    Parameters
    ----------
    measure : Shown
        What is drawn; stems begin at its target, 0 where it has none.
    cells : sequence of str
        The cells' labels.
    values : mapping
        What is drawn; NaN is left out.
    stems : bool
        Whether each value hangs on a stem.
    estimand : str
        Whose measure it is.

    Returns
    -------
    Picture or None
        None if nothing is known of any of them.
    """
    methods = _methods(values)
    if not methods:
        return None
    kind = "lollipop" if stems else "forest"
    figure, found = panels(len(cells), 0.45 + 0.2 * len(methods))
    for number, (axes, label) in enumerate(zip(found, cells, strict=True)):
        start = measure.target or 0.0
        if measure.target is not None or stems:
            axes.axvline(start, color=INK.light, lw=0.8, ls=(0, (4, 2)))
        for y, method in enumerate(methods):
            value, error = values.get((number, method), (math.nan, math.nan))
            if not math.isfinite(value):
                continue
            if stems:
                axes.plot([start, value], [y, y], color=method.colour, lw=1.0)
            if math.isfinite(error):
                reach = [value - REACH * error, value + REACH * error]
                look = {"marker": "|", "ls": ""} if stems else {"lw": 2.0}
                axes.plot(reach, [y, y], color=method.colour, ms=7, mew=1.3, **look)
            axes.plot(value, y, method.marker, color=method.colour, ms=5)
        axes.set_title(headed(label), loc="left")
        names = [m.label if len(m.label) < 24 else f"…{m.label[-22:]}" for m in methods]
        axes.set_yticks(range(len(methods)), names)
        axes.tick_params(axis="y", length=0)
        axes.set(ylim=(len(methods) - 0.4, -0.6))
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(4))
    figure.supxlabel(measure.title, fontsize=8, color=LABEL.light)
    what = "Brackets" if stems else "Lines"
    caption = f"{what}: 95 % Monte Carlo intervals (±1.96 standard errors)."
    if measure.target is not None:
        caption += f" Dashed: the target, {measure.target:g}."
    title = f"{measure.title} of {estimand}" if estimand else measure.title
    return Picture(f"{kind}-{measure.name}", title, caption, _told(title, cells, values), figure)


def nested_loop(
    measure: Shown, levels: Sequence[Mapping[str, str]], values: Values, estimand: str
) -> Picture | None:
    """Draw a nested-loop plot [1]_: cells in their order, a step line a method and a factor.

    Returns
    -------
    Picture or None
        None for fewer than two cells, or if nothing is known.
    """
    methods, n = _methods(values), len(levels)
    if not methods or n < 2:
        return None
    factors = list(levels[0])
    figure = Figure(figsize=(7.2, 2.6 + 0.42 * len(factors)), layout="constrained")
    top, *below = figure.subplots(
        1 + len(factors), 1, sharex=True, height_ratios=[5.5, *([1.0] * len(factors))]
    )
    edges = np.arange(n + 1) - 0.5
    for method in methods:
        pairs = [values.get((i, method), (math.nan, math.nan)) for i in range(n)]
        means, errors = np.array(pairs).T
        top.stairs(means, edges, baseline=None, color=method.colour, lw=1.4)
        top.errorbar(
            np.arange(n), means, yerr=REACH * np.nan_to_num(errors), fmt=method.marker,
            color=method.colour, ms=5 if n <= 24 else 3, elinewidth=0.8,
        )  # fmt: skip
    if measure.target is not None:
        top.axhline(measure.target, color=INK.light, lw=0.8, ls=(0, (4, 2)))
    top.set(ylabel=measure.title, xlim=(-0.6, n - 0.4))
    top.yaxis.set_major_locator(MaxNLocator(5))
    for axes, factor in zip(below, factors, strict=True):
        _factor_steps(axes, factor, [level[factor] for level in levels], edges)
    legend(figure, methods, lines=True)
    title = f"{measure.title} of {estimand}, nested-loop plot"
    caption = (
        "Nested-loop plot (Rücker and Schwarzer 2014): cells in lexicographic order, their levels "
        "below. Bars: 95 % Monte Carlo intervals."
    )
    told = [", ".join(f"{k} = {v}" for k, v in level.items()) for level in levels]
    return Picture(
        f"nested-loop-{measure.name}", title, caption, _told(title, told, values), figure
    )


def _factor_steps(axes: Axes, factor: str, column: Sequence[str], edges: np.ndarray) -> None:
    """Draw the levels of a factor as steps, each stretch with its level beside it."""
    order = list(dict.fromkeys(column))
    heights = np.array([order.index(level) for level in column], dtype=float)
    axes.stairs(heights, edges, baseline=None, color=AXIS.light, lw=1.2)
    starts = [i for i in range(len(column)) if i == 0 or column[i] != column[i - 1]]
    room = 7.0 * 72 / 5 / max(len(column), 1)  # characters of a cell's width
    stretches = list(zip(starts, [*starts[1:], len(column)], strict=True))
    axes.set(yticks=[], xticks=[], ylim=(-0.4, len(order) + 0.4))
    if all(len(column[start]) <= room * (end - start) for start, end in stretches):
        for start, end in stretches:
            axes.text((start + end - 1) / 2, heights[start] + 0.12, column[start], ha="center",
                      va="bottom", fontsize=7, color=LABEL.light)  # fmt: skip
    else:  # no room above the steps: at their right end, the outer ones of many
        named = range(len(order)) if len(order) <= 4 else (0, len(order) - 1)
        axes.yaxis.tick_right()
        axes.set_yticks(list(named), [order[i][:16] for i in named], fontsize=6)
        axes.tick_params(axis="y", length=0)
    axes.set_ylabel(factor, rotation=0, ha="right", va="center")
    axes.yaxis.set_label_position("left")
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def bias_against_rmse(cells: Sequence[str], bias: Values, rmse: Values, estimand: str) -> Picture:
    """Draw each method's RMSE over its bias, a dot a cell; no dot can lie within the wedge."""
    figure = Figure(figsize=(4.4, 3.4), layout="constrained")
    axes = figure.subplots()
    methods = _methods(bias)
    for method in methods:
        numbers = [i for i in range(len(cells)) if (i, method) in bias and (i, method) in rmse]
        x, x_error = np.array([bias[i, method] for i in numbers]).T
        y, y_error = np.array([rmse[i, method] for i in numbers]).T
        axes.errorbar(
            x, y, xerr=REACH * np.nan_to_num(x_error), yerr=REACH * np.nan_to_num(y_error),
            fmt=method.marker, color=method.colour, ms=5, elinewidth=0.8, alpha=0.9,
        )  # fmt: skip
    reach = max(map(abs, axes.get_xlim()))
    highest = axes.get_ylim()[1]
    axes.fill_between([-reach, 0, reach], [reach, 0, reach], color=BAND.light, lw=0, zorder=0)
    axes.axvline(0, color=INK.light, lw=0.8, ls=(0, (4, 2)))
    axes.set(xlabel="bias", ylabel="RMSE", xlim=(-reach, reach), ylim=(0, highest))
    legend(figure, methods)
    title = f"Bias and RMSE of {estimand}"
    caption = (
        "A mark a cell, with 95 % Monte Carlo intervals. Height above the shaded wedge, where RMSE "
        "would be less than bias, is due to variance."
    )
    return Picture("bias-rmse", title, caption, _told(title, cells, rmse), figure)


def _methods(values: Values) -> list[Method]:
    known = [method for (_, method), (value, _) in values.items() if math.isfinite(value)]
    return list(dict.fromkeys(known))


def _told(title: str, cells: Sequence[str], values: Values) -> str:
    """Say in words what a figure shows, of the first dozen values."""
    parts = [
        f"{cells[number]}, {method.label}: {value:.3g}".removeprefix(", ")
        for (number, method), (value, _) in values.items()
    ]
    more = f"; and {len(parts) - 12} more" if len(parts) > 12 else ""
    return f"{title}. {'; '.join(parts[:12])}{more}."
