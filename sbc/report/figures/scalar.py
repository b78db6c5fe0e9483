"""The six figures of one estimator and one quantity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from sbc.report.figures.colours import AXIS, BAND, INK, LABEL
from sbc.report.figures.pictures import SHOWN, Picture, draw_dots, draw_segments, on, thinned
from sbc.report.numbers import plus_minus
from sbc.stats.fits import Fits
from sbc.stats.metrics import proportional_bias
from sbc.stats.uniformity import Band, ecdf_band, histogram_band


def pair_pictures(fits: Fits, colour: str, whole: bool = True) -> list[Picture]:
    """Draw what can be drawn of one stream.

    Parameters
    ----------
    fits : Fits
        The datasets whose fits worked; fewer than two give no figures.
    colour : str
        The estimator's.
    whole : bool
        Whether the quantity is an estimand; of others the ranks alone are shown.
    """
    if fits.truth.size < 2:
        return []
    chosen: list[Callable[[Fits, str], Picture]] = []
    if _known(fits.pit):
        chosen += [rank_histogram, ecdf_difference, coverage_curve]
    if whole and _known(fits.sd, *(fits.quantiles.get(p, _NONE) for p in (0.025, 0.975))):
        chosen.append(zip_plot)
    if whole and _known(fits.mean, fits.truth):
        chosen += [recovery, sharpness] if _known(fits.sd) else [recovery]
    return [draw(fits, colour) for draw in chosen]


_NONE = np.array([np.nan])


def _known(*columns: np.ndarray) -> bool:
    """Say whether columns hold numbers: an estimator, or results made elsewhere, may lack some."""
    return not any(np.isnan(column).any() for column in columns)


def bins_for(n: int) -> int:
    """Choose a number of bins, a power of two, that leaves about ten ranks or more in each."""
    return int(2 ** np.clip(np.floor(np.log2(max(n, 1) / 10)), 2, 5))


def band_for(n: int) -> Band:
    """Give the simultaneous 95 % band of an ECDF, from a few sizes that serve all others.

    Simulating one takes most of a second; above 100 values it shrinks like 1/√n to within a
    percent, so that the band of a size near by is stretched.
    """
    if n <= 100:
        return ecdf_band(n)
    near = min(1000, int(round(100 * 2 ** (round(3 * np.log2(n / 100)) / 3), -1)))
    band = ecdf_band(near)
    stretch = np.sqrt(near / n)
    return Band(band.x, band.lower * stretch, band.upper * stretch)


def _ecdf(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.sort(values), at, side="right") / values.size


def rank_histogram(fits: Fits, colour: str, axes: Axes | None = None) -> Picture:
    """Draw the ranks of the truth, spread over (0, 1), with what is expected of each bin."""
    n = fits.pit.size
    bins = bins_for(n)
    band = histogram_band(n, bins)
    counts, edges = np.histogram(fits.pit, bins=bins, range=(0, 1))
    figure, axes = on(axes)
    axes.axhspan(band.lower, band.upper, color=BAND.light, lw=0)
    axes.bar(edges[:-1], counts, np.diff(edges), align="edge", edgecolor=colour, lw=0.6,
             facecolor=(colour, 0.7))  # fmt: skip
    for limit in (band.lower, band.upper):  # which bars would hide
        axes.axhline(limit, color=AXIS.light, lw=0.6)
    axes.axhline(band.expected, color=INK.light, lw=0.8, ls=(0, (4, 2)))
    axes.set(xlim=(0, 1), ylim=(0, 1.08 * max(int(counts.max()), band.upper)))
    axes.set(xlabel="share of draws below the truth", ylabel="datasets")
    outside = int(((counts < band.lower) | (counts > band.upper)).sum())
    return Picture(
        "rank-histogram",
        "Rank histogram",
        "The bars of a calibrated posterior are level and within the grey band, which each leaves "
        "once in twenty by chance. High bars at the left: estimates are too high; at the right: "
        "too low. A U shape: the posterior is too narrow; a hump: too wide.",
        f"Rank histogram of {n} datasets in {bins} bins, {band.expected:.1f} expected in each; "
        f"{outside} of {bins} bins lie outside their 95 % band of {band.lower} to {band.upper}.",
        figure,
    )


def ecdf_difference(fits: Fits, colour: str, axes: Axes | None = None) -> Picture:
    """Draw the ECDF of the PIT minus the diagonal, with its simultaneous band."""
    band = band_for(fits.pit.size)
    difference = _ecdf(fits.pit, band.x) - band.x
    figure, axes = on(axes)
    _band(axes, band.x, band.lower, band.upper)
    axes.axhline(0, color=INK.light, lw=0.8, ls=(0, (4, 2)))
    axes.plot(band.x, difference, color=colour)
    axes.set(xlim=(0, 1), xlabel="PIT", ylabel="ECDF − uniform")
    leaves = bool(((difference < band.lower) | (difference > band.upper)).any())
    worst = int(np.abs(difference).argmax())
    return Picture(
        "ecdf-difference",
        "ECDF difference",
        "The line of a calibrated posterior stays within the band in 95 of 100 runs. An arch above "
        "zero: estimates are too high; below: too low. First above, then below zero: the posterior "
        "is too narrow; first below, then above: too wide.",
        f"Difference between the distribution of u and the uniform one. It "
        f"{'leaves' if leaves else 'stays within'} the 95 % band; at most "
        f"{difference[worst]:+.2f}, at u = {band.x[worst]:.2f}.",
        figure,
    )


def coverage_curve(fits: Fits, colour: str, axes: Axes | None = None) -> Picture:
    """Draw the coverage of central intervals of all levels, with its simultaneous band."""
    held = np.abs(2 * fits.pit - 1)
    band = band_for(held.size)
    share = _ecdf(held, band.x)
    figure, axes = on(axes)
    _band(axes, band.x, band.x + band.lower, band.x + band.upper)
    axes.plot([0, 1], [0, 1], color=INK.light, lw=0.8, ls=(0, (4, 2)))
    axes.plot(band.x, share, color=colour)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="nominal level", ylabel="coverage")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    at = [f"{100 * _ecdf(held, np.array([p]))[0]:.0f} % at {100 * p:.0f} %" for p in (0.5, 0.95)]
    return Picture(
        "coverage",
        "Coverage at every level",
        "How often the central interval of each level held the truth. The diagonal is the nominal "
        "coverage. Below it, intervals are too short or shifted; above it, they are too long.",
        f"Coverage against nominal level: {' and '.join(at)}.",
        figure,
    )


def _band(axes: Axes, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    axes.fill_between(x, low, high, color=BAND.light, lw=0)


def zip_plot(fits: Fits, colour: str, axes: Axes | None = None) -> Picture:
    """Draw 95 % intervals around the truth, those farthest from it on top."""
    z = np.abs(fits.mean - fits.truth) / fits.sd
    order = np.argsort(z, kind="stable")
    height = (np.arange(z.size) + 0.5) / z.size
    shown = thinned(z.size)
    low, high = (fits.quantiles[p][order] - fits.truth[order] for p in (0.025, 0.975))
    missed = (low > 0) | (high < 0)
    figure, axes = on(axes)
    for these, style in (
        (shown[~missed[shown]], {"color": colour, "alpha": 0.5, "lw": 0.8}),
        (shown[missed[shown]], {"color": INK.light, "lw": 0.9}),
    ):
        draw_segments(
            axes,
            np.column_stack([low[these], height[these]]),
            np.column_stack([high[these], height[these]]),
            **style,
        )
    axes.axvline(0, color=INK.light, lw=0.8)
    axes.axhline(0.95, color=LABEL.light, lw=0.8, ls=(0, (4, 2)))
    axes.set(ylim=(0, 1), xlabel="95 % interval − truth", ylabel="datasets by |z|")
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    return Picture(
        "zip",
        "Zip plot",
        "Each line is the 95 % interval of one dataset, with the truth at 0, sorted by |z|. Lines "
        "without colour miss the truth: they should begin at the dashed line, as many on either "
        "side." + _sampled(z.size, "evenly spaced in this order"),
        f"95 % intervals of {z.size} datasets sorted by distance from the truth; "
        f"{int(missed.sum())} miss it, {int((low > 0).sum())} of them from above and "
        f"{int((high < 0).sum())} from below.",
        figure,
    )


def _sampled(n: int, how: str) -> str:
    return f" Of {n:,} datasets {SHOWN} are drawn, {how}." if n > SHOWN else ""


def recovery(fits: Fits, colour: str, axes: Axes | None = None) -> Picture:
    """Draw posterior means against truths; where there is one truth, their distribution."""
    if np.ptp(fits.truth) == 0:
        return _one_truth(fits, colour, axes)
    shown = slice(0, SHOWN)
    slope = proportional_bias(fits)
    ends = np.array([fits.truth.min(), fits.truth.max()])
    figure, axes = on(axes)
    draw_dots(axes, fits.truth[shown], fits.mean[shown], colour)
    axes.plot(ends, ends, color=INK.light, lw=0.8, ls=(0, (4, 2)))
    if np.isfinite(slope.value):
        fitted = fits.mean.mean() + (1 + slope.value) * (ends - fits.truth.mean())
        axes.plot(ends, fitted, color=colour, lw=1.4)
    axes.set(xlabel="truth", ylabel="posterior mean")
    told = plus_minus(1 + slope.value, slope.mcse)
    return Picture(
        "recovery",
        "Posterior mean against truth",
        f"Dashed line: mean = truth. Solid line: least squares, slope {told}. A slope below 1 is "
        "shrinkage, as expected where the data are weak; a shifted line is bias."
        + _sampled(fits.truth.size, "the first ones"),
        f"Posterior mean against truth for {fits.truth.size} datasets; slope {told}.",
        figure,
    )


def _one_truth(fits: Fits, colour: str, axes: Axes | None = None) -> Picture:
    figure, axes = on(axes)
    axes.hist(fits.mean, bins=bins_for(fits.mean.size) * 2, edgecolor=colour, lw=0.6,
              facecolor=(colour, 0.7))  # fmt: skip
    axes.axvline(fits.truth[0], color=INK.light, lw=1)
    axes.axvline(fits.mean.mean(), color=colour, lw=1.2, ls=(0, (4, 2)))
    axes.set(xlabel="posterior mean", ylabel="datasets")
    middle = plus_minus(fits.mean.mean(), fits.mean.std(ddof=1) / np.sqrt(fits.mean.size))
    return Picture(
        "recovery",
        "Posterior means",
        f"Solid line: the one truth, {fits.truth[0]:.4g}. Dashed line: the average of the "
        f"posterior means, {middle}. The distance between them is the bias.",
        f"Posterior means of {fits.mean.size} datasets average {middle}; the truth is "
        f"{fits.truth[0]:.4g}.",
        figure,
    )


def sharpness(fits: Fits, colour: str, axes: Axes | None = None) -> Picture:
    """Draw z-scores against contraction, or against posterior sds where there is one truth."""
    shown = slice(0, SHOWN)
    z = (fits.mean - fits.truth) / fits.sd
    varies = fits.prior_var is not None
    x = 1 - fits.sd**2 / fits.prior_var if fits.prior_var is not None else fits.sd
    figure, axes = on(axes)
    axes.axhspan(-2, 2, color=BAND.light, lw=0)
    axes.axhline(0, color=AXIS.light, lw=0.7)
    draw_dots(axes, x[shown], z[shown], colour)
    axes.set(xlabel="contraction" if varies else "posterior sd", ylabel="z-score")
    what = "contraction" if varies else "posterior sd"
    beyond = int((np.abs(z) > 2).sum())
    reading = (
        "Contraction is what the data taught (0: nothing, 1: everything). "
        if varies
        else "With one truth there is no contraction; posterior sds stand in its place. "
    )
    return Picture(
        "sharpness",
        f"z-score against {what}",
        reading
        + "About 95 of 100 dots should lie within the band. If most lie above it, estimates "
        "are too high and posteriors too narrow." + _sampled(z.size, "the first ones"),
        f"z-scores of {z.size} datasets against {what}: {beyond} beyond 2, "
        f"average {what} {x.mean():.2f}.",
        figure,
    )
