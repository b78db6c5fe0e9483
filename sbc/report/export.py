"""Write a run for other tools: flat tables, or the DataTree that ArviZ's SBC plots read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sbc.plugins.errors import UserError, unknown
from sbc.report.labels import slug
from sbc.report.table import table
from sbc.stats import seeds
from sbc.store.frames import Run
from sbc.store.publish import publish, publish_tree

if TYPE_CHECKING:
    import xarray as xr

#: What is written: tables as the first two, trees of ranks as the last.
FORMATS = ("parquet", "csv", "netcdf")


def export(run: Run, kind: str, folder: Path | None = None) -> list[Path]:
    """Write a run's fits, its results and what they come to.

    Parameters
    ----------
    run : Run
        What to write.
    kind : {"parquet", "csv", "netcdf"}
        Flat tables of fits, of results and of their summary, or one DataTree an estimator and
        engine that has ranks.
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
        frames = {"fits": run.fits, "results": run.results, "table": table(run)}
        return write_frames(frames, kind, folder)
    return _trees(run, folder)


def write_frames(frames: Mapping[str, pd.DataFrame], kind: str, folder: Path) -> list[Path]:
    """Write frames as Parquet or CSV, each into a file of its name.

    Raises
    ------
    UserError
        For another format, or if the folder cannot be written.
    """
    if kind not in FORMATS[:2]:
        raise unknown("format", kind, FORMATS)
    return [
        publish(
            folder / f"{name}.{kind}",
            partial(
                without_formulas(frame).to_csv if kind == "csv" else frame.to_parquet, index=False
            ),
        )
        for name, frame in frames.items()
    ]


def without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before texts that a spreadsheet would take for a formula and compute."""
    texts = frame.select_dtypes(["object", "string"]).columns
    return frame.assign(**{name: frame[name].map(_quoted) for name in texts})


def _quoted(cell: Any) -> Any:
    risky = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{cell}" if risky else cell


def _trees(run: Run, folder: Path) -> list[Path]:
    pairs = ranked(run.results, run.folder)
    trees = ((pair, data_tree(run, *pair)) for pair in pairs)
    return write_trees(trees, folder)


def ranked(results: pd.DataFrame, where: Path) -> list[tuple[str, str]]:
    """List the estimators and engines that have ranks.

    Raises
    ------
    UserError
        If there are none.
    """
    if results.empty:
        raise UserError(f"{where} holds no fit that worked; there is nothing to export")
    there = results[results["pit"].notna()]
    if there.empty:
        raise UserError(f"{where} holds no ranks, which are what netCDF is for: export csv")
    pairs = there[["estimator", "engine"]].drop_duplicates()
    return list(pairs.itertuples(index=False, name=None))


def write_trees(trees: Iterable[tuple[tuple[str, str], xr.DataTree]], folder: Path) -> list[Path]:
    """Write trees as netCDF, each into a file that its estimator and engine name."""
    written: list[Path] = []
    for (estimator, engine), tree in trees:
        stem = slug(f"{Path(estimator).name}-{Path(engine).name}")
        file = folder / f"{stem}.nc"
        if file in written:  # two users' files of one name
            file = folder / f"{stem}-{len(written) + 1}.nc"
        written.append(publish_tree(file, tree))
    return written


def data_tree(run: Run, estimator: str, engine: str) -> xr.DataTree:
    """Arrange one estimator's ranks as ArviZ expects them.

    Returns
    -------
    xarray.DataTree
        Group ``prior_sbc``: the randomised PIT of each quantity, in (0, 1), with dimensions
        (chain = 1, draw = dataset); ``sbc_truth``, ``sbc_mean`` and ``sbc_sd`` beside it.
        Ranks come as PIT because ArviZ divides ranks by the largest one seen, which moves the
        ranks of a posterior that is too wide. Group ``sbc_rank`` is for ArviZ's ``plot_rank``,
        which compares chains: chain 0 holds the PIT, the other three uniform random numbers, the
        same for the same seed. Where ranks are uniform, all four look alike.
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
    sets = {name: group(column) for name, column in groups.items()}
    sets["sbc_rank"] = _beside_uniform(sets["prior_sbc"], run.settings.seed)
    tree = xr.DataTree.from_dict(sets)
    tree.attrs = {
        "estimator": estimator,
        "engine": engine,
        "generator": run.settings.generator,
        "regime": run.settings.truth,
        "seed": run.settings.seed,
    }
    return tree


#: Chains of uniform random numbers beside the PIT.
_REFERENCES = 3


def _beside_uniform(pit: xr.Dataset, seed: int) -> xr.Dataset:
    """Set the PIT of each quantity beside what it should look like, each a chain of its own."""
    import xarray as xr

    chains = [pit]
    for chain in range(1, _REFERENCES + 1):
        drawn = {}
        for name, values in pit.items():
            stream = (seeds.key("sbc.report.export"), seeds.key(str(name)), chain)
            rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=stream))
            drawn[name] = (values.dims, rng.uniform(size=values.shape))
        chains.append(xr.Dataset(drawn, coords={"chain": [chain], "draw": pit["draw"]}))
    return xr.concat(chains, "chain")
