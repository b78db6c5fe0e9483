"""A sweep for other tools: one long table, the rows that are kept, and trees of ranks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sbc.plugins.errors import UserError
from sbc.report.export import data_tree, ranked, write_frames, write_trees
from sbc.store.frames import Run
from sbc.studies.sweep.columns import labelled
from sbc.studies.sweep.read import Sweep
from sbc.studies.sweep.table import sweep_table

if TYPE_CHECKING:
    import xarray as xr

_KEYS = ["dataset", "estimator", "engine"]


def long_table(sweep: Sweep) -> pd.DataFrame:
    """Give one row a cell, dataset, estimator, engine and estimand.

    Parameters
    ----------
    sweep : Sweep
        Finished or not.

    Returns
    -------
    DataFrame
        The cell's number and the levels of its factors, then what is known of the fit (``status``,
        ``attempt``, ``divergences``, ...), then the estimand's truth, posterior mean, sd,
        quantiles and rank. A fit that failed has a row for each estimand too, with NaN there. A
        factor that is called like another column stands in ``vary_NAME``.
    """
    frames = [labelled(sweep, _long(run), run.cell) for run in sweep.runs]
    return pd.concat(frames, ignore_index=True)


def _long(run: Run) -> pd.DataFrame:
    """Join the fits of a cell with their results, those that failed with empty ones."""
    streams = list(run.streams(estimands_only=True))
    results = pd.concat([frame for _, frame in streams]) if streams else run.results.iloc[:0]
    results = results.rename(columns={"quantity": "estimand"})
    named: dict[tuple[str, str], list[str]] = {}
    for (estimator, engine, name), _ in streams:
        named.setdefault((estimator, engine), []).append(name)
    pairs = [
        (estimator, engine, name)
        for estimator, engine in run.settings.pairs
        for name in named.get((estimator, engine)) or run.estimands(estimator)
    ]
    wanted = pd.DataFrame(pairs, columns=["estimator", "engine", "estimand"], dtype=object)
    rows = run.fits.merge(wanted, on=["estimator", "engine"], how="left")
    found = rows.merge(results, on=[*_KEYS, "estimand"], how="left", validate="one_to_one")
    return found[[*_KEYS, "estimand", *(c for c in found if c not in {*_KEYS, "estimand"})]]


def export_sweep(sweep: Sweep, kind: str, folder: Path | None = None) -> list[Path]:
    """Write a sweep as flat tables, or as a tree of ranks for each estimator and engine.

    Parameters
    ----------
    sweep : Sweep
        Finished or not.
    kind : {"parquet", "csv", "netcdf"}
        ``long`` is one table of all that is known of estimands; ``fits`` and ``results`` are the
        rows as they are kept, quantities that are no estimands among them; ``table`` is the
        summary of each cell. ``netcdf`` writes a tree of `sweep_tree` for each estimator and engine
        that has ranks.
    folder : Path, optional
        Where to; the sweep's own folder if not given.

    Raises
    ------
    UserError
        If the folder cannot be written, or there is nothing to write.
    """
    if kind == "netcdf":
        pairs = ranked(pd.concat([run.results for run in sweep.runs]), sweep.folder)
        trees = ((pair, sweep_tree(sweep, *pair)) for pair in pairs)
        return write_trees(trees, folder or sweep.folder)
    frames = {"long": long_table(sweep)}
    for name in ("fits", "results"):
        parts = [labelled(sweep, getattr(run, name), run.cell) for run in sweep.runs]
        frames[name] = pd.concat(parts, ignore_index=True)
    frames["table"] = sweep_table(sweep, sweep.plan.expectations)
    return write_frames(frames, kind, folder or sweep.folder)


def sweep_tree(sweep: Sweep, estimator: str, engine: str, cell: int | None = None) -> xr.DataTree:
    """Arrange one estimator's ranks as ArviZ's SBC plots take them, a group a cell.

    Parameters
    ----------
    sweep : Sweep
        Finished or not.
    estimator, engine : str
        Whose ranks.
    cell : int, optional
        The one to give by itself, as of a run.

    Returns
    -------
    xarray.DataTree
        Groups ``cell_0``, ``cell_1``, ... of which each is what `sbc.report.export.data_tree`
        gives, with its factors among its attributes.

    Raises
    ------
    UserError
        If there is no such cell.
    """
    import xarray as xr

    last = len(sweep.runs) - 1
    if cell is not None and not 0 <= cell <= last:
        raise UserError(f"{sweep.folder} has cells 0 to {last}, and not {cell}")
    trees = {}
    for run in sweep.runs if cell is None else [sweep.runs[cell]]:
        tree = data_tree(run, estimator, engine)
        tree.attrs |= {f"factor_{name}": x for name, x in sweep.cells[run.cell].items()}
        trees[f"cell_{run.cell}"] = tree
    if cell is not None:
        return trees[f"cell_{cell}"]
    whole = xr.DataTree(name="sweep")
    for name, tree in trees.items():
        whole[name] = tree
    return whole
