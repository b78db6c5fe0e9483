"""The summary of a run: one row an estimator, engine and estimand, each number with its error."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sbc.plugins.errors import UserError
from sbc.report.discrete import NOTE
from sbc.report.gains import gain_over, reference_of
from sbc.report.marks import marked, painted
from sbc.report.narrow import fitted, wrapped
from sbc.report.numbers import p_value, plain_number, plain_records, with_error
from sbc.report.readable import APPROXIMATE, diagnostics_of, readable_rows
from sbc.report.table_notes import APPROXIMATION, LEVELS, notes, regime_line, states_lines
from sbc.report.targets import ELEMENT, VECTOR, Subject, strata_of, subjects_of
from sbc.stats import metrics
from sbc.stats.fits import UNKNOWN, Fits
from sbc.stats.uniformity import holm
from sbc.stats.vector_ranks import rank_test
from sbc.stats.vectors import Elements, measure, share
from sbc.store.frames import Run, as_fits
from sbc.store.rows import FAILED, POOR
from sbc.store.shard import WHOLE

FORMATS = ("text", "markdown", "csv", "json")
#: Metrics by the names of their columns, before and behind the coverages.
_FIRST = {name: name for name in ("bias", "bias_sd", "rmse", "emp_se", "model_se")}
_FIRST["emp_se"] = "empirical_se"
_THEN = {"width_95": "width", "bias_eliminated_coverage_95": "bias_eliminated_coverage"}
_THEN |= {
    name: name
    for name in (
        *("mse", "relative_bias", "proportional_bias", "z_sd", "model_se_error", "contraction"),
        *("crps", "dawid_sebastiani", "pit_mean", "pit_spread"),
    )
}


class Asked(NamedTuple):
    """What a table is asked for; see `table`."""

    levels: tuple[float, ...] = LEVELS
    interval: str = "equal"
    null: float = 0.0
    reference: str = ""


def table(
    run: Run,
    by: str | None = None,
    levels: tuple[float, ...] = LEVELS,
    interval: str = "equal",
    null: float = 0.0,
    reference: str | None = None,
) -> pd.DataFrame:
    """Summarise a run.

    Parameters
    ----------
    run : Run
        With any number of fits, none included.
    by : str, optional
        A feature of the generator's data: one row a stratum of it, for what holds on average only;
        several with commas between them: one row a combination. A feature that is an array breaks
        down the vectors of its length, element by element, and nothing else. Results made elsewhere
        are broken down by the factors of their study, unless this is ``""``.
    levels : tuple of float
        Whose coverage to report, in (0, 1).
    interval : {"equal", "hdi"}
        Equal-tailed intervals between posterior quantiles (by the PIT where a level's quantiles
        were not kept), or the shortest intervals of all draws, of which those at `LEVELS` were
        kept; NaN in runs of versions that kept none, and of results imported without draws.
    null : float
        What ``power_95`` is about: the share of intervals that leave it out.
    reference : str, optional
        The estimator that ``precision_gain_percent`` is about; by default the run's first.

    Returns
    -------
    DataFrame
        One row an (estimator, engine, estimand), and one for each vector, ``p[*]`` for the elements
        ``p[0]``, ``p[1]``, …: their metrics pooled (`sbc.stats.vectors`), with errors that come
        from the variation between datasets. The column ``kind`` tells ``scalar``, ``element`` and
        ``vector`` apart, and ``discrete`` says of which intervals cover more than their level by
        construction. ``*_mcse`` are Monte Carlo standard errors, ``coverage_*_low`` and
        ``_high`` the ends of 95 % Wilson intervals; what is not defined, such as an error from a
        single dataset, is NaN. ``rank_p_adjusted`` is ``rank_p`` by Holm's rule over the rows that
        are no elements and what else is ranked, as in the report; elements' among themselves.

    Raises
    ------
    UserError
        If there is no such feature or estimator, or no vector of the feature's length; or no
        shortest intervals of a level are kept by any version.
    """
    if interval == "hdi" and (other := [level for level in levels if level not in LEVELS]):
        there = ", ".join(f"{level:g}" for level in LEVELS)
        raise UserError(f"shortest intervals are kept at {there}, not at {other[0]:g}")
    by = ",".join(run.factors) if by is None else by
    asked = Asked(levels, interval, null, reference_of(run, reference))
    with np.errstate(all="ignore"):  # what overflows is not defined either
        rows = []
        subjects = subjects_of(run)
        for subject in subjects:
            fits = run.fits[
                (run.fits.estimator == subject.estimator) & (run.fits.engine == subject.engine)
            ]
            if not by:
                rows.append(_row(run, subject, fits, asked, subjects))
            for label, part, chosen in strata_of(run, subject, fits, by) if by else []:
                rows.append({"stratum": label} | _row(run, part, chosen, asked, subjects))
    if by and not rows:
        raise UserError(f"no estimand has an element for each value of the feature '{by}'")
    _adjust(rows, [] if by else _others(run))
    return pd.DataFrame(rows)


def _others(run: Run) -> list[float]:
    """Test the ranks of what is no estimand: log likelihood, log prior, a user's quantities."""
    estimands = {key for key, _ in run.streams(estimands_only=True)}
    return [
        rank_test(as_fits(frame)).p
        for key, frame in run.streams()
        if key not in estimands and len(frame) > 1
    ]


def _adjust(rows: list[dict[str, Any]], others: list[float]) -> None:
    """Adjust the p-values of ranks for all that are looked at, elements among themselves."""
    elements = [row for row in rows if row["kind"] == ELEMENT]
    units = [row for row in rows if row["kind"] != ELEMENT]
    for family, beside in ((units, others), (elements, [])):
        adjusted = holm([*(row["rank_p"] for row in family), *beside])
        for row, p in zip(family, adjusted, strict=False):
            row["rank_p_adjusted"] = float(p)


def _row(
    run: Run, subject: Subject, mine: pd.DataFrame, asked: Asked, subjects: list[Subject]
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
    gain = gain_over(asked.reference, run, subject, subjects)
    row |= _estimates(what, _THEN)
    row |= _proportion("power_95", measure("power", what, null=asked.null)) | {
        **{f"model_se_error_percent{x}": 100 * row[f"model_se_error{x}"] for x in ("", "_mcse")},
        "reference": asked.reference,
        "precision_gain_percent": 100 * gain.value,
        "precision_gain_percent_mcse": 100 * gain.mcse,
        "rank_p": rank_test(what).p if n > 1 else math.nan,
        "rank_p_adjusted": math.nan,  # by `_adjust`, which knows the others
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


def render(
    run: Run,
    kind: str = "text",
    elements: bool = False,
    width: int | None = None,
    colours: bool = False,
    **options: Any,
) -> str:
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
    width : int, optional
        Characters that a line of text may have; by default as many as it likes.
    colours : bool
        Whether a text marks what stands out, as terminals take it.
    **options
        Of `table`.
    """
    frame = table(run, **options)
    if kind == "json":
        return json.dumps(plain_records(frame), indent=2, allow_nan=False)
    if kind == "csv":
        return frame.to_csv(index=False).rstrip("\n")
    rows = [r for r in frame.to_dict(orient="records") if elements or r["kind"] != ELEMENT]
    readable = readable_rows(run, rows, hdi=options.get("interval") == "hdi")
    if colours:
        readable = [painted(c, marked(r)) for c, r in zip(readable, rows, strict=True)]
    body = grid(readable, kind) if width is None else fitted(readable, width, _plain)
    pools = any(row["kind"] == VECTOR for row in rows)
    below = notes(run, pools, elements, **options)
    below += [APPROXIMATION] if diagnostics_of(rows) else []
    below += [NOTE] if any(row["discrete"] for row in rows) else []
    above = [f"{regime_line(run)}."]
    if width is not None:
        above, below = wrapped(above, width), wrapped([*below, *states_lines(run)], width)
    return "\n".join([*above, "", body, "", *below]).rstrip()


def _plain(rows: list[dict[str, str]]) -> str:
    return grid(rows, "text")


def grid(rows: list[dict[str, str]], kind: str) -> str:
    """Lay out rows of text for reading, as plain text or Markdown."""
    from tabulate import tabulate

    style = "pipe" if kind == "markdown" else "simple"
    return tabulate(rows, headers="keys", tablefmt=style, disable_numparse=True, stralign="right")


__all__ = [
    "FORMATS",
    "LEVELS",
    "p_value",
    "plain_number",
    "plain_records",
    "regime_line",
    "render",
    "table",
    "with_error",
]
