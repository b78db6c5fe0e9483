"""The figures of one estimator and one vector: its elements beside each other, and pooled."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from sbc.report.figures.colours import BAND, INK
from sbc.report.figures.pictures import Picture, canvas, draw_dots, draw_segments
from sbc.stats.fits import Estimate, Proportion
from sbc.stats.metrics import METRICS
from sbc.stats.vector_ranks import pooled_ecdf
from sbc.stats.vectors import Elements, measure

#: Elements that a figure shows one by one; of longer vectors so many, evenly spaced.
SHOWN_ELEMENTS = 60

_DEPEND = "Elements of one dataset depend on each other, so that neighbours may deviate together. "


def vector_pictures(elements: Elements, colour: str) -> list[Picture]:
    """Draw what can be drawn of a vector; fewer than two datasets give no figures."""
    if elements.n < 2:
        return []
    draw = {
        bias_by_element: measure("bias_sd", elements).value,
        coverage_by_element: measure("coverage", elements, kind="known").value,
        pooled_ranks: np.mean([fits.pit.mean() for fits in elements.fits]),
        errors_by_element: measure("rmse", elements).value + measure("model_se", elements).value,
    }
    return [one(elements, colour) for one, known in draw.items() if not np.isnan(known)]


def shown(elements: Elements) -> np.ndarray:
    """Choose which elements a figure shows."""
    count = len(elements.names)
    places = np.linspace(0, count - 1, min(count, SHOWN_ELEMENTS))
    return np.unique(places.round().astype(int))


def _some(elements: Elements) -> str:
    count = len(elements.names)
    if count <= SHOWN_ELEMENTS:
        return ""
    return f" Of {count:,} elements {SHOWN_ELEMENTS} are drawn, evenly spaced."


def _interval(found: Estimate | Proportion) -> tuple[float, float, float]:
    if isinstance(found, Proportion):
        return found.value, found.low, found.high
    half = 1.96 * found.mcse if np.isfinite(found.mcse) else 0.0
    return found.value, found.value - half, found.value + half


def _caterpillar(
    elements: Elements, metric: str, best: float, colour: str
) -> tuple[Axes, np.ndarray, tuple[float, float, float]]:
    """Draw a metric of each element with its 95 % interval, and that of the pool behind them."""
    places = shown(elements)
    options = {"kind": "known"} if metric == "coverage" else {}
    rows = np.array(
        [_interval(METRICS[metric](elements.fits[j], **options)) for j in places], dtype=float
    )
    pool = _interval(measure(metric, elements, **options))
    _, axes = canvas()
    axes.axhspan(pool[1], pool[2], color=BAND.light, lw=0)
    axes.axhline(best, color=INK.light, lw=0.8, ls=(0, (4, 2)))
    draw_segments(
        axes,
        np.column_stack([places, rows[:, 1]]),
        np.column_stack([places, rows[:, 2]]),
        color=colour,
        lw=1.1,
        alpha=0.8,
    )
    draw_dots(axes, places, rows[:, 0], colour, size=3.4)
    _elements_axis(axes, elements)
    return axes, rows, pool


def _elements_axis(axes: Axes, elements: Elements) -> None:
    count = len(elements.names)
    axes.set(xlim=(-0.8, count - 0.2), xlabel="element")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))


def _picture(name: str, title: str, caption: str, alt: str, axes: Axes) -> Picture:
    figure = axes.get_figure(root=True)
    assert figure is not None
    return Picture(name, title, caption, alt, figure)


def bias_by_element(elements: Elements, colour: str) -> Picture:
    """Draw the bias of each element in posterior sds."""
    axes, rows, pool = _caterpillar(elements, "bias_sd", 0.0, colour)
    axes.set(ylabel="bias in posterior sds")
    clear = int(((rows[:, 1] > 0) | (rows[:, 2] < 0)).sum())
    worst = int(np.abs(rows[:, 0]).argmax())
    return _picture(
        "bias-by-element",
        "Bias by element",
        "Dots are estimates, lines their 95 % Monte Carlo intervals; by chance one in twenty "
        "misses the dashed line. Grey: the mean over all elements. " + _DEPEND + _some(elements),
        f"Bias of {len(rows)} elements in posterior sds; the intervals of {clear} leave out 0. "
        f"Largest at {elements.names[shown(elements)[worst]]}, {rows[worst, 0]:+.2f}. "
        f"Mean over elements {pool[0]:+.2f} ({pool[1]:+.2f} to {pool[2]:+.2f}).",
        axes,
    )


def coverage_by_element(elements: Elements, colour: str) -> Picture:
    """Draw how often the 95 % interval of each element holds its truth."""
    axes, rows, pool = _caterpillar(elements, "coverage", 0.95, colour)
    axes.set(ylabel="coverage", ylim=(min(0.8, rows[:, 1].min()) - 0.02, 1.01))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    clear = int(((rows[:, 1] > 0.95) | (rows[:, 2] < 0.95)).sum())
    worst = int(rows[:, 0].argmin())
    return _picture(
        "coverage-by-element",
        "Coverage by element",
        "How often the 95 % interval of each element held its truth, with a 95 % Monte Carlo "
        "interval. Dashed line: the nominal 95 %. Grey: the mean over all elements. "
        + _DEPEND
        + _some(elements),
        f"Coverage of {len(rows)} elements; the intervals of {clear} leave out 95 %. Least at "
        f"{elements.names[shown(elements)[worst]]}, {rows[worst, 0]:.2f}. Mean over elements "
        f"{pool[0]:.3f} ({pool[1]:.3f} to {pool[2]:.3f}).",
        axes,
    )


def errors_by_element(elements: Elements, colour: str) -> Picture:
    """Draw the RMSE of each element beside what its posteriors claim."""
    places = shown(elements)
    values = {
        name: np.array([METRICS[name](elements.fits[j]).value for j in places])
        for name in ("rmse", "model_se")
    }
    _, axes = canvas()
    marks = np.column_stack([places - 0.4, values["model_se"]])
    draw_segments(axes, marks, marks + np.array([0.8, 0]), color=INK.light, lw=1.2)
    draw_dots(axes, places, values["rmse"], colour, size=3.4)
    axes.set(ylabel="error", ylim=(0, 1.08 * max(x.max() for x in values.values())))
    _elements_axis(axes, elements)
    whole = {name: measure(name, elements).value for name in values}
    return _picture(
        "errors-by-element",
        "Error by element",
        "Dot: root mean squared error. Bar: the error that the posteriors claim. Dots above their "
        "bars: posteriors are too narrow or estimates biased. Dots below: posteriors are too wide."
        + _some(elements),
        f"Root mean squared error of {len(places)} elements, from {values['rmse'].min():.3g} to "
        f"{values['rmse'].max():.3g}, over all {whole['rmse']:.3g}; the posteriors claim "
        f"{whole['model_se']:.3g}.",
        axes,
    )


def pooled_ranks(elements: Elements, colour: str) -> Picture:
    """Draw the ECDF of the PIT, less the diagonal, of all elements and of single ones."""
    difference, band = pooled_ecdf(elements.pit)
    places = shown(elements)
    u = elements.pit[:, places]
    single = np.stack([np.nanmean(u <= x, axis=0) - x for x in band.x[1:-1]], axis=1)
    single = np.pad(single, ((0, 0), (1, 1)))
    _, axes = canvas()
    axes.fill_between(band.x, band.lower, band.upper, color=BAND.light, lw=0)
    axes.axhline(0, color=INK.light, lw=0.8, ls=(0, (4, 2)))
    points = np.stack([np.broadcast_to(band.x, single.shape), single], axis=2)
    starts, ends = points[:, :-1].reshape(-1, 2), points[:, 1:].reshape(-1, 2)
    draw_segments(axes, starts, ends, color=colour, lw=0.5, alpha=0.3)
    axes.plot(band.x, difference, color=colour, lw=2)
    axes.set(xlim=(0, 1), xlabel="PIT", ylabel="ECDF − uniform")
    leaves = bool(((difference < band.lower) | (difference > band.upper)).any())
    worst = int(np.abs(difference).argmax())
    return _picture(
        "pooled-ecdf",
        "ECDF difference, all elements",
        "Strong line: the mean over elements, which stays within the band in at least 95 of 100 "
        "runs of a calibrated vector; the band allows for elements that depend on each other. "
        "Faint lines: single elements, which vary more. An arch above zero: estimates are too "
        "high; first above, then below zero: posteriors are too narrow." + _some(elements),
        f"Difference between the distribution of u over {len(elements.names)} elements and the "
        f"uniform one. It {'leaves' if leaves else 'stays within'} the 95 % band; at most "
        f"{difference[worst]:+.2f}, at u = {band.x[worst]:.2f}.",
        axes,
    )
