"""Files, and what Python hands over, to what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sbc.plugins.errors import UserError, option
from sbc.studies.importing.asked import Asked
from sbc.studies.importing.draws import posteriors, split
from sbc.studies.importing.estimates import estimates
from sbc.studies.importing.pieces import Found
from sbc.studies.importing.ranks import rank_arrays, ranks
from sbc.studies.importing.tables import Table
from sbc.studies.importing.trees import tree

KINDS = (".csv", ".parquet", ".npy", ".npz", ".nc")


def read(file: Path) -> Any:
    """Read a file: a frame, arrays by name, or a tree. Nothing in it is run.

    Raises
    ------
    UserError
        If it is not there, of another kind, or not what its name says.
    """
    kind = file.suffix.lower()
    if kind not in KINDS:
        raise UserError(f"{file} cannot be imported: its name must end in {', '.join(KINDS)}")
    if not file.is_file():
        raise UserError(f"no file {file}")
    if not file.stat().st_size:
        raise UserError(f"{file} is empty")
    try:
        return _READERS[kind](file)
    except Exception as problem:  # of any reader, whatever a damaged file makes it raise
        told = " ".join(str(problem).split())[:200]
        raise UserError(f"{file} cannot be read: {told or type(problem).__name__}") from problem


def _csv(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, encoding="utf-8-sig", low_memory=False, skipinitialspace=True)


def _npy(file: Path) -> dict[str, np.ndarray]:
    return {"theta": np.load(file, allow_pickle=False)}


def _npz(file: Path) -> dict[str, np.ndarray]:
    with np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _nc(file: Path) -> Any:
    import xarray as xr

    with xr.open_datatree(file, engine="h5netcdf") as found:
        return found.load()


_READERS: dict[str, Any] = {
    ".csv": _csv,
    ".parquet": pd.read_parquet,
    ".npy": _npy,
    ".npz": _npz,
    ".nc": _nc,
}


def found_in(source: Any, name: str, asked: Asked) -> Found:
    """Take what one source holds.

    Parameters
    ----------
    source : DataFrame, mapping of str to array, or DataTree
        As `read` gives it.
    name : str
        Of its file.
    asked : Asked
        What its user says of it.

    Raises
    ------
    UserError
        If it is nothing of the kind, or does not make sense.
    """
    method = asked.name or Path(name).stem
    if isinstance(source, pd.DataFrame):
        table = Table.of(source, name, asked)
        found = ranks(table) if table.is_ranks else estimates(table)
        notes = [*found.notes]
        if table.factors and asked.by is None:
            notes.append(f"Taken for the factors of the study: {', '.join(table.factors)}.")
        if table.unused:
            notes.append(f"Columns that were not used: {', '.join(table.unused)}.")
        return Found(found.pieces, found.factors, found.regime, tuple(notes))
    if hasattr(source, "children") and hasattr(source, "to_dataset"):
        _refuse_of_tables(asked, name)
        return tree(source, name, str(source.attrs.get("estimator", "")) or method, asked)
    if isinstance(source, Mapping):
        _refuse_of_tables(asked, name)
        arrays = {str(key): np.asarray(values) for key, values in source.items()}
        if not arrays:
            raise UserError(f"{name} holds no arrays")
        both = split(arrays, name)
        return posteriors(both, method, asked) if both else rank_arrays(arrays, name, method, asked)
    raise UserError(
        f"{name} is a {type(source).__name__}: results are a frame, arrays by name, a tree of "
        "ArviZ, or files of these"
    )


def _refuse_of_tables(asked: Asked, name: str) -> None:
    """Refuse what says how to read a table, of a source that is none.

    Raises
    ------
    UserError
        Naming the option.
    """
    said = {
        "columns": asked.columns,
        "true": asked.true is not None,
        "by": asked.by,
        "where": asked.where,
        "level": asked.level,
    }
    if lost := next((option(key) for key, value in said.items() if value), ""):
        raise UserError(
            f"{name} holds arrays: {lost} is about tables; the truths of draws are arrays of the "
            "same source, truth_NAME"
        )
