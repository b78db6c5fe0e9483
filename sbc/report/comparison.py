"""Estimators against each other on the same datasets, where their common luck cancels out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import pandas as pd

from sbc.plugins.errors import UserError
from sbc.report.chosen import PUBLISHED
from sbc.report.discrete import MARK, NOTE
from sbc.report.markup import WRITERS
from sbc.report.measures import Measure
from sbc.report.narrow import laid_out
from sbc.report.numbers import plain_records, with_error
from sbc.report.sheet import sheet
from sbc.report.targets import ELEMENT, Subject, subjects_of
from sbc.stats.agreement import agreement
from sbc.stats.vectors import difference, gain
from sbc.store.frames import Run

#: The metrics whose differences are told.
COMPARED = (
    "bias",
    "bias_sd",
    "rmse",
    "empirical_se",
    "model_se",
    "z_sd",
    "coverage",
    "width",
    "crps",
)
#: Columns of the limits of agreement, in the order of `sbc.stats.agreement.Agreement`.
AGREEMENT = ("mean_difference", "sd_difference", "lower_limit", "upper_limit")
LIMITS = (
    "Mean, sd and limits of agreement (mean ± 1.96 sd) of the differences of estimates, dataset by "
    "dataset (Bland & Altman 1999, doi:10.1177/096228029900800204); a (b) = value and Monte Carlo "
    "standard error of its last digits."
)
_KINDS = ("text", "markdown", "csv", "json", *PUBLISHED)
_GAIN = "precision_gain_percent"
_HEADS = {_GAIN: "gain in precision %"}
_SHOWN = ("bias", "rmse", _GAIN, "coverage", "width", "crps")
_DATASETS = Measure("Datasets", "n_datasets", "count")
#: The columns of a comparison to publish, and of limits of agreement.
_DIFFERENCES = (
    Measure("Bias", "bias"),
    Measure("RMSE", "rmse"),
    Measure("Gain in precision (%)", _GAIN),
    Measure("Coverage (95 %)", "coverage"),
    Measure("Width (95 %)", "width"),
    _DATASETS,
)
_LIMITS_SHOWN = (
    Measure("Mean difference", "mean_difference"),
    Measure("SD", "sd_difference"),
    Measure("Lower limit", "lower_limit"),
    Measure("Upper limit", "upper_limit"),
    _DATASETS,
)
_TAKEN = "Methods are subtracted dataset by dataset, on the datasets where both worked."
_OVER = "The gain in precision is that of the first over the second."


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
        each metric the difference a − b and the Monte Carlo error of that difference; coverage is
        that of intervals between posterior quantiles, as in tables. ``precision_gain_percent`` is
        the gain in precision of a over b in %, and no difference. ``mean_difference``,
        ``sd_difference``, ``lower_limit`` and ``upper_limit`` are the mean, the sd and the limits
        of agreement of the differences of their estimates (`sbc.stats.agreement`). Vectors have
        a row of their own before those of their elements; ``kind`` tells them apart.

    Raises
    ------
    UserError
        In the regimes ``self`` and ``posterior``, where every estimator has datasets of its own.
    """
    if run.settings.regime.own:
        raise UserError(
            f"in regime '{run.settings.truth}' estimators share no datasets and cannot be compared"
        )
    fitted = [s for s in subjects_of(run) if any(len(frame) for frame in s.frames.values())]
    rows = []
    for name in dict.fromkeys(subject.name for subject in fitted):
        for one, other in combinations([s for s in fitted if s.name == name], 2):
            if one.frames.keys() == other.frames.keys():
                rows.append(_row(run, one, other))
    return pd.DataFrame(rows)


def _row(run: Run, one: Subject, other: Subject) -> dict[str, Any]:
    first, second = (next(iter(s.frames.values()))["dataset"] for s in (one, other))
    both = set(first) & set(second)
    a, b = one.of(both).what, other.of(both).what
    row: dict[str, Any] = {"estimand": one.name, "kind": one.kind, "discrete": one.discrete}
    row |= {"a": _name(run, one), "b": _name(run, other), "n_datasets": len(both)}
    for name in COMPARED:
        options = {"kind": "known"} if name == "coverage" else {}  # as in the table
        row[name], row[f"{name}_mcse"] = difference(name, a, b, **options)
    row[_GAIN], row[f"{_GAIN}_mcse"] = (100 * found for found in gain(a, b))
    for name, found in zip(AGREEMENT, agreement(a, b), strict=True):
        row[name], row[f"{name}_mcse"] = found
    return row


def render_comparison(
    run: Run,
    kind: str = "text",
    elements: bool = False,
    limits: bool = False,
    width: int | None = None,
) -> str:
    """Write the differences in one of the formats of `table.render`.

    Parameters
    ----------
    run, kind, elements, width
        As for `table.render`.
    limits : bool
        Whether texts for reading show the limits of agreement, and not differences of metrics.

    Raises
    ------
    UserError
        As `comparison`, and for another format.
    """
    if kind not in _KINDS:
        raise UserError(f"a comparison is written as {', '.join(_KINDS)}, not as {kind}")
    shown = AGREEMENT if limits else _SHOWN
    frame = comparison(run)
    if kind == "csv":
        return frame.to_csv(index=False).rstrip("\n")
    records = frame.to_dict(orient="records")
    if kind in PUBLISHED and records:
        return published_comparison(records, kind, {}, elements, limits)
    if kind == "json":
        return json.dumps(plain_records(frame), indent=2, allow_nan=False)
    rows = [
        {
            "estimand": r["estimand"],
            "difference": f"{r['a']} − {r['b']}",
            **{
                _HEADS.get(name, name.replace("_", " ")): with_error(r[name], r[f"{name}_mcse"])
                + _mark(r, name)
                for name in shown
            },
            "datasets": str(r["n_datasets"]),
        }
        for r in records
        if elements or r["kind"] != ELEMENT
    ]
    if not rows:
        return "one estimator: nothing to compare"
    marked = [NOTE] if any(r["discrete"] for r in records) else []
    return laid_out(rows, kind, [LIMITS] if limits else marked, width=width)


def published_comparison(
    records: Sequence[Mapping[str, Any]], kind: str, factors: Mapping[str, str],
    elements: bool = False, limits: bool = False, notes: Sequence[str] = (),
) -> str:  # fmt: skip
    """Write differences, or limits of agreement, as a table to publish.

    Parameters
    ----------
    records : sequence of mapping
        Rows of `comparison`, of one run or of the cells of a sweep.
    kind : str
        One of `sbc.report.chosen.PUBLISHED`.
    factors : mapping of str to str
        What the rows are grouped by beside the estimand, each with its column.
    elements, limits
        As for `render_comparison`.
    notes : sequence of str
        What else to say below.
    """
    rows = [
        {**row, "estimator": f"{_short(row['a'])} − {_short(row['b'])}", "engine": ""}
        for row in records
    ]
    told = LIMITS.partition("; a (b)")[0] + "." if limits else _TAKEN
    caption = "Limits of agreement." if limits else "Differences between methods."
    wanted = _LIMITS_SHOWN if limits else _DIFFERENCES
    measures = [one for one in wanted if one.column in records[0]]  # no gain is averaged over cells
    gained = [_OVER] if any(one.column == _GAIN for one in measures) else []
    below = [told, *gained, *notes]
    return WRITERS[kind](sheet(rows, measures, factors, "full", caption, below, elements))


def _short(name: str) -> str:
    """Name a method without the path of its file."""
    return re.sub(r"^\S.*?:(?=[^:]+$)", "", name)


def _mark(row: dict[str, Any], name: str) -> str:
    return MARK if name == "coverage" and row["discrete"] else ""


def _name(run: Run, subject: Subject) -> str:
    return run.settings.who(subject.estimator, subject.engine)
