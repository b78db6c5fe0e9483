"""One row of a table: every metric of a subject, with its Monte Carlo error."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sbc.report.gains import gain_over
from sbc.report.hypotheses import Nulls, Ropes, tested
from sbc.report.readable import APPROXIMATE
from sbc.report.targets import Subject
from sbc.stats import metrics
from sbc.stats.fits import UNKNOWN, Fits
from sbc.stats.vector_ranks import rank_test
from sbc.stats.vectors import Elements, measure, share
from sbc.store.frames import Run
from sbc.store.rows import FAILED, LEVELS, POOR
from sbc.store.shard import WHOLE

#: Metrics by the names of their columns, before and behind the coverages.
_FIRST = {name: name for name in ("bias", "bias_sd", "rmse", "emp_se", "model_se")}
_FIRST["emp_se"] = "empirical_se"
_THEN = {"width_95": "width", "bias_eliminated_coverage_95": "bias_eliminated_coverage"}
_THEN |= {
    name: name
    for name in (
        *(
            "median_bias",
            "mse",
            "relative_bias",
            "proportional_bias",
            "z_sd",
            "model_se_error",
            "contraction",
        ),
        *("crps", "dawid_sebastiani", "pit_mean", "pit_spread"),
    )
}


class Asked(NamedTuple):
    """What a table is asked for; see `table`."""

    levels: tuple[float, ...] = LEVELS
    interval: str = "equal"
    null: Nulls = 0.0
    reference: str = ""
    rope: Ropes = MappingProxyType({})


def row_of(
    run: Run, subject: Subject, mine: pd.DataFrame, asked: Asked, subjects: list[Subject]
) -> dict[str, Any]:
    """Compute the columns of a subject's row.

    Parameters
    ----------
    run : Run
        Whose table it is.
    subject : Subject
        An estimand of an estimator by an engine.
    mine : DataFrame
        Its fits, failed ones too.
    asked : Asked
        What the table is asked for.
    subjects : list of Subject
        All of the table, the reference's among them.
    """
    what, frames = subject.what, subject.used
    n = what.n
    row: dict[str, Any] = {
        "generator": run.settings.generator,
        "truth": run.settings.truth,
        **({"data": run.settings.data} if run.settings.data else {}),
        **({"shard": str(run.shard)} if run.shard != WHOLE else {}),
        "uniform_expected": subject.estimator in run.expected_uniform,
        "estimator": subject.estimator,
        "engine": subject.engine,
        "estimand": subject.name,
        "kind": subject.kind,
        "discrete": subject.discrete,
        "n_elements": sum(len(frame) > 0 for frame in frames) or len(frames),
        "n_datasets": len(mine),
        "n_failed": int(mine.status.isin(FAILED).sum()),
        "n_retried": int((mine.attempt > 0).sum()),
        "n_low_ess": int((mine.status == "low_ess").sum()),
    }
    row |= _estimates(what, _FIRST)
    for level in asked.levels:
        found = _coverage(subject, what, level, asked.interval)
        row |= _proportion(f"coverage_{100 * level:g}", found)
    row |= _estimates(what, _THEN)
    row |= tested(run, subject, asked.null, asked.rope, asked.interval) | {
        **_proportion("converged", metrics.share(~mine.status.isin(FAILED).to_numpy())),
        **{f"model_se_error_percent{x}": 100 * row[f"model_se_error{x}"] for x in ("", "_mcse")},
        **_gain(asked.reference, run, subject, subjects),
        "rank_p": rank_test(what).p if n > 1 else math.nan,
        "rank_p_adjusted": math.nan,  # by `adjust`, which knows the others
        "ess_min": min((f[["ess_bulk", "ess_tail"]].min(axis=None) for f in frames if len(f)),
                       default=math.nan),
        "rhat_max": max((f["rhat"].max() for f in frames if len(f)), default=math.nan),
        "divergent_fits": int((mine.divergences > 0).sum()),
        "n_poor": int((mine.status == POOR).sum()),
        **{name: _median(mine[name]) for name in APPROXIMATE},
    }  # fmt: skip
    return row


def _proportion(name: str, share: Any) -> dict[str, float]:
    ends = {f"{name}_low": share.low, f"{name}_high": share.high}
    return {name: share.value, f"{name}_mcse": share.mcse} | ends


def _gain(reference: str, run: Run, subject: Subject, subjects: list[Subject]) -> dict[str, Any]:
    gain = gain_over(reference, run, subject, subjects)
    found = {"precision_gain_percent": 100 * gain.value}
    return {"reference": reference, **found, "precision_gain_percent_mcse": 100 * gain.mcse}


def _median(column: pd.Series) -> float:
    known = column.dropna()
    return float(np.median(known)) if len(known) else math.nan


def _coverage(
    subject: Subject, what: Fits | Elements, level: float, kind: str
) -> metrics.Proportion:
    if kind != "hdi":
        kept = level in LEVELS
        return measure("coverage", what, level=level, kind="known" if kept else "pit")  # type: ignore[return-value]
    hits = []
    for frame in subject.frames.values():
        low, high = (frame[f"hdi{100 * level:g}_{end}"].to_numpy(float) for end in ("low", "high"))
        if np.isnan(low).any():
            return UNKNOWN  # by a version that kept none, or without draws
        truth = frame["truth"].to_numpy(float)
        hits.append((low <= truth) & (truth <= high))
    return share(hits, what)


def _estimates(what: Fits | Elements, columns: dict[str, str]) -> dict[str, float]:
    row = {}
    for column, name in columns.items():
        row[column], row[f"{column}_mcse"] = measure(name, what)[:2]
    return row
