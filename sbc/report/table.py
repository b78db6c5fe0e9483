"""The summary of a run: one row an estimator, engine and estimand, each number with its error."""

from __future__ import annotations

import json
import math
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from sbc.plugins.errors import UserError, option
from sbc.report.numbers import p_value, plain_number, plain_records, with_error
from sbc.report.targets import ELEMENT, VECTOR, Subject, strata_of, subjects_of
from sbc.stats import metrics
from sbc.stats.fits import Fits
from sbc.stats.intervals import hdi
from sbc.stats.vector_ranks import rank_test
from sbc.stats.vectors import Elements, measure, share
from sbc.store.frames import Run
from sbc.store.names import fitted_by
from sbc.store.reasons import listed
from sbc.store.rows import FAILED, POOR
from sbc.store.settings import DECLARED
from sbc.store.shard import WHOLE

LEVELS = (0.5, 0.8, 0.9, 0.95)
#: What an approximation has in place of R-hat and ESS, as columns of the fits.
APPROXIMATE = ("pareto_k", "elbo_drift")
FORMATS = ("text", "markdown", "csv", "json")
#: Metrics by the names of their columns, before and behind the coverages.
_FIRST = {name: name for name in ("bias", "bias_sd", "rmse", "emp_se", "model_se")}
_FIRST["emp_se"] = "empirical_se"
_THEN = {"width_95": "width", "bias_eliminated_coverage_95": "bias_eliminated_coverage"}
_THEN |= {
    name: name
    for name in (
        *("relative_bias", "proportional_bias", "z_sd", "model_se_error", "contraction"),
        *("crps", "dawid_sebastiani", "pit_mean", "pit_spread"),
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
        A feature that is an array breaks down the vectors of its length, element by element, and
        nothing else.
    levels : tuple of float
        Whose coverage to report, in (0, 1).
    interval : {"equal", "hdi"}
        Equal-tailed intervals between posterior quantiles (by the PIT where a level's quantiles
        were not kept), or the shortest intervals of the thinned draws.

    Returns
    -------
    DataFrame
        One row an (estimator, engine, estimand), and one for each vector, ``p[*]`` for the elements
        ``p[0]``, ``p[1]``, …: their metrics pooled (`sbc.stats.vectors`), with errors that come
        from the variation between datasets. The column ``kind`` tells ``scalar``, ``element`` and
        ``vector`` apart. ``*_mcse`` are Monte Carlo standard errors, ``coverage_*_low`` and
        ``_high`` the ends of 95 % Wilson intervals; what is not defined, such as an error from a
        single dataset, is NaN.

    Raises
    ------
    UserError
        If there is no such feature, or no vector of its length.
    """
    with np.errstate(all="ignore"):  # what overflows is not defined either
        rows = []
        for subject in subjects_of(run):
            fits = run.fits[
                (run.fits.estimator == subject.estimator) & (run.fits.engine == subject.engine)
            ]
            if not by:
                rows.append(_row(run, subject, fits, levels, interval))
            for label, part, chosen in strata_of(run, subject, fits, by) if by else []:
                row = _row(run, part, chosen, levels, interval)
                rows.append({"stratum": f"{by} {label}"} | row)
    if by and not rows:
        raise UserError(f"no estimand has an element for each value of the feature '{by}'")
    return pd.DataFrame(rows)


def _row(
    run: Run, subject: Subject, mine: pd.DataFrame, levels: tuple[float, ...], interval: str
) -> dict[str, Any]:
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
        "n_elements": sum(len(frame) > 0 for frame in frames) or len(frames),
        "n_datasets": len(mine),
        "n_failed": int(mine.status.isin(FAILED).sum()),
        "n_retried": int((mine.attempt > 0).sum()),
        "n_low_ess": int((mine.status == "low_ess").sum()),
    }
    row |= _estimates(what, _FIRST)
    for level in levels:
        name, share = f"coverage_{100 * level:g}", _coverage(run, subject, what, level, interval)
        row |= {name: share.value, f"{name}_mcse": share.mcse}
        row |= {f"{name}_low": share.low, f"{name}_high": share.high}
    row |= _estimates(what, _THEN) | {
        "rank_p": rank_test(what).p if n > 1 else math.nan,
        "ess_min": min((f[["ess_bulk", "ess_tail"]].min(axis=None) for f in frames if len(f)),
                       default=math.nan),
        "rhat_max": max((f["rhat"].max() for f in frames if len(f)), default=math.nan),
        "divergent_fits": int((mine.divergences > 0).sum()),
        "n_poor": int((mine.status == POOR).sum()),
        **{name: _median(mine[name]) for name in APPROXIMATE},
    }  # fmt: skip
    return row


def _median(column: pd.Series) -> float:
    known = column.dropna()
    return float(np.median(known)) if len(known) else math.nan


def _coverage(
    run: Run, subject: Subject, what: Fits | Elements, level: float, kind: str
) -> metrics.Proportion:
    if kind != "hdi":
        kept = level in LEVELS
        return measure("coverage", what, level=level, kind="quantile" if kept else "pit")  # type: ignore[return-value]
    hits = []
    for name, frame in subject.frames.items():
        truth = frame["truth"].to_numpy(float)
        low, high = truth, truth
        if len(frame):
            key = (subject.estimator, subject.engine, name)
            low, high = hdi(run.draws(key, frame["dataset"]), level)
        hits.append((low <= truth) & (truth <= high))
    return share(hits, what)


def _estimates(what: Fits | Elements, columns: dict[str, str]) -> dict[str, float]:
    row = {}
    for column, name in columns.items():
        row[column], row[f"{column}_mcse"] = measure(name, what)[:2]
    return row


def regime_line(run: Run) -> str:
    """Say in words what the truth was drawn from and of whom uniform ranks are expected."""
    if run.expected_uniform:
        expected = f"uniform ranks are expected of {', '.join(run.expected_uniform)}"
    else:
        expected = (
            "uniform ranks are expected of no estimator; they show how each fits this generator"
        )
    part = f"{found}; " if (found := run.shard.describe()) else ""
    return f"{part}{run.settings.describe_process()}: {expected}"


def render(run: Run, kind: str = "text", elements: bool = False, **options: Any) -> str:
    """Write the table as text, Markdown, CSV or JSON.

    Parameters
    ----------
    run : Run
        What to summarise.
    kind : {"text", "markdown", "csv", "json"}
        The first two are for reading and rounded to what their errors carry; the others are for
        programs, with every column in full precision and NaN as null or nothing.
    elements : bool
        Whether texts for reading show the elements of vectors too, and not their pools alone.
    **options
        Of `table`.
    """
    frame = table(run, **options)
    if kind == "json":
        return json.dumps(plain_records(frame), indent=2, allow_nan=False)
    if kind == "csv":
        return frame.to_csv(index=False).rstrip("\n")
    rows = [r for r in frame.to_dict(orient="records") if elements or r["kind"] != ELEMENT]
    known = [name for name in APPROXIMATE if not all(math.isnan(r[name]) for r in rows)]
    body = grid([_readable(row, known) for row in rows], kind)
    pools = any(row["kind"] == VECTOR for row in rows)
    lines = [f"{regime_line(run)}.", "", body, "", *_notes(run, pools, elements)]
    lines += [_APPROXIMATE] if known else []
    return "\n".join(lines).rstrip()


def grid(rows: list[dict[str, str]], kind: str) -> str:
    """Lay out rows of text for reading, as plain text or Markdown."""
    from tabulate import tabulate

    style = "pipe" if kind == "markdown" else "simple"
    return tabulate(rows, headers="keys", tablefmt=style, disable_numparse=True, stralign="right")


def _readable(row: dict[str, Any], diagnostics: list[str]) -> dict[str, str]:
    shares = [name for name in row if name.startswith("coverage_") and name.count("_") == 1]
    return {
        **({"stratum": row["stratum"]} if "stratum" in row else {}),
        "estimator": row["estimator"],
        **({} if row["engine"] in DECLARED["engines"].default else {"engine": row["engine"]}),
        "estimand": row["estimand"],
        "bias": with_error(row["bias"], row["bias_mcse"]),
        "bias_sd": with_error(row["bias_sd"], row["bias_sd_mcse"]),
        "RMSE": with_error(row["rmse"], row["rmse_mcse"]),
        **{
            f"coverage {name.partition('_')[2]} %": f"{with_error(row[name], row[f'{name}_mcse'])} "
            f"[{row[f'{name}_low']:.2f}, {row[f'{name}_high']:.2f}]"
            for name in dict.fromkeys([shares[0], shares[-1]])
        },
        "width 95 %": with_error(row["width_95"], row["width_95_mcse"]),
        "rank p": p_value(row["rank_p"]),
        **{_HEADS[name]: plain_number(row[name]) for name in diagnostics},
        "datasets": str(row["n_datasets"]),
        "failed": str(row["n_failed"]),
    }


_HEADS = {"pareto_k": "k̂", "elbo_drift": "ELBO drift"}
_APPROXIMATE = (
    "k̂ = median Pareto k̂ of an approximation's importance ratios: above 0.7 it is far from the "
    "posterior. ELBO drift = median rise of its bound in the last quarter, in nats. Its draws are "
    "independent: there is no R-hat and no ESS."
)


def _notes(run: Run, pools: bool, elements: bool) -> list[str]:
    lines = [
        "a (b) = estimate and Monte Carlo standard error of its last digits; [ ] = 95 % interval; "
        "rank p = test of uniform ranks."
    ]
    if pools:
        lines.append(
            "[*] = mean over the elements of a vector, its error from the variation between "
            "datasets" + ("." if elements else f"; {option('elements')} shows each.")
        )
    for estimator, engine in product(run.settings.estimators, run.settings.engines):
        mine = run.fits_of(estimator, engine)
        parts = [f"{n} {status}" for status, n in mine.status.value_counts().items()]
        if (count := int((mine.attempt > 0).sum())) > 0:
            parts.append(f"{count} needed a retry")
        who = fitted_by(estimator, engine if len(run.settings.engines) > 1 else "")
        lines.append(f"fits of {who}: {', '.join(parts) or 'none yet'}")
        lines += [f"  {told}" for told in listed(mine)]
    return lines + run.lines


__all__ = [
    "FORMATS",
    "LEVELS",
    "p_value",
    "plain_number",
    "plain_records",
    "render",
    "table",
    "with_error",
]
