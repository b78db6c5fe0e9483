"""A row of a table as it is written for reading."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sbc.report.discrete import MARK
from sbc.report.numbers import p_value, plain_number, with_ends, with_error
from sbc.report.study import of_study
from sbc.report.table_notes import missing
from sbc.store.frames import Run
from sbc.store.rows import LEVELS
from sbc.store.settings import DECLARED

#: What an approximation has in place of R-hat and ESS, as columns of the fits.
APPROXIMATE = ("pareto_k", "elbo_drift")
#: Engines that a text does not name if there is no other: the usual one, and none.
UNSAID = {*DECLARED["engines"].default, ""}
_HEADS = {"pareto_k": "k̂", "elbo_drift": "ELBO drift"}


def as_text(
    row: dict[str, Any], diagnostics: Sequence[str], missing: str, engines: bool
) -> dict[str, str]:
    """Write a row, rounded to what its errors carry.

    Parameters
    ----------
    row : dict
        Of the table, in full.
    diagnostics : sequence of str
        Which of an approximation's own diagnostics to show.
    missing : str
        What stands for a coverage that is not known.
    engines : bool
        Whether to name its engine, as all rows of a table do or none.

    Returns
    -------
    dict of str to str
        By the heads of the columns.
    """
    shares = [name for name in row if name.startswith("coverage_") and name.count("_") == 1]
    return {
        **({"stratum": row["stratum"]} if "stratum" in row else {}),
        "estimator": row["estimator"],
        **({"engine": row["engine"]} if engines else {}),
        "estimand": row["estimand"],
        "bias": with_error(row["bias"], row["bias_mcse"]),
        "bias_sd": with_error(row["bias_sd"], row["bias_sd_mcse"]),
        "RMSE": with_error(row["rmse"], row["rmse_mcse"]),
        **{
            f"coverage {name.partition('_')[2]} %": _share_text(row, name, missing)
            for name in dict.fromkeys([shares[0], shares[-1]])
        },
        "width 95 %": with_error(row["width_95"], row["width_95_mcse"]),
        "rank p": p_value(row["rank_p_adjusted"]),
        **{_HEADS[name]: plain_number(row[name]) for name in diagnostics},
        "datasets": str(row["n_datasets"]),
        "failed": str(row["n_failed"]),
    }


def _share_text(row: dict[str, Any], name: str, missing: str) -> str:
    if math.isnan(row[name]):
        return missing
    return with_ends(row, name) + coverage_mark(row, name)


def coverage_mark(row: dict[str, Any], name: str) -> str:
    """Mark the coverage in one column of a row where it is that of a discrete estimand's intervals.

    By the PIT, as levels without quantiles are counted, it is nominal.
    """
    by_intervals = float(name.partition("_")[2]) / 100 in LEVELS
    return MARK if row["discrete"] and by_intervals else ""


def diagnostics_of(rows: list[dict[str, Any]]) -> list[str]:
    """Name the diagnostics that approximations have of their own, where any row has them."""
    return [name for name in APPROXIMATE if not all(math.isnan(r[name]) for r in rows)]


def readable_rows(run: Run, rows: list[dict[str, Any]], hdi: bool = False) -> list[dict[str, str]]:
    """Write rows of a run's table for reading, each by the heads of its columns.

    Parameters
    ----------
    run : Run
        Whose table it is.
    rows : list of dict
        Of the table, in full.
    hdi : bool
        Whether coverage is that of shortest intervals.
    """
    known = diagnostics_of(rows)
    by = {row["engine"] for row in rows} - UNSAID != set()
    readable = [as_text(row, known, missing(run, row) if hdi else "–", by) for row in rows]
    if run.provenance.imported:
        readable = of_study(rows, readable, run.settings.regime.single_truth)
    return readable
