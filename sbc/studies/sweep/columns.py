"""What the factors of a sweep are called beside the columns of tables and exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sbc.studies.sweep.read import Sweep

CELL_COLUMN = "cell"
#: Columns of tables and exports that a factor may be called like, beside those of the rows kept.
_OURS = frozenset(
    {CELL_COLUMN, "generator", "truth", "data", "shard", "estimand", "kind", "discrete", "a", "b"}
    | {"bias", "rmse", "mse", "bias_sd", "z_sd", "emp_se", "model_se", "contraction", "coverage"}
    | {"width", "reference", "n_cells", "n_datasets", "best_rmse", "source", "expected", "outcome"}
)


def columns_of(
    sweep: Sweep, taken: Mapping[Any, Any] | pd.DataFrame | None = None
) -> dict[str, str]:
    """Name the column of each factor: its own name, or ``vary_NAME`` where that is another's.

    A column is called the same in all tables and exports of a sweep, so that they can be joined.

    Parameters
    ----------
    sweep : Sweep
        Whose factors.
    taken : DataFrame, optional
        Whose further columns none may be called like.
    """
    run = sweep.runs[0]
    used = {*_OURS, *run.fits, *run.results, *(() if taken is None else taken)}
    found: dict[str, str] = {}
    for name in sweep.plan.grid.vary:
        column = name
        while column in used:
            column = f"vary_{column}"
        found[name] = column
        used.add(column)
    return found


def labelled(sweep: Sweep, frame: pd.DataFrame, cell: int) -> pd.DataFrame:
    """Put a cell's number and the levels of its factors before the columns."""
    found = frame.copy()
    levels = sweep.cells[cell]
    added = {column: levels[name] for name, column in columns_of(sweep, frame).items()}
    for i, (name, value) in enumerate({CELL_COLUMN: cell, **added}.items()):
        found.insert(i, name, value)
    return found
