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
from sbc.errors import unknown
from sbc.intervals import hdi
from sbc.read import Run, as_fits
from sbc.rows import FAILED
from sbc.strata import strata
from sbc.uniformity import uniformity_test

LEVELS = (0.5, 0.8, 0.9, 0.95)
FORMATS = ("text", "markdown", "csv", "json")
#: Metrics by the names of their columns, before and behind the coverages.
_FIRST = {name: name for name in ("bias", "mean_z", "rmse", "emp_se", "model_se")}
_FIRST["emp_se"] = "empirical_se"
_THEN = {"width_95": "width", "bias_eliminated_coverage_95": "bias_eliminated_coverage"}
_THEN |= {
    name: name
    for name in (
        *("relative_bias", "proportional_bias", "z_sd", "model_se_error", "contraction"),
        *("crps", "dawid_sebastiani", "mean_u", "mean_w"),
    )
}


def table(
    run: Run, by: str | None = None, levels: tuple[float, ...] = LEVELS, interval: str = "equal"
) -> pd.DataFrame:
    """Summarise a run.

    Parameters
    ----------
    run : Run
        With any number of fits, none included.
    by : str, optional
        A feature of the generator's data: one row a stratum of it, for what holds on average only.
    levels : tuple of float
        Whose coverage to report, in (0, 1).
    interval : {"equal", "hdi"}
        Equal-tailed intervals between posterior quantiles (by the PIT where a level's quantiles
        were not kept), or the shortest intervals of the thinned draws.

    Returns
    -------
    DataFrame
        One row an (estimator, engine, estimand). ``*_mcse`` are Monte Carlo standard errors,
        ``coverage_*_low`` and ``_high`` the ends of 95 % Wilson intervals; what is not defined,
        such as an error from a single dataset, is NaN.

    Raises
    ------
    UserError
        If there is no such feature.
    """
    with np.errstate(all="ignore"):  # what overflows is not defined either
        rows = []
        for key, results in _all_streams(run):
            fits = run.fits[(run.fits.estimator == key[0]) & (run.fits.engine == key[1])]
            for label, chosen in _strata(run, key[0], fits["k"], by) if by else [("", fits["k"])]:
                part = results[results["k"].isin(chosen)]
                shares = _coverages(run, key, part, levels, interval)
                row = _row(run, key, part, fits[fits["k"].isin(chosen)], shares)
                rows.append({"stratum": f"{by} {label}"} | row if by else row)
    return pd.DataFrame(rows)


def _strata(run: Run, estimator: str, datasets: Any, by: str) -> list[tuple[str, Any]]:
    features = run.features(estimator)
    if by not in features:
        raise unknown("feature", by, features.columns, f"in the data of {run.settings.generator}")
    values = features[by].reindex(datasets).to_numpy(float)
    return [(label, datasets[mask]) for label, mask in strata(values)]


def _coverages(
    run: Run, key: tuple[str, str, str], frame: pd.DataFrame, levels: tuple[float, ...], kind: str
) -> dict[str, metrics.Proportion]:
    fits = as_fits(frame)
    shares = {}
    for level in levels:
        name = f"coverage_{100 * level:g}"
        if kind == "hdi":
            draws = run.draws(key, frame["k"])
            low, high = hdi(draws, level) if len(frame) else (fits.truth, fits.truth)
            shares[name] = metrics.share((low <= fits.truth) & (fits.truth <= high))
        else:
            kept = level in LEVELS
            shares[name] = metrics.coverage(fits, level, kind="quantile" if kept else "pit")
    return shares


def _all_streams(run: Run) -> list[tuple[tuple[str, str, str], pd.DataFrame]]:
    """List the streams of the estimands, with empty ones where no fit has worked."""
    found = dict(run.streams(estimands_only=True))
    streams = []
    for estimator, engine in product(run.settings.estimators, run.settings.engines):
        mine = [key for key in found if key[:2] == (estimator, engine)]
        keys = mine or [(estimator, engine, name) for name in run.estimands(estimator) or [""]]
        streams += [(key, found.get(key, run.results.iloc[:0])) for key in keys]
    return streams


def _row(
    run: Run,
    key: tuple[str, str, str],
    frame: pd.DataFrame,
    mine: pd.DataFrame,
    shares: dict[str, metrics.Proportion],
) -> dict[str, Any]:
    estimator, engine, estimand = key
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
    row |= _estimates(fits, _FIRST)
    for name, share in shares.items():
        row |= {name: share.value, f"{name}_mcse": share.mcse}
        row |= {f"{name}_low": share.low, f"{name}_high": share.high}
    row |= _estimates(fits, _THEN) | {
        "rank_p": uniformity_test(fits.u).p if len(frame) > 1 else math.nan,
        "ess_min": frame[["ess_bulk", "ess_tail"]].min(axis=None) if len(frame) else math.nan,
        "rhat_max": frame["rhat"].max() if len(frame) else math.nan,
        "divergent_fits": int((mine.divergences > 0).sum()),
    }
    return row


def _estimates(fits: metrics.Fits, columns: dict[str, str]) -> dict[str, float]:
    row = {}
    for column, name in columns.items():
        row[column], row[f"{column}_mcse"] = metrics.METRICS[name](fits)[:2]
    return row


def regime_line(run: Run) -> str:
    """Say in words what the truth was drawn from and who owes uniform ranks."""
    if run.owing:
        owed = f"uniform ranks are owed by {', '.join(run.owing)}"
    else:
        owed = "uniform ranks are owed by no estimator; they show how each one fits this world"
    return f"generator {run.settings.generator}, truth '{run.settings.truth}': {owed}"


def render(run: Run, kind: str = "text", **options: Any) -> str:
    """Write the table as text, Markdown, CSV or JSON.

    Parameters
    ----------
    run : Run
        What to summarise.
    kind : {"text", "markdown", "csv", "json"}
        The first two are for reading and rounded to what their errors carry; the others are for
        programs, with every column in full precision and NaN as null or nothing.
    **options
        Of `table`.
    """
    frame = table(run, **options)
    if kind == "json":
        records = [{n: _plain(v) for n, v in r.items()} for r in frame.to_dict(orient="records")]
        return json.dumps(records, indent=2, allow_nan=False)
    if kind == "csv":
        return frame.to_csv(index=False).rstrip("\n")
    body = grid([_readable(row) for row in frame.to_dict(orient="records")], kind)
    lines = [f"{regime_line(run)}.", "", body, "", *_notes(run)]
    return "\n".join(lines).rstrip()


def grid(rows: list[dict[str, str]], kind: str) -> str:
    """Lay out rows of text for reading, as plain text or Markdown."""
    from tabulate import tabulate

    style = "pipe" if kind == "markdown" else "simple"
    return tabulate(rows, headers="keys", tablefmt=style, disable_numparse=True, stralign="right")


def _readable(row: dict[str, Any]) -> dict[str, str]:
    shares = [name for name in row if name.startswith("coverage_") and name.count("_") == 1]
    return {
        **({"stratum": row["stratum"]} if "stratum" in row else {}),
        "estimator": row["estimator"],
        **({} if row["engine"] == "nutpie" else {"engine": row["engine"]}),
        "estimand": row["estimand"],
        "bias": with_error(row["bias"], row["bias_mcse"]),
        "bias / sd": with_error(row["mean_z"], row["mean_z_mcse"]),
        "RMSE": with_error(row["rmse"], row["rmse_mcse"]),
        **{
            f"coverage {name.partition('_')[2]} %": f"{with_error(row[name], row[f'{name}_mcse'])} "
            f"[{row[f'{name}_low']:.2f}, {row[f'{name}_high']:.2f}]"
            for name in dict.fromkeys([shares[0], shares[-1]])
        },
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


__all__ = ["FORMATS", "LEVELS", "p_value", "render", "table", "with_error"]
