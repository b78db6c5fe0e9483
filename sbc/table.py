"""The summary of a run: one row an estimator, engine and estimand, each number with its error."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from sbc import metrics
from sbc.contracts import LOG_LIKELIHOOD
from sbc.read import Run, as_fits
from sbc.rows import FAILED
from sbc.uniformity import uniformity_test

LEVELS = (0.5, 0.8, 0.9, 0.95)
FORMATS = ("text", "markdown", "csv", "json")


def table(run: Run) -> pd.DataFrame:
    """Summarise a run.

    Parameters
    ----------
    run : Run
        With any number of fits, none included.

    Returns
    -------
    DataFrame
        One row an (estimator, engine, estimand). ``*_mcse`` are Monte Carlo standard errors,
        ``coverage_*_low`` and ``_high`` the ends of 95 % Wilson intervals; what is not defined,
        such as an error from a single dataset, is NaN.
    """
    with np.errstate(all="ignore"):  # what overflows is not defined either
        return pd.DataFrame([_row(run, key, frame) for key, frame in _all_streams(run)])


def _all_streams(run: Run) -> list[tuple[tuple[str, str, str], pd.DataFrame]]:
    """List the streams of the estimands, with empty ones where no fit has worked."""
    found = dict(run.streams(estimands_only=True))
    streams = []
    for estimator, engine in product(run.settings.estimators, run.settings.engines):
        mine = [key for key in found if key[:2] == (estimator, engine)]
        keys = mine or [(estimator, engine, name) for name in run.estimands(estimator) or [""]]
        streams += [(key, found.get(key, run.results.iloc[:0])) for key in keys]
    return streams


def _row(run: Run, key: tuple[str, str, str], frame: pd.DataFrame) -> dict[str, Any]:
    estimator, engine, estimand = key
    mine = run.fits[(run.fits.estimator == estimator) & (run.fits.engine == engine)]
    fits = as_fits(frame)
    row: dict[str, Any] = {
        "generator": run.settings.generator,
        "truth": run.settings.truth,
        "uniform_owed": estimator in run.owing,
        "estimator": estimator,
        "engine": engine,
        "estimand": estimand,
        "n_datasets": len(mine),
        "n_failed": int(mine.status.isin(FAILED).sum()),
        "n_retried": int((mine.attempt > 0).sum()),
        "n_low_ess": int((mine.status == "low_ess").sum()),
    }
    for name in ("bias", "mean_z", "rmse", "empirical_se", "model_se"):
        short = {"empirical_se": "emp_se"}.get(name, name)
        value = metrics.METRICS[name](fits)
        row[short], row[f"{short}_mcse"] = value.value, value.mcse
    for level in LEVELS:
        share = metrics.coverage(fits, level=level, kind="quantile")
        name = f"coverage_{100 * level:.0f}"
        row |= {name: share.value, f"{name}_mcse": share.mcse}
        row |= {f"{name}_low": share.low, f"{name}_high": share.high}
    for name in ("width", "contraction"):
        value = metrics.METRICS[name](fits)
        short = {"width": "width_95"}.get(name, name)
        row[short], row[f"{short}_mcse"] = value.value, value.mcse
    row |= {
        "rank_p": uniformity_test(fits.u).p if len(frame) > 1 else math.nan,
        "ess_min": frame[["ess_bulk", "ess_tail"]].min(axis=None) if len(frame) else math.nan,
        "rhat_max": frame["rhat"].max() if len(frame) else math.nan,
        "divergent_fits": int((mine.divergences > 0).sum()),
    }
    return row


def regime_line(run: Run) -> str:
    """Say in words what the truth was drawn from and who owes uniform ranks."""
    if run.owing:
        owed = f"uniform ranks are owed by {', '.join(run.owing)}"
    else:
        owed = "uniform ranks are owed by no estimator; they show how each one fits this world"
    return f"generator {run.settings.generator}, truth '{run.settings.truth}': {owed}"


def render(run: Run, kind: str = "text") -> str:
    """Write the table as text, Markdown, CSV or JSON.

    Parameters
    ----------
    run : Run
        What to summarise.
    kind : {"text", "markdown", "csv", "json"}
        The first two are for reading and rounded to what their errors carry; the others are for
        programs, with every column in full precision and NaN as null or nothing.
    """
    frame = table(run)
    if kind == "json":
        records = [{n: _plain(v) for n, v in r.items()} for r in frame.to_dict(orient="records")]
        return json.dumps(records, indent=2, allow_nan=False)
    if kind == "csv":
        return frame.to_csv(index=False).rstrip("\n")
    from tabulate import tabulate

    style = "pipe" if kind == "markdown" else "simple"
    body = tabulate([_readable(row) for row in frame.to_dict(orient="records")], headers="keys",
                    tablefmt=style, disable_numparse=True, stralign="right")  # fmt: skip
    lines = [f"{regime_line(run)}.", "", body, "", *_notes(run)]
    return "\n".join(lines).rstrip()


def _readable(row: dict[str, Any]) -> dict[str, str]:
    return {
        "estimator": row["estimator"],
        **({} if row["engine"] == "nutpie" else {"engine": row["engine"]}),
        "estimand": row["estimand"],
        "bias": with_error(row["bias"], row["bias_mcse"]),
        "bias / sd": with_error(row["mean_z"], row["mean_z_mcse"]),
        "RMSE": with_error(row["rmse"], row["rmse_mcse"]),
        "coverage 50 %": with_error(row["coverage_50"], row["coverage_50_mcse"]),
        "coverage 95 %": f"{with_error(row['coverage_95'], row['coverage_95_mcse'])} "
        f"[{row['coverage_95_low']:.2f}, {row['coverage_95_high']:.2f}]",
        "width 95 %": with_error(row["width_95"], row["width_95_mcse"]),
        "rank p": p_value(row["rank_p"]),
        "datasets": str(row["n_datasets"]),
        "failed": str(row["n_failed"]),
    }


def _notes(run: Run) -> list[str]:
    lines = [
        "a (b) = estimate and Monte Carlo standard error of its last digits; [ ] = 95 % interval; "
        "rank p = test of uniform ranks."
    ]
    for estimator in run.settings.estimators:
        mine = run.fits[run.fits.estimator == estimator]
        parts = [f"{n} {status}" for status, n in mine.status.value_counts().items()]
        if (count := int((mine.attempt > 0).sum())) > 0:
            parts.append(f"{count} needed a retry")
        lines.append(f"fits of {estimator}: {', '.join(parts) or 'none yet'}")
    return lines


def with_error(value: float, mcse: float) -> str:
    """Write a value and its error as physicists do: 0.123 (45) means 0.123 ± 0.045.

    The error gets two digits and the value ends where they do; 1.23 (45)e+06 where that is not
    within nine decimals. Without an error, or with one that is mere rounding (below 1e-12 of the
    value), three decimals.
    """
    if not math.isfinite(value):
        return "–"
    if not (math.isfinite(mcse) and mcse > 1e-12 * abs(value)):
        plain = value == 0 or 0.001 <= abs(value) < 1e6
        return f"{value:z.3f}" if plain else f"{value:.3e}"
    error, _, exponent = f"{mcse:.1e}".partition("e")  # rounds .0996 to 1.0e-01 by itself
    error, decimals = error.replace(".", ""), 1 - int(exponent)
    if 0 <= decimals <= 9:
        return f"{value:z.{decimals}f} ({error})"
    power = int(f"{max(abs(value), mcse):.1e}".partition("e")[2])
    return f"{Decimal(value).scaleb(-power):z.{decimals + power}f} ({error})e{power:+03d}"


def p_value(p: float) -> str:
    """Write a p-value: three decimals, or a bound where these would be zeros."""
    return "–" if not math.isfinite(p) else "<0.001" if p < 0.001 else f"{p:.3f}"


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain


__all__ = ["FORMATS", "LEVELS", "LOG_LIKELIHOOD", "p_value", "render", "table", "with_error"]
