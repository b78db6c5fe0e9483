"""A run or a sweep in Python: its frames, and what the commands make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sbc.plugins.errors import UserError, unknown
from sbc.store.folder import read_run
from sbc.store.frames import Run, load_run
from sbc.studies.sweep.loaded import LoadedSweep

if TYPE_CHECKING:
    import xarray as xr

    from sbc.report.hypotheses import Nulls, Ropes


class LoadedRun(Run):
    """A run read into memory, with what can be made of it; nothing here fits.

    Attributes
    ----------
    fits, results : DataFrame
        One row a fit, and one a fit and quantity: see `sbc.store.frames.Run`.
    """

    @classmethod
    def of(cls, folder: str | Path) -> LoadedRun:
        """Read a run; errors as of `sbc.store.frames.load_run`."""
        run = load_run(folder)
        return cls(**{field.name: getattr(run, field.name) for field in fields(run)})

    def table(
        self,
        by: str | None = None,
        levels: Sequence[float] = (0.5, 0.8, 0.9, 0.95),
        interval: str = "equal",
        null: Nulls | None = None,
        reference: str | None = None,
        rope: Ropes | None = None,
    ) -> pd.DataFrame:
        """Summarise it, each number with its Monte Carlo error: see `sbc.report.table.table`."""
        from sbc.report.table import table

        return table(self, by, tuple(levels), interval, null, reference, rope)

    def report(self, file: str | Path | None = None) -> Path:
        """Write the report, by default into the run's folder, and say where it is."""
        from sbc.report.write import write_page

        return write_page([self], None if file is None else Path(file))

    def export(self, kind: str = "parquet", folder: str | Path | None = None) -> list[Path]:
        """Write its rows for other tools, and say which files: see `sbc.report.export.export`."""
        from sbc.report.export import export

        return export(self, kind, None if folder is None else Path(folder))

    def to_datatree(self, estimator: str = "", engine: str = "") -> xr.DataTree:
        """Give one estimator's ranks as ArviZ's SBC plots take them, in the group ``prior_sbc``.

        Parameters
        ----------
        estimator, engine : str
            Which; they need not be named in a run of one.

        Returns
        -------
        xarray.DataTree
            See `sbc.report.export.data_tree`.

        Raises
        ------
        UserError
            For a name that is not in the run, or none where there are several.
        """
        from sbc.report.export import data_tree

        settings = self.settings
        chosen = _one("estimator", estimator, settings.estimators)
        by = _one("engine", engine, settings.engines_of(chosen))
        return data_tree(self, chosen, by)

    def _repr_html_(self) -> str:
        """Show the table in a notebook."""
        return self.table().to_html(index=False, float_format="{:.3g}".format)


def loaded(folder: str | Path) -> LoadedRun | LoadedSweep:
    """Read a run or a sweep, whichever the folder holds.

    Raises
    ------
    UserError
        If it is neither, or damaged.
    """
    is_sweep = read_run(Path(folder)).is_sweep
    return LoadedSweep.of(folder) if is_sweep else LoadedRun.of(folder)


def _one(kind: str, name: str, there: Sequence[str]) -> str:
    if not name and len(there) == 1:
        return there[0]
    if name not in there:
        raise (
            unknown(kind, name, there, "in this run")
            if name
            else UserError(f"name the {kind}: {', '.join(there)}")
        )
    return name
