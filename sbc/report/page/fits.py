"""The fourth section: how the fits went, which failed, and the datasets that surprised most."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sbc.report.figures.overall import Spread, spread_plot
from sbc.report.figures.pictures import Picture
from sbc.report.labels import Labels, replay_command
from sbc.report.numbers import minus, plain_number, plus_minus
from sbc.report.readable import APPROXIMATE
from sbc.store.frames import Run
from sbc.store.reasons import readable, reasons
from sbc.store.rows import DIVERGENT, FAILED, LOW_ESS, OK, POOR
from sbc.store.status import OK_ESS, OK_RHAT, POOR_K, STATUSES, USED_ESS, USED_RHAT

_BOX = "Thick line: the middle half of the fits; thin: 90 %; ticks: extremes; dot: median. "
_READ = {
    "ess": f"A fit below {OK_ESS} has a low ESS; one below {USED_ESS} is tried again.",
    "rhat": f"A fit above {OK_RHAT} is counted with those of low ESS; one above {USED_RHAT} is "
    "tried again.",
    "pareto_k": "An approximation has this in place of R-hat and ESS. Above "
    f"{POOR_K} it is far from the posterior.",
    "elbo_drift": "How much the evidence lower bound still rose. If it rose by more than 0.5 nats "
    "beyond its noise, the fit is tried again with more iterations.",
    "seconds": "",
}
_SPREADS = {
    one.name: replace(one, caption=_BOX + _READ[one.name])
    for one in (
        Spread("ess", "Effective sample size", "smallest ESS of a fit", (USED_ESS, OK_ESS), True),
        Spread("rhat", "R-hat", "largest R-hat of a fit", (OK_RHAT, USED_RHAT)),
        Spread("pareto_k", "Pareto k̂", "k̂ of a fit's importance ratios", (POOR_K,)),
        Spread("elbo_drift", "Drift of the ELBO", "nats in the last quarter", (0.5,)),
        Spread("seconds", "Time", "seconds a fit, all attempts", (), True),
    )
}
SHOWN_FAILURES, SHOWN_WORST = 12, 10


def spreads(run: Run, labels: Labels) -> list[Picture]:
    """Draw R-hat and ESS, or what an approximation has in their place, and seconds."""
    if run.fits.empty:
        return []
    results = run.results.assign(ess=run.results[["ess_bulk", "ess_tail"]].min(axis=1))
    worst = results.groupby(["estimator", "engine", "dataset"], sort=False).agg(
        ess=("ess", "min"), rhat=("rhat", "max")
    )
    sources = {
        "ess": worst["ess"],
        "rhat": worst["rhat"],
        **{
            name: run.fits.set_index(["estimator", "engine"])[name]
            for name in (*APPROXIMATE, *([] if run.provenance.imported else ["seconds"]))
        },
    }
    pictures = []
    for name, column in sources.items():
        groups = dict(iter(column.groupby(["estimator", "engine"], sort=False)))
        columns = [
            (labels.label(*key), labels.colour(key[0]), groups[key])
            for key in _keys(run)
            if key in groups
        ]
        pictures.append(spread_plot(_SPREADS[name], columns))
    return [picture for picture in pictures if picture]


def _keys(run: Run) -> list[tuple[str, str]]:
    return run.settings.pairs


_USED = (OK, LOW_ESS, DIVERGENT)
HEADS = (
    "fits",
    *(STATUSES[name].head for name in _USED),
    *("failed", "retried", "divergences", "seconds"),
)
#: In place of what only a Markov chain has, where a run holds approximations.
OWN = ("k̂ > 0.7", "median k̂", "ELBO drift")


def statuses(run: Run, labels: Labels) -> list[dict[str, Any]]:
    """Count what became of each estimator's fits."""
    approximate = run.fits[list(APPROXIMATE)].notna().any(axis=None)
    chains = run.results.groupby("engine")["rhat"].count()  # of independent draws there are none
    rows = []
    for estimator, engine in _keys(run):
        fits = run.fits_of(estimator, engine)
        cells = dict(zip(HEADS, _counts(fits), strict=True))
        if not chains.get(engine, True):
            cells |= dict.fromkeys(("low ESS", "divergent", "divergences"), "–")
        if run.provenance.imported:
            cells |= dict.fromkeys(("retried", "divergences", "seconds"), "–")
        if approximate:
            k, drift = (plain_number(fits[name].dropna().median()) for name in APPROXIMATE)
            poor = str(int((fits.status == POOR).sum())) if k != "–" else "–"
            cells |= dict(zip(OWN, (poor, k, drift), strict=True))
        rows.append(
            {
                "estimator": labels.label(estimator, engine),
                "place": labels.places[estimator],
                "cells": list(cells.items()),
            }
        )
    return rows


def _counts(fits: pd.DataFrame) -> list[str]:
    count = fits.status.value_counts()
    numbers = [len(fits), *(int(count.get(name, 0)) for name in _USED)]
    numbers += [fits.status.isin(FAILED).sum(), (fits.attempt > 0).sum(), fits.divergences.sum()]
    return [*map(str, map(int, numbers)), f"{fits.seconds.sum():.0f}"]


def failures(run: Run, labels: Labels) -> tuple[list[dict[str, Any]], int]:
    """List the failed fits by their text, the most frequent first.

    Returns
    -------
    list of dict, int
        What is shown, and how many more kinds of failure there are.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for estimator, engine in _keys(run):
        for reason in reasons(run.fits_of(estimator, engine)):
            row = rows.setdefault(
                reason.kind,
                {
                    "status": reason.status,
                    "text": readable(reason.text),
                    "command": replay_command(run, reason.datasets[0], estimator, engine),
                    "count": 0,
                    "who": [],
                },
            )
            row["count"] += reason.count
            row["who"].append((labels.places[estimator], labels.label(estimator, engine)))
    found = sorted(rows.values(), key=lambda row: -row["count"])
    return found[:SHOWN_FAILURES], max(0, len(found) - SHOWN_FAILURES)


def far_words(count: int) -> str:
    """Say what `worst` lists."""
    if count == 1:
        return "The dataset with the largest |z| of any estimate."
    return (
        f"The {count} datasets with the largest |z|. Of each dataset the estimate with the largest "
        "|z| is shown."
    )


def worst(run: Run, estimands: dict[str, set[str]], labels: Labels) -> list[dict[str, Any]]:
    """List the datasets with the estimates farthest from the truth, in posterior sds."""
    mine = [q in estimands[e] for e, q in zip(run.results.estimator, run.results.quantity)]  # noqa: B905
    frame: pd.DataFrame = run.results[np.array(mine, dtype=bool)]
    z = ((frame["mean"] - frame["truth"]) / frame["sd"]).dropna()
    order = z.abs().sort_values(ascending=False, kind="stable").index
    order = frame.loc[order].drop_duplicates("dataset").index[:SHOWN_WORST]
    rows = []
    for index in order:
        row = frame.loc[index]
        rows.append(
            {
                "k": int(row["dataset"]),
                "estimator": labels.label(row["estimator"], row["engine"]),
                "place": labels.places[row["estimator"]],
                "estimand": row["quantity"],
                "truth": minus(f"{row['truth']:.3g}"),
                "posterior": plus_minus(row["mean"], row["sd"]),
                "z": minus(f"{z[index]:+.1f}"),
                "command": replay_command(
                    run, int(row["dataset"]), row["estimator"], row["engine"]
                ),
            }
        )
    return rows
