"""Pictures of the reed-frog tanks: the grid of sigma, survival tank by tank, predators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbc.plugins.data import Data
from sbc.report.figures.colours import BAND, INK, LABEL, PALETTE
from sbc.report.figures.overall import Interval, Measure, interval_plot
from sbc.report.figures.pictures import Picture, canvas
from sbc.report.numbers import with_error
from sbc.studies.lecture.evidence import Evidence
from sbc.studies.lecture.single import LEVEL, Single
from sbc.studies.lecture.vector_measures import error_difference

ORANGE, BLUE, SKY, GREEN, _, VERMILION = (colour.light for colour in PALETTE[:6])
DENSITY_COLOURS = (VERMILION, BLUE, GREEN)


def density(axes: Axes, draws: np.ndarray, colour: str, label: str) -> None:
    """Draw the density of some draws."""
    from arviz_stats.base import array_stats

    grid, height, _ = array_stats.kde(np.ravel(draws))
    axes.fill_between(grid, height, color=colour, alpha=0.15, lw=0)
    axes.plot(grid, height, color=colour, lw=1.6, label=label)


#: How scores are taken, in words, and the colour of each.
WAYS = {"psis": ("PSIS, as in the lecture", SKY), "integrated": ("computed reliably", BLUE)}


def sigma_grid(sigmas: Sequence[float], grid: Sequence[Single], multilevel: Single) -> Picture:
    """Draw leave-one-out scores over sigma, the best of them, and the posterior of sigma."""
    figure, axes = canvas(4.4, 3.0)
    told = []
    for way, (words, colour) in WAYS.items():
        found = [one.scores[way].loo for one in grid]
        scores, errors = (np.array(x) for x in ([f.elpd for f in found], [f.se for f in found]))
        best = int(np.argmax(scores))
        axes.vlines(sigmas, scores - errors, scores + errors, color=colour, lw=1, alpha=0.5)
        axes.plot(sigmas, scores, "o", color=colour, ms=3.5, label=words)
        axes.plot(sigmas[best], scores[best], "*", color=colour, ms=12)
        told.append(f"{words}: sigma = {sigmas[best]:.2f}")
    axes.set(xlabel="sigma", ylabel="elpd_loo (more is better)", xlim=(0, 5.1))
    axes.margins(y=0.08)
    over = axes.twinx()
    draws = multilevel.draws["sigma"]
    density(over, draws, ORANGE, "multilevel posterior")
    over.set(yticks=[], ylim=(0, None))
    over.spines["right"].set_visible(False)
    handles = [h for a in (axes, over) for h in a.get_legend_handles_labels()[0]]
    axes.legend(handles=handles, loc="lower right")
    learnt = f"mean {draws.mean():.2f}, sd {draws.std():.2f}"
    return Picture(
        "sigma-grid",
        "Which sigma predicts a left-out tank best?",
        "Dots: leave-one-out score of a model whose sigma is given; lines: ± its standard error "
        f"over tanks; stars: the best of each kind ({'; '.join(told)}). Orange: what the "
        f"multilevel model learns about sigma by itself ({learnt}; its height has no scale).",
        f"Best by {'; '.join(told)}. Multilevel posterior of sigma: {learnt}.",
        figure,
    )


def survival(data: Data, panels: Sequence[tuple[str, Single]]) -> Picture:
    """Draw survival tank by tank, one panel a model."""
    figure = Figure(figsize=(3.2 * len(panels), 2.6), layout="constrained")
    row = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    seen = data["S"] / data["D"]
    for axes, (title, one) in zip(row, panels, strict=True):
        told = one.vectors["p_survived"]
        tanks = data["tank"]
        axes.axhline(seen.mean(), color=LABEL.light, lw=0.8, ls=(0, (4, 2)))
        for edge in np.flatnonzero(np.diff(data["D"])):
            axes.axvline(edge + 0.5, color=BAND.light, lw=0.8)
        axes.vlines(tanks, told["low"], told["high"], color=BLUE, lw=1.6, alpha=0.5)
        axes.plot(tanks, told["mean"], "o", color=BLUE, ms=3, label="posterior")
        axes.plot(tanks, seen, "x", color=INK.light, ms=3.5, mew=0.9, label="observed")
        axes.set(title=title, xlabel="tank", ylim=(-0.03, 1.03))
    row[0].set_ylabel("share that survives")
    row[0].legend(loc="lower left")
    return Picture(
        "survival",
        "Survival tank by tank",
        f"Crosses: observed share; dots and lines: posterior mean and {100 * LEVEL:.0f} % "
        "interval; dashed: mean over tanks. Upright lines part the densities, small tanks left.",
        f"Observed and estimated survival of {len(seen)} tanks under "
        + ", ".join(title for title, _ in panels),
        figure,
    )


def pull(data: Data, one: Single) -> Picture:
    """Draw estimated on observed survival, with a colour for each density."""
    figure, axes = canvas()
    told, told_of = one.vectors["p_survived"]["mean"][data["tank"]], []
    seen = data["S"] / data["D"]
    axes.plot([0, 1], [0, 1], color=LABEL.light, lw=0.8, ls=(0, (4, 2)))
    for i, size in enumerate(np.unique(data["D"])):
        rows = data["D"] == size
        slope, at_zero = np.polyfit(seen[rows], told[rows], 1)
        colour = DENSITY_COLOURS[i % len(DENSITY_COLOURS)]
        axes.plot(seen[rows], told[rows], "o", color=colour, ms=3.5, alpha=0.8,
                  label=f"{size:g} tadpoles")  # fmt: skip
        ends = np.array([seen[rows].min(), seen[rows].max()])
        axes.plot(ends, at_zero + slope * ends, color=colour, lw=1)
        told_of.append(f"{size:g} tadpoles: {1 - slope:.2f}")
    axes.set(xlabel="observed share", ylabel="multilevel estimate", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.legend(loc="upper left")
    return Picture(
        "pull",
        "How far tanks are pulled to the middle",
        "On the dashed line an estimate is what was observed. Shrinkage, 1 − the slope of a line, "
        f"is {'; '.join(told_of)}.",
        f"Shrinkage by density: {'; '.join(told_of)}.",
        figure,
    )


def same_predictions(data: Data, without: Single, having: Single) -> Picture:
    """Draw survival with the predators in the model on survival without them."""
    figure, axes = canvas()
    x, y = (one.vectors["p_survived"]["mean"] for one in (without, having))
    axes.plot([0, 1], [0, 1], color=LABEL.light, lw=0.8, ls=(0, (4, 2)))
    for value, colour, label in ((1, VERMILION, "predators"), (0, BLUE, "none")):
        mine = data["P"] == value
        axes.plot(x[mine], y[mine], "o", color=colour, ms=3.5, alpha=0.8, label=label)
    axes.set(xlabel="without predators in the model", ylabel="with predators in the model",
             xlim=(0, 1.02), ylim=(0, 1.02))  # fmt: skip
    axes.legend(loc="upper left")
    far = float(np.abs(x - y).mean())
    return Picture(
        "predictions",
        "The same survival …",
        f"One dot a tank: posterior mean of survival. On average the two differ by {far:.3f}.",
        f"Survival under the two models, {far:.3f} apart on average.",
        figure,
    )


def two_sigmas(without: Single, having: Single) -> Picture:
    """Draw the posteriors of sigma of the two models."""
    figure, axes = canvas()
    told = []
    for one, colour, label in ((without, BLUE, "without"), (having, VERMILION, "with")):
        draws = one.draws["sigma"]
        density(axes, draws, colour, f"{label} predators")
        told.append(f"{draws.mean():.2f} (sd {draws.std():.2f}) {label} predators")
    axes.set(xlabel="sigma", yticks=[], ylim=(0, None))
    axes.spines["left"].set_visible(False)
    axes.legend(loc="upper right")
    return Picture(
        "two-sigmas",
        "… and another sigma",
        f"Posterior of the spread between tanks: {'; '.join(told)}.",
        f"Posteriors of sigma: {'; '.join(told)}.",
        figure,
    )


def superstitions(scenarios: Sequence[Evidence]) -> list[Picture]:
    """Draw how much nearer to the truth partial pooling is than none, scenario by scenario."""
    measure = Measure(
        "superstitions", "Partial pooling beside none", "error of survival, partial − no pooling",
        0.0, "Dot: difference of root mean squared errors over the tanks, averaged over datasets; "
        "line: 95 % interval. Left of the dashed line partial pooling is nearer to the truth.",
    )  # fmt: skip
    rows = []
    for evidence in scenarios:
        pooled, unpooled = evidence.scenario.estimators[:2]
        found = error_difference("p_survived", pooled, unpooled)(evidence)
        half = 1.96 * found.mcse
        rows.append(
            Interval(evidence.scenario.words, "partial − none", BLUE, found.value,
                     found.value - half, found.value + half)
        )  # fmt: skip
    return [picture for picture in [interval_plot(measure, rows)] if picture]


def score_rows(named: Sequence[tuple[str, Single]]) -> list[dict[str, str]]:
    """Write leave-one-out scores, with both of their errors, as rows of a table."""
    return [
        {
            "name": name,
            "way": words,
            "elpd": with_error(found.loo.elpd, found.elpd_mcse),
            "se": f"{found.loo.se:.1f}",
            "p": with_error(found.loo.p, found.p_mcse),
            "k": f"{found.loo.bad} of {found.loo.k_i.size}, largest k {found.loo.k_i.max():.2f}",
            "chains": f"R-hat {one.rhat:.3f}, ESS {one.ess:.0f}, {one.divergences} divergent",
        }
        for way, (words, _) in WAYS.items()
        for name, one in named
        for found in [one.scores[way]]
    ]


def score_differences(one: Single, other: Single) -> list[dict[str, str]]:
    """Write how far two models' scores are apart on the same tanks, way by way."""
    rows = []
    for way, (words, _) in WAYS.items():
        a, b = one.scores[way], other.scores[way]
        apart = a.loo.elpd_i - b.loo.elpd_i
        rows.append(
            {
                "way": words,
                "elpd": with_error(apart.sum(), float(np.hypot(a.elpd_mcse, b.elpd_mcse))),
                "se": f"{np.sqrt(apart.size * apart.var()):.1f}",
                "p": with_error(a.loo.p - b.loo.p, float(np.hypot(a.p_mcse, b.p_mcse))),
            }
        )
    return rows
