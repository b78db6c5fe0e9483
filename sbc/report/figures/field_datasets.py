"""Figures that show datasets one by one: zip plots, limits of agreement, parameter recovery.

References
----------
.. [1] Morris, White & Crowther (2019). Statistics in Medicine 38:2074 (zip plots).
   doi:10.1002/sim.8086
.. [2] Bland & Altman (1999). Statistical Methods in Medical Research 8:135.
   doi:10.1177/096228029900800204
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from sbc.report.figures.colours import AXIS, BAND, INK, LABEL, PALETTE
from sbc.report.figures.field_measures import Method, headed, panels
from sbc.report.figures.pictures import Picture, draw_dots, draw_segments, thinned
from sbc.stats.agreement import agreement
from sbc.stats.fits import Fits

_MISSED = PALETTE[5].light  # vermilion, which no other part of these figures has


@dataclass(frozen=True)
class Series:
    """One method in one cell: its label, who it is, and its fits."""

    cell: str
    method: Method
    fits: Fits


def zip_plot(series: Sequence[Series], estimand: str) -> Picture:
    """Draw the 95 % intervals of each method and cell, in the order of their abs(z) [1]_.

    Parameters
    ----------
    series : sequence of Series
        With quantiles.
    estimand : str
        Whose.
    """
    figure, found = panels(len(series), 1.75, share=False)
    for axes, one in zip(found, series, strict=True):
        fits = one.fits
        low, high = fits.quantiles[0.025] - fits.truth, fits.quantiles[0.975] - fits.truth
        order = np.argsort(np.abs(fits.mean - fits.truth) / fits.sd)
        covered = (low <= 0) & (high >= 0)
        centile = 100 * (np.arange(fits.n) + 0.5) / fits.n
        kept = thinned(fits.n)
        for hit, colour in ((True, AXIS.light), (False, _MISSED)):
            mine = kept[covered[order][kept] == hit]
            starts = np.column_stack([low[order][mine], centile[mine]])
            ends = np.column_stack([high[order][mine], centile[mine]])
            draw_segments(axes, starts, ends, color=colour, lw=0.8)
        share = covered.mean()
        error = np.sqrt(share * (1 - share) / fits.n)
        axes.axvline(0, color=INK.light, lw=0.8, ls=(0, (4, 2)))
        axes.axhspan(100 * max(share - 1.96 * error, 0), 100 * min(share + 1.96 * error, 1),
                     color=BAND.light, lw=0, zorder=0)  # fmt: skip
        axes.set_title(headed(one.method.label, one.cell), loc="left")
        axes.set(ylim=(0, 100))
        axes.xaxis.set_major_locator(MaxNLocator(4))
    figure.supxlabel("ends of 95 % intervals minus the truth", fontsize=8, color=LABEL.light)
    figure.supylabel("centile of |z|", fontsize=8, color=LABEL.light)
    handles = [
        Line2D([], [], color=AXIS.light, label="holds the truth"),
        Line2D([], [], color=_MISSED, label="misses it"),
        Line2D([], [], color=BAND.light, lw=5, label="coverage, 95 % interval"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    told = "; ".join(f"{one.method.label} {one.cell}" for one in series)
    caption = (
        "Intervals of single datasets, those farthest from the truth on top; of many, 200 evenly "
        "spaced (Morris, White and Crowther 2019). A calibrated method misses in the upper 5 %."
    )
    return Picture("zip", f"Intervals of {estimand}", caption, f"Zip plots of {told}.", figure)


def bland_altman(pairs: Sequence[tuple[Series, Series]], estimand: str) -> Picture:
    """Draw differences of two methods over their mean, dataset by dataset [2]_.

    Parameters
    ----------
    pairs : sequence of (Series, Series)
        A method and the reference, on the same datasets in the same order.
    estimand : str
        Whose.
    """
    figure, found = panels(len(pairs), 1.85, share=False)
    told = []
    for axes, (one, other) in zip(found, pairs, strict=True):
        limits = agreement(one.fits, other.fits)
        kept = thinned(one.fits.n)
        middle = (one.fits.mean + other.fits.mean)[kept] / 2
        draw_dots(
            axes, middle, (one.fits.mean - other.fits.mean)[kept], one.method.colour, size=5.0
        )
        for line, style in ((limits.mean, "-"), (limits.low, "--"), (limits.high, "--")):
            axes.axhline(line.value, color=INK.light, lw=0.9, ls=style)
            if np.isfinite(line.mcse):
                reach = 1.96 * line.mcse
                axes.axhspan(line.value - reach, line.value + reach, color=BAND.light, lw=0,
                             zorder=0)  # fmt: skip
        name = f"{one.method.label} − {other.method.label}"
        axes.set_title(headed(name, one.cell), loc="left")
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        told.append(f"{name} {one.cell}: {limits.low.value:.3g} to {limits.high.value:.3g}")
    figure.supxlabel("mean of both estimates", fontsize=8, color=LABEL.light)
    figure.supylabel("difference", fontsize=8, color=LABEL.light)
    caption = (
        "Solid: mean difference; dashed: limits of agreement, mean ± 1.96 sd (Bland and Altman "
        "1999); shaded: their 95 % Monte Carlo intervals."
    )
    title = f"Agreement on {estimand}"
    return Picture("bland-altman", title, caption, f"{title}. {'; '.join(told)}.", figure)


def recovery(series: Sequence[Series], estimand: str) -> Picture:
    """Draw estimates over the truths they are of, with the line on which both are equal."""
    figure, found = panels(len(series), 1.9)
    for axes, one in zip(found, series, strict=True):
        kept, fits = thinned(one.fits.n), one.fits
        if fits.quantiles and not np.isnan(fits.quantiles[0.025]).any():
            low, high = (fits.quantiles[p][kept] for p in (0.025, 0.975))
            x = fits.truth[kept]
            draw_segments(axes, np.column_stack([x, low]), np.column_stack([x, high]),
                          color=one.method.colour, lw=0.6, alpha=0.35)  # fmt: skip
        draw_dots(axes, fits.truth[kept], fits.mean[kept], one.method.colour, size=5.0)
        ends = [fits.truth.min(), fits.truth.max()]
        axes.plot(ends, ends, color=INK.light, lw=0.9, ls=(0, (4, 2)))
        axes.set_title(headed(one.method.label, one.cell), loc="left")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(4))
    figure.supxlabel("truth", fontsize=8, color=LABEL.light)
    figure.supylabel("estimate", fontsize=8, color=LABEL.light)
    caption = (
        "Estimates and 95 % intervals over the truth; of many, 200 evenly spaced. Dashed: estimate "
        "and truth are equal."
    )
    title = f"Recovery of {estimand}"
    told = "; ".join(f"{one.method.label} {one.cell}" for one in series)
    return Picture("recovery", title, caption, f"{title} by {told}.", figure)
