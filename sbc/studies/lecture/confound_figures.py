"""Pictures of the confound: five posteriors over each other, and where Mundlak and latent part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sbc.plugins.data import Data
from sbc.report.figures.colours import PALETTE, assign
from sbc.report.figures.overall import Interval, Measure, interval_plot
from sbc.report.figures.pictures import Picture, canvas
from sbc.report.figures.posterior import posterior_figure
from sbc.report.numbers import with_error
from sbc.stats import metrics
from sbc.stats.paired import paired
from sbc.studies.lecture.confound_data import TRUTH
from sbc.studies.lecture.evidence import Evidence
from sbc.studies.lecture.single import Single

_READ = "Dot: estimate; line: 95 % interval of its Monte Carlo error. "
PARTS = (
    Measure("bias", "Bias of beta_XY", "bias", 0.0, _READ + "Dashed: no bias."),
    Measure("rmse", "Error of beta_XY", "root mean squared error", None,
            _READ + "Farther left is nearer to the truth."),
    Measure("model_se", "What they report of it", "root mean squared posterior sd", None,
            _READ + "Who carries more uncertainty lies farther right."),
    Measure("z_sd", "Is what they report enough?", "sd of error / posterior sd", 1.0,
            _READ + "Right of the dashed line posterior sds are too small."),
)  # fmt: skip


def posteriors(singles: Sequence[Single]) -> Picture:
    """Draw the posteriors of beta_XY and beta_ZY of all estimators."""
    figure = posterior_figure({one.estimator: one.draws for one in singles}, TRUTH, "")
    told = [
        f"{one.estimator}: " + ", ".join(f"{name} {x.mean():.2f} (sd {x.std():.2f})"
                                         for name, x in one.draws.items())
        for one in singles
    ]  # fmt: skip
    return Picture(
        "confound-posteriors",
        "Five posteriors for one dataset",
        "Dashed: the truth that made the data.",
        f"Posterior mean and sd of {'; '.join(told)}.",
        figure,
    )


def group_sizes(data: Data) -> Picture:
    """Draw how many rows groups have."""
    sizes = np.bincount(data["group"], minlength=len(data["Z"]))
    figure, axes = canvas()
    axes.hist(
        sizes, bins=[x - 0.5 for x in range(sizes.max() + 2)], color=PALETTE[1].light, rwidth=0.85
    )
    axes.set(xlabel="rows of a group", ylabel="groups")
    told = f"{sizes.min()} to {sizes.max()} rows a group, {sizes.mean():.1f} on average"
    return Picture("group-sizes", "How large the groups are", f"{told}.", f"{told}.", figure)


def luxury(scenarios: Sequence[Evidence]) -> list[Picture]:
    """Draw latent's error beside Mundlak's over the scenarios of the sweep."""
    measure = Measure(
        "luxury", "Full luxury, scenario by scenario", "latent's error of beta_XY − mundlak's", 0.0,
        _READ + "Left of the dashed line latent is nearer to the truth.",
    )  # fmt: skip
    rows = []
    for evidence in scenarios:
        value, mcse = paired("rmse", *evidence.pair("latent", "mundlak", "beta_XY"))
        told = evidence.scenario.parameters
        half, label = 1.96 * mcse, f"{told['rows_per_group']} rows a group"
        colour = PALETTE[1].light
        group = f"a confound of sd {told['sd_U']:g}"
        rows.append(Interval(group, label, colour, value, value - half, value + half))
    return [picture for picture in [interval_plot(measure, rows)] if picture]


def parting(scenarios: Sequence[Evidence]) -> list[Picture]:
    """Draw Mundlak and latent beside each other in every scenario that has both."""
    pictures = []
    for measure in PARTS:
        rows = [row for evidence in scenarios for row in _rows(measure.name, evidence)]
        pictures.append(interval_plot(measure, rows))
    return [picture for picture in pictures if picture]


def _rows(metric: str, evidence: Evidence) -> list[Interval]:
    places = assign(("mundlak", "latent"))
    rows = []
    for name in ("mundlak", "latent"):
        value, mcse = metrics.METRICS[metric](evidence.fits(name, "beta_XY"))[:2]
        half = 1.96 * mcse
        colour = PALETTE[places[name]].light
        rows.append(
            Interval(evidence.scenario.words, name, colour, value, value - half, value + half)
        )
    return rows


def parted(scenarios: Sequence[Evidence]) -> list[dict[str, Any]]:
    """Write how far Mundlak and latent are apart on the same datasets, as rows of a table."""
    rows = []
    for evidence in scenarios:
        both = evidence.pair("mundlak", "latent", "beta_XY")
        apart = [(part.axis, with_error(*paired(part.name, *both))) for part in PARTS]
        rows.append({"scenario": evidence.scenario.words, "cells": apart})
    return rows


NUMBERS = ("bias", "RMSE", "coverage 95 %", "contraction", "failed")


def numbers(scenarios: Sequence[Evidence], places: Mapping[str, int]) -> list[dict[str, Any]]:
    """Write what lies behind the claims about the confound, each number with its error."""
    rows = []
    for evidence in scenarios:
        for quantity in TRUTH:
            for name in evidence.scenario.estimators:
                fits = evidence.fits(name, quantity)
                share = metrics.coverage(fits)
                cells = (
                    with_error(*metrics.bias(fits)),
                    with_error(*metrics.rmse(fits)),
                    with_error(share.value, share.mcse),
                    with_error(*metrics.contraction(fits)),
                    f"{evidence.failed(name)} of {evidence.datasets}",
                )
                rows.append(
                    {
                        "scenario": evidence.scenario.words,
                        "estimand": quantity,
                        "estimator": name,
                        "place": places[name],
                        "cells": list(zip(NUMBERS, cells, strict=True)),
                    }
                )
    return rows
