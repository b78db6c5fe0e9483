"""The summary of a run: one row an estimator, engine and estimand, each number with its error."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd

from sbc import metrics
from sbc.contracts import LOG_LIKELIHOOD
from sbc.fit import FAILED
from sbc.read import Run, as_fits
from sbc.settings import owes_uniform
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
    rows = [_row(run, key, frame) for key, frame in _all_streams(run)]
    return pd.DataFrame(rows)


def _all_streams(run: Run) -> list[tuple[tuple[str, str, str], pd.DataFrame]]:
    """List the streams of the estimands, with empty ones for estimators whose fits all failed."""
    found = dict(run.streams(estimands_only=True))
    pairs = run.fits[["estimator", "engine"]].drop_duplicates()
    for estimator, engine in pairs.itertuples(index=False):
        if not any(key[:2] == (estimator, engine) for key in found):
            found[estimator, engine, ""] = run.results.iloc[:0]
    return list(found.items())


def _row(run: Run, key: tuple[str, str, str], frame: pd.DataFrame) -> dict[str, Any]:
    estimator, engine, estimand = key
    mine = run.fits[(run.fits.estimator == estimator) & (run.fits.engine == engine)]
    fits = as_fits(frame)
    row: dict[str, Any] = {
        "generator": run.settings.generator,
        "truth": run.settings.truth,
        "uniform_owed": owes_uniform(run.settings, estimator),
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
    settings = run.settings
    owing = [e for e in settings.estimators if owes_uniform(settings, e)]
    if owing:
        owed = f"uniform ranks are owed by {', '.join(owing)}"
    else:
        owed = "uniform ranks are owed by no estimator; they show how each one fits this world"
    return f"generator {settings.generator}, truth '{settings.truth}': {owed}"


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
        records = frame.astype(object).where(frame.notna(), None).to_dict(orient="records")
        return json.dumps(records, indent=2, default=_plain)
    if kind == "csv":
        return frame.to_csv(index=False).rstrip("\n")
    from tabulate import tabulate

    style = "pipe" if kind == "markdown" else "simple"
    body = tabulate([_readable(row) for row in frame.to_dict(orient="records")], headers="keys",
                    tablefmt=style, disable_numparse=True, stralign="right")  # fmt: skip
    lines = [f"{regime_line(run)}.", "", body or "no fits yet", "", *_notes(run, frame)]
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


def _notes(run: Run, frame: pd.DataFrame) -> list[str]:
    if frame.empty:
        return []
    statuses = run.fits.groupby("estimator", sort=False).status.value_counts().unstack(fill_value=0)
    retried = run.fits[run.fits.attempt > 0].groupby("estimator").size()
    lines = [
        "a (b) = estimate and Monte Carlo standard error of its last digits; [ ] = 95 % interval; "
        "rank p = test of uniform ranks."
    ]
    for estimator, counts in statuses.iterrows():
        parts = [f"{n} {status}" for status, n in counts.items() if n]
        if (count := int(retried.get(estimator, 0))) > 0:
            parts.append(f"{count} needed a retry")
        lines.append(f"fits of {estimator}: {', '.join(parts)}")
    return lines


def with_error(value: float, mcse: float) -> str:
    """Write a value and its error as physicists do: 0.123 (45) means 0.123 ± 0.045.

    The error gets two digits, and the value as many decimals; without an error three decimals.
    """
    if not math.isfinite(value):
        return "–"
    if not (math.isfinite(mcse) and mcse > 0):
        return f"{value:.3f}"
    decimals = max(0, 1 - math.floor(math.log10(mcse)))
    return f"{value:.{decimals}f} ({round(mcse * 10**decimals)})"


def p_value(p: float) -> str:
    """Write a p-value: three decimals, or a bound where these would be zeros."""
    return "–" if not math.isfinite(p) else "<0.001" if p < 0.001 else f"{p:.3f}"


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(type(value).__name__)


__all__ = ["FORMATS", "LEVELS", "LOG_LIKELIHOOD", "p_value", "render", "table", "with_error"]
