"""Posteriors of several estimators for one dataset, over each other, as in a lecture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbc.report.figures.colours import INK, PALETTE, assign
from sbc.report.figures.pictures import styled
from sbc.store.publish import publish

_COLUMNS = 3


def posterior_figure(
    draws: Mapping[str, Mapping[str, np.ndarray]], truth: Mapping[str, float], title: str
) -> Figure:
    """Draw one panel an estimand, one density an estimator, and the truth.

    Parameters
    ----------
    draws : mapping of str to mapping of str to array
        Posterior draws of each quantity, of any shape, of each estimator.
    truth : mapping of str to float
        True values; what has none is drawn without.
    title : str
        Whose posteriors these are.
    """
    estimands = list(dict.fromkeys(name for found in draws.values() for name in found))
    columns = min(_COLUMNS, len(estimands))
    rows = math.ceil(len(estimands) / columns)
    places = assign(draws)
    with styled():
        figure = Figure(figsize=(3.9 * columns, 0.55 + 2.7 * rows), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, name in zip(panels, estimands, strict=False):
            for estimator, found in draws.items():
                if name in found:
                    colour = PALETTE[places[estimator]].light
                    _density(axes, found[name], colour, estimator.rpartition(":")[2])
            if name in truth:
                axes.axvline(truth[name], color=INK.light, lw=1.2, ls=(0, (4, 2)), label="truth")
            axes.set(xlabel=name, yticks=[], ylim=(0, None))
            axes.spines["left"].set_visible(False)
        for axes in panels[len(estimands) :]:
            axes.set_axis_off()
        handles = {
            label: handle
            for axes in panels
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        figure.legend(
            [*handles.values()], [*handles], loc="outside lower center", ncols=min(6, len(handles))
        )
        figure.suptitle(title, fontsize=9)
    return figure


def _density(axes: Axes, draws: np.ndarray, colour: str, label: str) -> None:
    from arviz_stats.base import array_stats

    grid, density, _ = array_stats.kde(np.ravel(draws))
    axes.fill_between(grid, density, color=colour, alpha=0.12, lw=0)
    axes.plot(grid, density, color=colour, lw=1.6, label=label)


def save_figure(figure: Figure, file: Path) -> None:
    """Write a figure in the format that the file's name asks for, on white paper.

    Raises
    ------
    UserError
        If the file cannot be written.
    """
    with styled():
        publish(file, partial(figure.savefig, facecolor="white"))
