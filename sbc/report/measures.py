"""The measures that a table can be asked to show, by name, and how each is written."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from sbc.plugins.errors import unknown
from sbc.report.numbers import p_value, published

Kind = Literal["estimate", "share", "count", "p"]


class Measure(NamedTuple):
    """A measure: its head in a table, the column of the frame that holds it, and what it is."""

    head: str
    column: str
    kind: Kind = "estimate"


MEASURES: dict[str, Measure] = {
    "bias": Measure("Bias", "bias"),
    "median_bias": Measure("Median bias", "median_bias"),
    "bias_sd": Measure("Bias in posterior SDs", "bias_sd"),
    "relative_bias": Measure("Relative bias", "relative_bias"),
    "proportional_bias": Measure("Proportional bias", "proportional_bias"),
    "empirical_se": Measure("Empirical SE", "emp_se"),
    "model_se": Measure("Model SE", "model_se"),
    "model_se_error": Measure("Error of model SE (%)", "model_se_error_percent"),
    "precision_gain": Measure("Gain in precision (%)", "precision_gain_percent"),
    "mse": Measure("MSE", "mse"),
    "rmse": Measure("RMSE", "rmse"),
    "z_sd": Measure("SD of z", "z_sd"),
    "bias_eliminated_coverage_95": Measure(
        "Bias-eliminated coverage", "bias_eliminated_coverage_95"
    ),
    "width_95": Measure("Width (95 %)", "width_95"),
    "power": Measure("Rejects null", "power_95", "share"),
    "rope_inside": Measure("Inside ROPE", "rope_inside", "share"),
    "rope_outside": Measure("Outside ROPE", "rope_outside", "share"),
    "rope_mass": Measure("Mass in ROPE", "rope_mass"),
    "contraction": Measure("Contraction", "contraction"),
    "crps": Measure("CRPS", "crps"),
    "rank_p": Measure("Rank p", "rank_p_adjusted", "p"),
    "converged": Measure("Converged", "converged", "share"),
    "datasets": Measure("Datasets", "n_datasets", "count"),
    "failed": Measure("Failed", "n_failed", "count"),
}
#: What a table to publish has if nobody asks for anything: as much as a page of print is wide.
USUAL = ("bias", "empirical_se", "model_se", "coverage_95")
_COVERAGE = re.compile(r"coverage_(\d+(?:\.\d+)?)")
#: Those of a region of practical equivalence.
ROPE = ("rope_inside", "rope_outside", "rope_mass")


def measure_of(name: str, columns: Sequence[str]) -> Measure:
    """Find a measure by its name.

    Parameters
    ----------
    name : str
        A key of `MEASURES`, or a coverage as ``coverage_90``.
    columns : sequence of str
        Those of the frame.

    Raises
    ------
    UserError
        If there is no such measure, or it has not been asked for: a coverage at another level.
    """
    if (found := _COVERAGE.fullmatch(name)) and name in columns:
        return Measure(f"Coverage ({found[1]} %)", name, "share")
    if name not in MEASURES or MEASURES[name].column not in columns:
        there = [known for known, one in MEASURES.items() if one.column in columns]
        coverages = [column for column in columns if _COVERAGE.fullmatch(column)]
        raise unknown("measure", name, [*there, *coverages], "in this table")
    return MEASURES[name]


def asked_for(
    named: Sequence[str] | None, columns: Sequence[str], null: bool, rope: bool, failed: bool
) -> list[Measure]:
    """Give the measures of a table, in order: those named, else the usual and what was asked.

    Parameters
    ----------
    named : sequence of str, optional
        By their names; errors as of `measure_of`.
    columns : sequence of str
        Those of the frame.
    null, rope : bool
        Whether a null value, or a region of practical equivalence, was asked about.
    failed : bool
        Whether any fit has failed, so that the usual measures count those.
    """
    if named:
        return [measure_of(name, columns) for name in named]
    more = [*(["power"] if null else []), *(ROPE if rope else ())]
    usual = [name for name in USUAL if name in MEASURES or name in columns]
    names = [*usual, *more, *(["failed"] if failed else [])]
    return [measure_of(name, columns) for name in names]


def cell(row: Mapping[str, Any], measure: Measure, compact: bool) -> str:
    """Write a measure of one row.

    A share of all or none has its 95 % interval in place of an error, which would be 0.
    """
    value = row[measure.column]
    if measure.kind == "count":
        return str(int(value))
    if measure.kind == "p":
        return p_value(value)
    error = row[f"{measure.column}_mcse"]
    if measure.kind == "share" and value in (0, 1) and not math.isnan(value):
        ends = (row[f"{measure.column}_low"], row[f"{measure.column}_high"])
        return f"{value:.0f} [{ends[0]:.3g}, {ends[1]:.3g}]"
    return published(value, error, compact)
