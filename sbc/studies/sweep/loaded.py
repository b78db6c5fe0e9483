"""A sweep in Python: its cells, and what the commands make of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sbc.gates.config import Config
from sbc.plugins.errors import unknown
from sbc.studies.plotted import pair_of
from sbc.studies.sweep.gate import SweepGate
from sbc.studies.sweep.read import Sweep, load_sweep

if TYPE_CHECKING:
    import xarray as xr

_LEVELS = (0.5, 0.8, 0.9, 0.95)


class LoadedSweep(Sweep):
    """A sweep read into memory, with what can be made of it; nothing here fits.

    Attributes
    ----------
    cells : list of dict
        The levels of each cell's factors.
    runs : list of Run
        One a cell.
    """

    @classmethod
    def of(cls, folder: str | Path) -> LoadedSweep:
        """Read a sweep; errors as of `sbc.studies.sweep.read.load_sweep`."""
        sweep = load_sweep(folder)
        return cls(**{field.name: getattr(sweep, field.name) for field in fields(sweep)})

    def table(
        self, levels: Sequence[float] = _LEVELS, by: str | Iterable[str] | None = None
    ) -> pd.DataFrame:
        """Summarise each cell, or average over cells.

        Parameters
        ----------
        levels : sequence of float
            Whose coverage to report, in (0, 1).
        by : str or iterable of str, optional
            Factors to keep: numbers are averaged over the cells that agree in them, over all for
            ``()``.

        Returns
        -------
        DataFrame
            See `sbc.studies.sweep.table.sweep_table`; with `by`,
            `sbc.studies.sweep.collapse.collapsed`.

        Raises
        ------
        UserError
            For a name that is no factor.
        """
        from sbc.studies.sweep.collapse import collapsed
        from sbc.studies.sweep.table import sweep_table

        if by is not None:
            return collapsed(self, _names(by), tuple(levels))
        return sweep_table(self, self.plan.expectations, tuple(levels))

    def compare(self, by: str | Iterable[str] | None = None) -> pd.DataFrame:
        """Subtract estimators in each cell: see `sbc.studies.sweep.comparison.sweep_comparison`."""
        from sbc.studies.sweep.comparison import sweep_comparison

        return sweep_comparison(self, None if by is None else _names(by))

    def gate(
        self,
        expect: str | Iterable[str] = (),
        config: Config | str | Path | None = None,
        preset: str | None = None,
        baseline: str | Path | Sweep | None = None,
        tolerance: float | None = None,
        **numbers: Any,
    ) -> SweepGate:
        """Judge every cell, with one error rate for all of them.

        Parameters
        ----------
        expect : str or iterable of str
            As ``--expect`` takes it: ``"mundlak:beta_XY=calibrated"``, or of some cells
            ``"[sd_U=3]mundlak:beta_XY=miscalibrated"``.
        config : Config or path, optional
            A file in TOML: see ``docs/sweeps.md``.
        preset : str, optional
            Tolerance and datasets.
        baseline : path or Sweep, optional
            An earlier sweep: have the estimates moved?
        tolerance : float, optional
            By how much they may have, in posterior sds (default 0.1).
        **numbers
            ``delta``, ``max_datasets``, ``alpha_fail``, ``alpha_pass``.

        Returns
        -------
        sbc.studies.sweep.gate.SweepGate

        Raises
        ------
        UserError
            See `sbc.studies.sweep.gate.judge_sweep`.
        """
        from sbc.studies.question import question
        from sbc.studies.sweep.gate import judge_sweep

        allowed = ("delta", "max_datasets", "alpha_fail", "alpha_pass")
        if wrong := sorted(numbers.keys() - set(allowed)):
            raise unknown("setting", wrong[0], allowed)
        expects = [expect] if isinstance(expect, str) else list(expect)
        wanted = {"preset": preset, "baseline": baseline, "tolerance": tolerance, "expect": expects}
        file = None if isinstance(config, Config) else config
        asked = question({**numbers, **wanted, "config": file})
        held = asked.config
        if isinstance(config, Config):
            held = config.changed(preset, **numbers)
        earlier = load_sweep(baseline) if isinstance(baseline, str | Path) else baseline
        return judge_sweep(self, held, expects, earlier, asked.tolerance)

    def report(self, out: str | Path | None = None) -> Path:
        """Write the report, by default into the sweep's folder, and say where it is."""
        from sbc.report.write import write_text
        from sbc.studies.sweep.page import sweep_page

        target = self.folder / "report.html" if out is None else Path(out)
        return write_text(sweep_page(self), target)

    def describe(self, *, format: str = "markdown") -> str:
        """Write the methods of the study: see `sbc.studies.describe.describe`."""
        from sbc.studies.describe import describe

        return describe(self.folder, format)

    def export(self, format: str = "parquet", out: str | Path | None = None) -> list[Path]:
        """Write all cells for other tools: see `sbc.studies.sweep.long.export_sweep`."""
        from sbc.studies.sweep.long import export_sweep

        return export_sweep(self, format, None if out is None else Path(out))

    def to_long(self) -> pd.DataFrame:
        """Give one row a cell, dataset, estimator, engine and estimand: see `long_table`."""
        from sbc.studies.sweep.long import long_table

        return long_table(self)

    def to_datatree(
        self, estimator: str = "", engine: str = "", cell: int | None = None
    ) -> xr.DataTree:
        """Give one estimator's ranks as ArviZ's SBC plots take them, a group a cell.

        Parameters
        ----------
        estimator, engine : str
            Which; they need not be named in a sweep of one.
        cell : int, optional
            The cell to give by itself, as of a run.

        Raises
        ------
        UserError
            For a name or a cell that is not in the sweep, or no name where there are several.
        """
        from sbc.studies.sweep.long import sweep_tree

        return sweep_tree(self, *pair_of(self.settings, estimator, engine, "in this sweep"), cell)

    def _repr_html_(self) -> str:
        """Show the table in a notebook."""
        return self.table().to_html(index=False, float_format="{:.3g}".format)


def _names(by: str | Iterable[str]) -> list[str]:
    """List factors, as a text with commas or one by one."""
    if isinstance(by, str):
        return [name.strip() for name in by.split(",") if name.strip()]
    return list(by)
