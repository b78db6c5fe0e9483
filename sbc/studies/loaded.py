"""A run or a sweep in Python: its frames, and what the commands make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import pandas as pd

from sbc.plugins.errors import UserError
from sbc.store.folder import read_run
from sbc.studies.loaded_run import LoadedRun
from sbc.studies.sweep.read import Sweep, load_sweep


class LoadedSweep(Sweep):
    """A sweep read into memory, with what can be made of it; nothing here fits."""

    @classmethod
    def of(cls, folder: str | Path) -> LoadedSweep:
        """Read a sweep; errors as of `sbc.studies.sweep.read.load_sweep`."""
        sweep = load_sweep(folder)
        return cls(**{field.name: getattr(sweep, field.name) for field in fields(sweep)})

    def table(self, levels: Sequence[float] = (0.5, 0.8, 0.9, 0.95)) -> pd.DataFrame:
        """Summarise each cell: see `sbc.studies.sweep.table.sweep_table`."""
        from sbc.studies.sweep.table import sweep_table

        return sweep_table(self, self.plan.expectations, tuple(levels))

    def report(self, out: str | Path | None = None) -> Path:
        """Write the report, by default into the sweep's folder, and say where it is."""
        from sbc.report.write import write_text
        from sbc.studies.sweep.page import sweep_page

        target = self.folder / "report.html" if out is None else Path(out)
        return write_text(sweep_page(self), target)

    def export(self, format: str = "parquet", out: str | Path | None = None) -> list[Path]:
        """Write the rows of all cells, each with its cell and what varies, and say which files.

        Parameters
        ----------
        format : {"parquet", "csv"}
            A sweep has no netCDF form.
        out : str or Path, optional
            The folder; the sweep's own folder if not given.

        Raises
        ------
        UserError
            For another format, or if the folder cannot be written.
        """
        from sbc.report.export import write_frames

        if format == "netcdf":
            raise UserError(f"{self.folder} is a sweep: it is exported as parquet or csv")
        from sbc.studies.sweep.table import labelled

        cells = list(zip(self.runs, self.cells, strict=True))
        frames = {
            name: pd.concat(
                [labelled(getattr(run, name), run.cell, cell) for run, cell in cells],
                ignore_index=True,
            )
            for name in ("fits", "results")
        }
        return write_frames(frames, format, self.folder if out is None else Path(out))

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


__all__ = ["LoadedRun", "LoadedSweep", "loaded"]
