"""Pictures of the stories: what was answered, three posteriors, and how errors fall."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sbc.plugins.data import Data
from sbc.report.figures.colours import LABEL, PALETTE
from sbc.report.figures.pictures import Picture, canvas
from sbc.studies.lecture.evidence import Evidence
from sbc.studies.lecture.vector_measures import typical

_ORANGE, _BLUE, _, GREEN = (colour.light for colour in PALETTE[:4])
#: Complete, no and partial pooling, in words and in colours.
WAYS = (("complete pooling", GREEN), ("no pooling", _ORANGE), ("partial pooling", _BLUE))
#: As many participants as the lecture shows.
SHOWN = 50


def answers_by(data: Data, unit: str) -> Picture:
    """Draw the mean answer with its interquartile range, by ``story`` or ``participant``."""
    units = np.unique(data[unit])[:SHOWN]
    answers = [data["R"][data[unit] == one] + 1 for one in units]  # from 1 to 7 as people gave them
    means = np.array([x.mean() for x in answers])
    low, high = (np.array([np.quantile(x, q) for x in answers]) for q in (0.25, 0.75))
    figure, axes = canvas()
    axes.axhline(float(data["R"].mean() + 1), color=LABEL.light, lw=0.8, ls=(0, (4, 2)))
    axes.vlines(units, low, high, color=_BLUE, lw=1.8, alpha=0.4)
    axes.plot(units, means, "o", color=_BLUE, ms=3)
    axes.set(xlabel=unit, ylabel="answer", ylim=(0.8, 7.2))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    told = f"means from {means.min():.2f} to {means.max():.2f}"
    first = f" Shown are the first {SHOWN}." if len(np.unique(data[unit])) > SHOWN else ""
    return Picture(
        f"answers-by-{unit}",
        f"Answers by {unit}",
        f"Dot: mean answer; line: the middle half of the answers; dashed: mean of all.{first}",
        f"Mean answer of {len(units)} {unit}s: {told}.",
        figure,
    )


def three_posteriors(evidence: Evidence) -> Picture:
    """Draw what three ways of pooling say of the stories of one dataset, over each other."""
    figure, axes = canvas()
    told = []
    for i, (estimator, (words, colour)) in enumerate(
        zip(evidence.scenario.estimators, WAYS, strict=True)
    ):
        mean, low, high = (
            evidence.means(estimator, "by_story", column).iloc[0].to_numpy(float)
            for column in ("mean", "q025", "q975")
        )
        x = np.arange(mean.size) + 0.22 * (i - 1)
        axes.vlines(x, low, high, color=colour, lw=1.6, alpha=0.6)
        axes.plot(x, mean, "o", color=colour, ms=3, label=words)
        told.append(f"{words} {mean.min():.2f} to {mean.max():.2f}")
    truth = evidence.means(estimator, "by_story", "truth").iloc[0].to_numpy(float)
    axes.plot(np.arange(truth.size), truth, "_", color=LABEL.light, ms=12, mew=1.2, label="truth")
    axes.set(xlabel="story", ylabel="log odds of an answer of 4 or more")
    axes.margins(y=0.25)
    axes.legend(loc="upper center", ncols=2)
    return Picture(
        "three-posteriors",
        "Three ways of pooling, one dataset",
        "Posterior mean and 95 % interval of each story's effect. With 662 to 1,324 answers a "
        "story, no and partial pooling agree; complete pooling has one answer for all.",
        f"Posterior means by story: {'; '.join(told)}.",
        figure,
    )


def error_by_answers(evidence: Evidence, answers: Sequence[int]) -> Picture:
    """Draw the error of a story's effect over its number of answers."""
    figure, axes = canvas()
    told = []
    for estimator, (words, colour) in zip(evidence.scenario.estimators, WAYS, strict=True):
        squares = evidence.errors(estimator, "beta") ** 2
        rmse = np.sqrt(squares.mean()).to_numpy(float)
        half = 1.96 * (squares.std() / np.sqrt(len(squares))).to_numpy(float) / (2 * rmse)
        axes.fill_between(answers, rmse - half, rmse + half, color=colour, alpha=0.2, lw=0)
        axes.plot(answers, rmse, "o-", color=colour, ms=3, label=words)
        told.append(f"{words} from {rmse[0]:.2f} to {rmse[-1]:.2f}")
    axes.set(xscale="log", yscale="log", xlabel="answers to the story",
             ylabel="root mean squared error")  # fmt: skip
    _plain(axes, x=(2, 5, 10, 20, 50, 100, 200), y=(0.1, 0.2, 0.5, 1, 2, 5, 10))
    axes.legend(loc="upper right")
    return Picture(
        "error-by-answers",
        "Repeated observations",
        f"Error of a story's effect by its number of answers, over {evidence.datasets} datasets; "
        "band: 95 % interval of its Monte Carlo error.",
        f"Error from {answers[0]} to {answers[-1]} answers: {'; '.join(told)}.",
        figure,
    )


def learning(scenarios: Sequence[Evidence], answers: Sequence[int]) -> Picture:
    """Draw typical errors after few, more and many answers a story."""
    figure, axes = canvas()
    told = []
    for i, (words, colour) in enumerate(WAYS):
        columns = [
            typical(evidence, evidence.scenario.estimators[i], "beta") for evidence in scenarios
        ]
        means = np.array([x.mean() for x in columns])
        half = np.array([1.96 * x.std() / np.sqrt(len(x)) for x in columns])
        axes.vlines(answers, means - half, means + half, color=colour, lw=1.8)
        axes.plot(answers, means, "o-", color=colour, ms=3, label=words)
        told.append(f"{words} {', '.join(f'{x:.2f}' for x in means)}")
    axes.set(xlabel="answers to each story", ylabel="error of the stories' effects",
             xticks=answers)  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper right")
    return Picture(
        "learning",
        "Who learns faster",
        "Root mean squared error over 12 stories, averaged over datasets; lines: 95 % interval.",
        f"Error after {', '.join(map(str, answers))} answers: {'; '.join(told)}.",
        figure,
    )


def _plain(axes: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    """Write the ticks of logarithmic axes as numbers, those within their limits."""
    for axis, ticks, limits in (
        (axes.xaxis, x, axes.get_xlim()),
        (axes.yaxis, y, axes.get_ylim()),
    ):
        inside = [tick for tick in ticks if limits[0] <= tick <= limits[1]]
        axis.set_ticks(inside, [f"{tick:g}" for tick in inside])
        axis.set_ticks([], minor=True)
