"""Estimators against each other on the same datasets, where their common luck cancels out."""

from __future__ import annotations

import json
import math
from itertools import combinations
from typing import Any

import pandas as pd

from sbc.errors import UserError
from sbc.paired import paired
from sbc.read import Run, as_fits
from sbc.settings import SELF
from sbc.table import grid, with_error

#: The metrics whose differences are told.
COMPARED = (
    "bias",
    "mean_z",
    "rmse",
    "empirical_se",
    "model_se",
    "z_sd",
    "coverage",
    "width",
    "crps",
)
_SHOWN = ("bias", "rmse", "coverage", "width", "crps")


def comparison(run: Run) -> pd.DataFrame:
    """Subtract every pair of estimators, dataset by dataset.

    Parameters
    ----------
    run : Run
        Of two estimators or engines, or more, on shared datasets.

    Returns
    -------
    DataFrame
        One row an estimand and pair: ``a``, ``b``, the ``n_datasets`` where both worked, and for
        each metric the difference a − b and the Monte Carlo error of that difference.

    Raises
    ------
    UserError
        In regime ``self``, where every estimator has datasets of its own.
    """
    if run.settings.truth == SELF:
        raise UserError("in regime 'self' estimators share no datasets: nothing to compare")
    streams = dict(run.streams(estimands_only=True))
    rows = []
    for (one, first), (other, second) in combinations(streams.items(), 2):
        if one[2] != other[2]:
            continue
        a, b = _aligned(first, second)
        row: dict[str, Any] = {"estimand": one[2], "a": _name(run, one), "b": _name(run, other)}
        row["n_datasets"] = len(a.truth)
        for name in COMPARED:
            row[name], row[f"{name}_mcse"] = paired(name, a, b)
        rows.append(row)
    rows.sort(key=lambda row: row["estimand"])
    return pd.DataFrame(rows)


def render_comparison(run: Run, kind: str = "text") -> str:
    """Write the differences as text, Markdown, CSV or JSON."""
    frame = comparison(run)
    if kind == "csv":
        return frame.to_csv(index=False).rstrip("\n")
    records = frame.to_dict(orient="records")
    if kind == "json":
        plain = [
            {n: None if isinstance(v, float) and not math.isfinite(v) else v for n, v in r.items()}
            for r in records
        ]
        return json.dumps(plain, indent=2, allow_nan=False)
    rows = [
        {
            "estimand": r["estimand"],
            "difference": f"{r['a']} − {r['b']}",
            **{name: with_error(r[name], r[f"{name}_mcse"]) for name in _SHOWN},
            "datasets": str(r["n_datasets"]),
        }
        for r in records
    ]
    return grid(rows, kind) if rows else "one estimator: nothing to compare"


def _name(run: Run, key: tuple[str, str, str]) -> str:
    return key[0] if len(run.settings.engines) == 1 else f"{key[0]} by {key[1]}"


def _aligned(first: pd.DataFrame, second: pd.DataFrame) -> Any:
    both = set(first["k"]) & set(second["k"])
    return (as_fits(frame[frame["k"].isin(both)]) for frame in (first, second))
