"""What a figure is, and how one is begun: canvas, style, and marks that stay small as SVG."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

STYLE = Path(__file__).with_name("sbc.mplstyle")

#: Datasets that a figure shows one by one; more would make the page grow and nothing clearer.
SHOWN = 200


@dataclass(frozen=True)
class Picture:
    """A figure with the words that belong to it.

    Attributes
    ----------
    name : str
        What it shows, fit for a file's name.
    title : str
        The same for people.
    caption : str
        How to read it.
    alt : str
        What it shows, in words, for who cannot see it.
    figure : matplotlib.figure.Figure
        The drawing, in the colours for light paper.
    """

    name: str
    title: str
    caption: str
    alt: str
    figure: Figure


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the style of sbc, whatever the user's own is."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rc_file(STYLE, use_default_template=False)
        yield


@contextmanager
def unhurried() -> Iterator[None]:
    """Draw many figures without looking for garbage, over and over, in all that was loaded before.

    That takes a third of the time of a large page.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def canvas(width: float = 3.4, height: float = 2.55) -> tuple[Figure, Axes]:
    """Begin a small figure whose axes sit where those of its neighbours sit."""
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0.185, 0.18, 0.755, 0.77))
    axes.locator_params(nbins=5)
    return figure, axes


def on(axes: Axes | None) -> tuple[Figure, Axes]:
    """Take the axes that somebody brings, or begin a figure of the page's size."""
    if axes is None:
        return canvas()
    figure = axes.get_figure(root=True)
    assert figure is not None  # axes always stand in one
    return figure, axes


def thinned(n: int) -> np.ndarray:
    """Choose at most `SHOWN` of n positions, evenly spaced, the first and the last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, SHOWN)).round().astype(int))


def draw_segments(axes: Axes, starts: Any, ends: Any, **style: Any) -> None:
    """Draw many line segments as one shape; `starts` and `ends` have shape (n, 2)."""
    if not len(starts):
        return
    corners = np.stack([starts, ends], axis=1).reshape(-1, 2)
    codes = np.tile([Outline.MOVETO, Outline.LINETO], len(starts))
    outline = Outline(corners, codes)
    outline.should_simplify = False  # it would take dots and short segments for no movement
    axes.add_patch(PathPatch(outline, fill=False, **style))
    axes.update_datalim(corners)
    axes.autoscale_view()


def draw_dots(axes: Axes, x: Any, y: Any, colour: str, size: float = 3.0) -> None:
    """Draw many dots as one shape: segments of hardly any length, with round ends."""
    points = np.column_stack([x, y])
    ends = points + np.array([1e-3 * np.ptp(x), 0])  # PNG shows nothing of segments without length
    look = {"lw": size, "capstyle": "round", "alpha": 0.55, "snap": False}
    draw_segments(axes, points, ends, color=colour, **look)
