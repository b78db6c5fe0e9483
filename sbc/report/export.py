"""Write a run for other tools: flat tables, or the DataTree that ArviZ's SBC plots read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sbc.plugins.errors import UserError
from sbc.store.frames import Run

if TYPE_CHECKING:
    import xarray as xr


def export(run: Run, kind: str, folder: Path | None = None) -> list[Path]:
    """Write a run's fits and results.

    Parameters
    ----------
    run : Run
        What to write.
    kind : {"parquet", "csv", "netcdf"}
        Two flat tables, or one DataTree an estimator and engine.
    folder : Path, optional
        Where to; the run's own folder if not given.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    UserError
        If the folder cannot be written, or there is nothing to write.
    """
    folder = folder or run.folder
    if kind != "netcdf":
        return write_frames({"fits": run.fits, "results": run.results}, kind, folder)
    with _writing(folder):
        return _trees(run, folder)


def write_frames(frames: Mapping[str, pd.DataFrame], kind: str, folder: Path) -> list[Path]:
    """Write frames as Parquet or CSV, each into a file of its name.

    Raises
    ------
    UserError
        If the folder cannot be written.
    """
    files = [folder / f"{name}.{kind}" for name in frames]
    with _writing(folder):
        for file, frame in zip(files, frames.values(), strict=True):
            if kind == "csv":
                frame.to_csv(file, index=False)
            else:
                frame.to_parquet(file, index=False)
    return files


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as problem:
        raise UserError(f"cannot write to {folder}: {problem.strerror or problem}") from problem


def _trees(run: Run, folder: Path) -> list[Path]:
    if run.results.empty:
        raise UserError(f"{run.folder} holds no fit that worked; there is nothing to export")
    written: list[Path] = []
    for estimator, engine in run.results[["estimator", "engine"]].drop_duplicates().to_numpy():
        stem = f"{Path(estimator).name.replace(':', '-')}-{engine}"
        file = folder / f"{stem}.nc"
        if file in written:  # two users' files of one name
            file = folder / f"{stem}-{len(written) + 1}.nc"
        data_tree(run, estimator, engine).to_netcdf(file, engine="h5netcdf")
        written.append(file)
    return written


def data_tree(run: Run, estimator: str, engine: str) -> xr.DataTree:
    """Arrange one estimator's ranks as ArviZ expects them.

    Returns
    -------
    xarray.DataTree
        Group ``prior_sbc``: the randomised PIT of each quantity, in (0, 1), with dimensions
        (chain = 1, draw = dataset); ``sbc_truth``, ``sbc_mean`` and ``sbc_sd`` beside it.
        Ranks come as PIT because ArviZ divides ranks by the largest one seen, which moves the
        ranks of a posterior that is too wide.
    """
    import xarray as xr

    mine = run.results[(run.results.estimator == estimator) & (run.results.engine == engine)]

    def group(column: str) -> xr.Dataset:
        wide: pd.DataFrame = mine.pivot(index="dataset", columns="quantity", values=column)
        variables: dict[str, Any] = {
            name: (("chain", "draw"), wide[name].to_numpy(float)[np.newaxis]) for name in wide
        }
        return xr.Dataset(variables, coords={"chain": [0], "draw": wide.index.to_numpy()})

    groups = {"prior_sbc": "pit", "sbc_truth": "truth", "sbc_mean": "mean", "sbc_sd": "sd"}
    tree = xr.DataTree.from_dict({name: group(column) for name, column in groups.items()})
    tree.attrs = {
        "estimator": estimator,
        "engine": engine,
        "generator": run.settings.generator,
        "regime": run.settings.truth,
        "seed": run.settings.seed,
    }
    return tree
