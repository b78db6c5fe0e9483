"""A sweep averaged over some of its factors, each number with the error that pairing leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from sbc.plugins.errors import UserError, option, unknown
from sbc.report.comparison import COMPARED
from sbc.report.numbers import plain_records
from sbc.report.table import LEVELS, check_levels
from sbc.report.targets import Subject
from sbc.stats.averages import Condition, average, average_difference
from sbc.stats.fits import Proportion
from sbc.store.rows import FAILED
from sbc.studies.sweep.answers import kind_of
from sbc.studies.sweep.columns import columns_of
from sbc.studies.sweep.read import Sweep

#: Metrics by the names of their columns.
COLUMNS = {
    **{"bias": "bias", "bias_sd": "bias_sd", "rmse": "rmse", "emp_se": "empirical_se"},
    **{"model_se": "model_se", "width_95": "width", "mse": "mse", "z_sd": "z_sd"},
    **{"relative_bias": "relative_bias", "contraction": "contraction", "crps": "crps"},
    **{"pit_mean": "pit_mean", "pit_spread": "pit_spread"},
}
#: What the numbers below are, in a line.
AVERAGED = (
    "Each number is an average over cells, all with the same weight; of RMSE, SEs and sd z the "
    "squares are averaged. Cells share their datasets' random numbers, and errors count that."
)


def collapsed(
    sweep: Sweep, by: Sequence[str] = (), levels: tuple[float, ...] = LEVELS
) -> pd.DataFrame:
    """Average every metric over the cells that agree in some factors.

    Parameters
    ----------
    sweep : Sweep
        Finished or not.
    by : sequence of str
        The factors to keep; the cells of each of their combinations are averaged. With none, all
        cells are.
    levels : tuple of float
        Whose coverage to report, in (0, 1).

    Returns
    -------
    DataFrame
        One row a combination, estimator, engine and estimand: the number of cells, of datasets and
        of failed fits in all of them, and metrics as in a run's table. ``*_mcse`` are Monte Carlo
        errors that count what cells have in common (`sbc.stats.averages`).

    Raises
    ------
    UserError
        For a name that is no factor.
    """
    check_levels(levels)
    rows = []
    for start, cells in _groups(sweep, by):
        for mine in _alike(sweep, cells):
            first = mine[0][1]
            fits = [sweep.runs[c].fits_of(s.estimator, s.engine) for c, s in mine]
            conditions = [condition_of(subject) for _, subject in mine]
            row: dict[str, Any] = start | {
                **{"estimator": first.estimator, "engine": first.engine, "estimand": first.name},
                **{"kind": first.kind, "discrete": any(s.discrete for _, s in mine)},
                "n_cells": len(mine),
                "n_datasets": sum(map(len, fits)),
                "n_failed": sum(int(frame["status"].isin(FAILED).sum()) for frame in fits),
            }
            for column, metric in COLUMNS.items():
                row |= _numbers(column, average(metric, conditions))
            for level in levels:
                found = average("coverage", conditions, level=level, kind=_kind(level))
                row |= _numbers(f"coverage_{100 * level:g}", found)
            rows.append(row)
    return pd.DataFrame(rows)


def collapsed_comparison(sweep: Sweep, by: Sequence[str] = ()) -> pd.DataFrame:
    """Average the differences between every two estimators over cells.

    Parameters
    ----------
    sweep, by
        As for `collapsed`.

    Returns
    -------
    DataFrame
        One row a combination, estimand and pair, columns as of `sbc.report.comparison.comparison`:
        the difference of the averages, on the datasets of each cell where both worked.

    Raises
    ------
    UserError
        For a name that is no factor, or if estimators share datasets in no cell.
    """
    check_shared(sweep)
    rows = []
    for start, cells in _groups(sweep, by):
        shared = [c for c in cells if not sweep.runs[c].settings.regime.own]
        for one, other in combinations(_alike(sweep, shared), 2):
            if one[0][1].name == other[0][1].name and (pairs := _pairs(one, other)):
                rows.append(start | _difference(sweep, one[0][1], other[0][1], pairs))
    return pd.DataFrame(rows)


def check_shared(sweep: Sweep) -> None:
    """Refuse to compare estimators of which each has datasets of its own.

    Raises
    ------
    UserError
        If that is so in every cell.
    """
    if all(run.settings.regime.own for run in sweep.runs):
        raise UserError(
            f"in regime '{sweep.settings.truth}' estimators share no datasets: nothing to compare"
        )


def condition_of(subject: Subject) -> Condition:
    """Take what an average is over, with the numbers of its datasets."""
    frame = next(iter(subject.frames.values()))
    return Condition(subject.what, frame["dataset"].to_numpy(np.int64))


def _kind(level: float) -> str:
    return "known" if kind_of(level) == "quantile" else "pit"


def _numbers(column: str, found: Any) -> dict[str, float]:
    row = {column: found.value, f"{column}_mcse": found.mcse}
    if isinstance(found, Proportion):
        row |= {f"{column}_low": found.low, f"{column}_high": found.high}
    return row


def _groups(sweep: Sweep, by: Sequence[str]) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """Give the cells of every combination of some factors, with the columns that name it."""
    for name in by:
        if name not in sweep.plan.grid.vary:
            raise unknown("factor", name, sweep.plan.grid.vary, "in this sweep")
    columns = columns_of(sweep)
    order = sweep.plan.grid.vary
    groups: dict[tuple[Any, ...], list[int]] = {}
    for number, cell in enumerate(sweep.cells):
        groups.setdefault(tuple(cell[name] for name in by), []).append(number)
    for key in sorted(
        groups, key=lambda k: [order[n].index(x) for n, x in zip(by, k, strict=True)]
    ):
        yield {columns[name]: x for name, x in zip(by, key, strict=True)}, groups[key]


def _alike(sweep: Sweep, cells: Sequence[int]) -> list[list[tuple[int, Subject]]]:
    """Collect what is of the same estimator, engine and estimand, in these cells."""
    found: dict[tuple[str, str, str], list[tuple[int, Subject]]] = {}
    chosen = set(cells)
    for cell, subject in sweep.subjects:
        if cell in chosen:
            key = (subject.name, subject.estimator, subject.engine)
            found.setdefault(key, []).append((cell, subject))
    names = list(dict.fromkeys(name for name, *_ in found))
    return [found[key] for key in sorted(found, key=lambda key: names.index(key[0]))]


def _pairs(
    one: Sequence[tuple[int, Subject]], other: Sequence[tuple[int, Subject]]
) -> list[tuple[Condition, Condition]]:
    """Bring two estimators together on the datasets of each cell where both worked."""
    its = dict(other)
    found = []
    for cell, subject in one:
        rival = its.get(cell)
        if rival is None or rival.frames.keys() != subject.frames.keys():
            return []
        numbers = [set(next(iter(s.frames.values()))["dataset"]) for s in (subject, rival)]
        both = numbers[0] & numbers[1]
        found.append((condition_of(subject.of(both)), condition_of(rival.of(both))))
    return found


def _difference(
    sweep: Sweep, one: Subject, other: Subject, pairs: Sequence[tuple[Condition, Condition]]
) -> dict[str, Any]:
    names = [sweep.settings.who(s.estimator, s.engine) for s in (one, other)]
    row: dict[str, Any] = {
        **{"estimand": one.name, "kind": one.kind, "discrete": one.discrete},
        **{"a": names[0], "b": names[1], "n_cells": len(pairs)},
        "n_datasets": sum(len(a.datasets) for a, _ in pairs),
    }
    for name in COMPARED:
        options = {"kind": "known"} if name == "coverage" else {}
        row[name], row[f"{name}_mcse"] = average_difference(name, pairs, **options)
    return row


def check_averaged(**asked: object) -> None:
    """Refuse what averages over cells, and differences, do not take.

    Raises
    ------
    UserError
        Naming the first setting.
    """
    for name, value in asked.items():
        if value not in (None, "", [], (), "equal"):
            raise UserError(
                f"{option(name)} is for the table of all cells; leave {option('by')} and "
                + option("compare")
            )


def for_programs(frame: pd.DataFrame, kind: str) -> str:
    """Write a frame as CSV or JSON, with every column in full precision."""
    if kind == "json":
        return json.dumps(plain_records(frame), indent=2, allow_nan=False)
    return frame.to_csv(index=False).rstrip("\n")
