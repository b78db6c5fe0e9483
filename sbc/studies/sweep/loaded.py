"""A sweep in Python: its cells, and what the commands make of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from html import escape
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import pandas as pd

from sbc.plugins.errors import in_python
from sbc.store.names import fitted_by
from sbc.store.rows import LEVELS
from sbc.studies.plotted import pair_of
from sbc.studies.sweep.gate import SweepGate
from sbc.studies.sweep.read import Sweep, load_sweep

if TYPE_CHECKING:
    import xarray as xr

    from sbc.report.hypotheses import Nulls, Ropes
    from sbc.studies.posterior import Posteriors
    from sbc.studies.replay import Replay


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
        self,
        by: str | Iterable[str] | None = None,
        levels: Sequence[float] = LEVELS,
        interval: str = "equal",
        null: Nulls | None = None,
        reference: str | None = None,
        rope: Ropes | None = None,
        *,
        bounds: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Summarise each cell, or average over cells.

        Parameters
        ----------
        by : str or iterable of str, optional
            Factors to keep: numbers are averaged over the cells that agree in them, over all for
            ``()``.
        levels, interval, null, reference, rope
            As for `sbc.report.table.table`; averages have the levels alone.
        bounds : mapping
            What to ask instead of what the sweep was made for, as for `sbc.sweep`.

        Returns
        -------
        DataFrame
            See `sbc.studies.sweep.table.sweep_table`; with `by`,
            `sbc.studies.sweep.collapse.collapsed`.

        Raises
        ------
        UserError
            For a name that is no factor, or what averages have not.
        """
        from sbc.studies.sweep.collapse import check_averaged, collapsed
        from sbc.studies.sweep.shown import bounds_of
        from sbc.studies.sweep.table import sweep_table

        asked = {"interval": interval, "null": null, "reference": reference, "rope": rope}
        if by is None:
            return sweep_table(self, bounds_of(self, bounds), tuple(levels), **asked)
        check_averaged(**asked, bounds=bounds)
        return collapsed(self, _names(by), tuple(levels))

    def compare(self, by: str | Iterable[str] | None = None) -> pd.DataFrame:
        """Subtract estimators in each cell: see `sbc.studies.sweep.comparison.sweep_comparison`."""
        from sbc.studies.sweep.comparison import sweep_comparison

        return sweep_comparison(self, None if by is None else _names(by))

    def gate(
        self,
        config: str | Path | None = None,
        *,
        expect: str | Iterable[str] = (),
        preset: str | None = None,
        delta: float | None = None,
        max_datasets: int | None = None,
        alpha_fail: float | None = None,
        alpha_pass: float | None = None,
        baseline: Sweep | str | Path | None = None,
        tolerance: float | None = None,
        json: str | Path | None = None,
        junit: str | Path | None = None,
        markdown: str | Path | None = None,
    ) -> SweepGate:
        """Judge every cell, with one error rate for all of them.

        Parameters
        ----------
        config : str or Path
            A file in TOML: see ``docs/sweeps.md``.
        expect : str or iterable of str
            As ``--expect`` takes it: ``"mundlak:beta_XY=calibrated"``, or of some cells
            ``"[sd_U=3]mundlak:beta_XY=miscalibrated"``.
        preset, delta, max_datasets, alpha_fail, alpha_pass, json, junit, markdown
            As for `sbc.gate`.
        baseline : Sweep or path, optional
            An earlier sweep: have the estimates moved?
        tolerance : float, optional
            By how much they may have, in posterior sds (default 0.1).

        Returns
        -------
        sbc.studies.sweep.gate.SweepGate

        Raises
        ------
        UserError
            See `sbc.studies.sweep.gate.judge_sweep`.
        """
        given = dict(locals())
        from sbc.studies.question import question
        from sbc.studies.sweep.gate import judge_sweep
        from sbc.studies.sweep.gate_files import publish

        expects = [expect] if isinstance(expect, str) else list(expect)
        asked = question(given | {"expect": expects})
        earlier = load_sweep(baseline) if isinstance(baseline, str | Path) else baseline
        gate = judge_sweep(self, asked.config, expects, earlier, asked.tolerance)
        publish(gate, json, junit, markdown)
        return gate

    def report(
        self,
        out: str | Path | None = None,
        *,
        format: str = "html",
        figures: str | Path | None = None,
        beside: Iterable[Sweep] = (),
        field: Sequence[str] = (),
        bounds: Mapping[str, Any] | None = None,
    ) -> Path | str:
        """Write the page, or the table as Markdown, and say where it is.

        Parameters
        ----------
        out, format, figures, beside, field
            As for a run: see `sbc.studies.loaded_run.LoadedRun.report`.
        bounds : mapping
            What to ask instead of what the sweep was made for, as for `sbc.sweep`.
        """
        from sbc.studies.sweep.shown import report

        return report([self, *beside], out, format, figures, field, bounds)

    def replay(
        self,
        dataset: int,
        estimator: str | None = None,
        engine: str | None = None,
        *,
        cell: int | None = None,
        save: str | Path | None = None,
    ) -> Replay:
        """Make one fit of a cell again: as `sbc.studies.loaded_run.LoadedRun.replay`."""
        from sbc.studies.replay import replayed

        return replayed(self.folder, dataset, estimator, engine, cell, save)

    def posterior(
        self,
        dataset: int,
        estimator: str | None = None,
        engine: str | None = None,
        *,
        cell: int | None = None,
    ) -> Posteriors:
        """Draw the posteriors of one dataset of a cell: `sbc.posterior` with its settings."""
        from sbc.studies.api import posterior

        return posterior(estimator, dataset=dataset, run=self.folder, cell=cell, engine=engine)

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

    def __repr__(self) -> str:
        """Name it in a line."""
        settings, cells = self.settings, len(self.cells)
        who = ", ".join(fitted_by(*pair) for pair in settings.pairs)
        return f"<sweep {self.folder}: {cells} cells over {', '.join(self.plan.grid.vary)}, {who}>"

    def __str__(self) -> str:
        """Write the table as a terminal shows it."""
        return self._text(get_terminal_size().columns)

    def _repr_html_(self) -> str:
        """Show the table in a notebook, as a terminal does."""
        return f"<pre>{escape(self._text(160))}</pre>"

    def _text(self, width: int) -> str:
        from sbc.studies.sweep.table import render

        return in_python(render(self, width=width))


def _names(by: str | Iterable[str]) -> list[str]:
    """List factors, as a text with commas or one by one."""
    if isinstance(by, str):
        return [name.strip() for name in by.split(",") if name.strip()]
    return list(by)
