"""Pictures of the reed frogs before any model is fitted: what was seen, and three priors."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from sbc.plugins.data import Array, Data
from sbc.report.figures.colours import BAND, LABEL, PALETTE
from sbc.report.figures.pictures import Picture, canvas

_BLUE, _VERMILION = PALETTE[1].light, PALETTE[5].light


def survival_by_density(data: Data) -> Picture:
    """Draw the share that survived in each tank and on average, by density."""
    seen, told = data["S"] / data["D"], []
    figure, axes = canvas()
    sizes = np.unique(data["D"])
    for place, size in enumerate(sizes):
        mine = seen[data["D"] == size]
        across = place + np.linspace(-0.25, 0.25, mine.size)
        axes.plot(across, mine, "o", color=_BLUE, ms=3, alpha=0.6)
        axes.hlines(mine.mean(), place - 0.35, place + 0.35, color=_VERMILION, lw=2)
        told.append(f"{size} tadpoles {mine.mean():.2f}")
    axes.set(xticks=range(len(sizes)), xlabel="tadpoles in a tank", ylabel="share that survives",
             ylim=(-0.03, 1.03))  # fmt: skip
    axes.set_xticklabels([f"{size:g}" for size in sizes])
    return Picture(
        "survival-by-density",
        "Before any model",
        f"Dot: a tank; line: the average of its density ({'; '.join(told)}).",
        f"Average survival by density: {'; '.join(told)}.",
        figure,
    )


def kurtosis_of_alpha() -> float:
    """Kurtosis of alpha ~ Normal(alpha_bar, sigma) under the model's own prior; 3 of a normal.

    alpha = alpha_bar + sigma z with alpha_bar ~ Normal(0, 1.5), sigma ~ Exponential(1) and
    z ~ Normal(0, 1). With E sigma² = 2 and E sigma⁴ = 24, the fourth moment is
    3·1.5⁴ + 6·1.5²·2 + 3·24 and the variance 1.5² + 2.
    """
    fourth = 3 * 1.5**4 + 6 * 1.5**2 * 2 + 3 * 24
    return fourth / (1.5**2 + 2) ** 2


def density_of_alpha(x: Array) -> Array:
    """Prior density of alpha: a normal mixed over sigma, by the trapezoidal rule."""
    sigma = np.linspace(0, 40, 4001)
    sd = np.sqrt(1.5**2 + sigma**2)
    each = np.exp(-0.5 * (x[:, None] / sd) ** 2) / (sd * np.sqrt(2 * np.pi))
    return np.trapezoid(each * np.exp(-sigma), sigma, axis=1)


def priors() -> Picture:
    """Draw the priors of sigma and alpha_bar, and the one that they imply for alpha."""
    figure = Figure(figsize=(9.0, 2.4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    sigma, x = np.linspace(0, 6, 200), np.linspace(-8, 8, 321)

    def normal(sd: float) -> Array:
        return np.exp(-0.5 * (x / sd) ** 2) / (sd * np.sqrt(2 * np.pi))

    for axes, at, height, name in (
        (left, sigma, np.exp(-sigma), "sigma ~ Exponential(1)"),
        (middle, x, normal(1.5), "alpha_bar ~ Normal(0, 1.5)"),
        (right, x, density_of_alpha(x), "alpha ~ Normal(alpha_bar, sigma)"),
    ):
        axes.fill_between(at, height, color=BAND.light, lw=0)
        axes.plot(at, height, color=_BLUE, lw=1.6)
        axes.set(title=name, yticks=[], ylim=(0, None))
        axes.spines["left"].set_visible(False)
    sd = float(np.sqrt(1.5**2 + 2))
    right.plot(x, normal(sd), color=LABEL.light, lw=1, ls=(0, (4, 2)), label="a normal of its sd")
    right.legend(loc="upper right")
    kurtosis = kurtosis_of_alpha()
    return Picture(
        "priors",
        "Three priors",
        "Mixing a normal over its own spread gives tails thicker than a normal's: the kurtosis of "
        f"alpha is {kurtosis:.2f} (a normal's is 3), its sd {sd:.2f}.",
        f"Priors of sigma, alpha_bar and alpha; kurtosis of alpha {kurtosis:.2f}.",
        figure,
    )
