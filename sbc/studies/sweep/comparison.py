"""Estimators against each other in every cell of a sweep, on the datasets that they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from sbc.plugins.errors import UserError
from sbc.report.chosen import PUBLISHED
from sbc.report.comparison import AGREEMENT, LIMITS, comparison, published_comparison
from sbc.report.discrete import MARK, NOTE
from sbc.report.narrow import laid_out
from sbc.report.numbers import with_error
from sbc.report.targets import ELEMENT
from sbc.studies.sweep.collapse import (
    AVERAGED,
    check_shared,
    collapsed_comparison,
    for_programs,
)
from sbc.studies.sweep.columns import columns_of, labelled
from sbc.studies.sweep.factors import told
from sbc.studies.sweep.read import Sweep

_SHOWN = ("bias", "rmse", "coverage", "width", "crps")
_PAIRED = "a (b) = difference and Monte Carlo error of its last digits, dataset by dataset."


def sweep_comparison(sweep: Sweep, by: Sequence[str] | None = None) -> pd.DataFrame:
    """Subtract every pair of estimators in each cell, dataset by dataset.

    Parameters
    ----------
    sweep : Sweep
        Of two estimators or engines, or more.
    by : sequence of str, optional
        Factors to keep: differences are averaged over the cells that agree in them.

    Returns
    -------
    DataFrame
        The columns of `sbc.report.comparison.comparison`, before them the cell and its factors;
        cells whose estimators share no datasets are left out. With `by`, as of
        `sbc.studies.sweep.collapse.collapsed_comparison`.

    Raises
    ------
    UserError
        If they share them in no cell.
    """
    if by is not None:
        return collapsed_comparison(sweep, by)
    check_shared(sweep)
    shared = [run for run in sweep.runs if not run.settings.regime.own]
    return pd.concat(
        [labelled(sweep, comparison(run), run.cell) for run in shared], ignore_index=True
    )


def render_comparison(
    sweep: Sweep,
    kind: str = "text",
    by: Sequence[str] | None = None,
    limits: bool = False,
    width: int | None = None,
) -> str:
    """Write the differences in one of the formats of a table.

    Parameters
    ----------
    sweep, by
        As for `sweep_comparison`.
    kind, width
        As for `sbc.report.table.render`.
    limits : bool
        Whether to show the limits of agreement in each cell, and not differences of metrics.

    Raises
    ------
    UserError
        As `sweep_comparison`, and for limits of agreement over several cells.
    """
    if limits and by is not None:
        raise UserError("limits of agreement are those of one cell; they are not averaged")
    frame = sweep_comparison(sweep, by)
    if kind in ("csv", "json"):
        return for_programs(frame, kind)
    columns = columns_of(sweep)
    named = {name: columns[name] for name in (columns if by is None else by)}
    shown = [row for row in frame.to_dict(orient="records") if row["kind"] != ELEMENT]
    if not shown:
        return "one estimator: nothing to compare"
    if kind in PUBLISHED:
        averaged = [] if by is None else [AVERAGED]
        return published_comparison(shown, kind, named, limits=limits, notes=averaged)
    rows: list[dict[str, Any]] = [
        {
            **{name: told(row[column]) for name, column in named.items()},
            "estimand": row["estimand"],
            "difference": f"{row['a']} − {row['b']}",
            **{
                name.replace("_", " "): with_error(row[name], row[f"{name}_mcse"])
                + (MARK if name == "coverage" and row["discrete"] else "")
                for name in (AGREEMENT if limits else _SHOWN)
            },
            **({} if by is None else {"cells": str(row["n_cells"])}),
            "datasets": str(row["n_datasets"]),
        }
        for row in shown
    ]
    below = [LIMITS] if limits else [_PAIRED] if by is None else [_PAIRED, AVERAGED]
    below += [NOTE] if any(frame["discrete"]) and not limits else []
    return laid_out(rows, kind, below, width=width, names=list(named))
