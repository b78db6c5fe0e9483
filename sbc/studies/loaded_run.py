"""A run in Python: its frames, and a method for each command that takes a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Literal, overload

from sbc.plugins.errors import in_python
from sbc.store.frames import Run, load_run
from sbc.store.names import fitted_by
from sbc.store.rows import LEVELS
from sbc.studies.plotted import Plotted

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from sbc.gates.causes import Explanations
    from sbc.gates.gate import Gate
    from sbc.report.hypotheses import Nulls, Ropes
    from sbc.studies.judge_api import Expected
    from sbc.studies.posterior import Posteriors
    from sbc.studies.replay import Replay


class LoadedRun(Plotted):
    """A run read into memory, with what can be made of it.

    Only `explain` and `replay` fit anything, and `plot_*` draw the figures of the page.

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
        levels: Sequence[float] = LEVELS,
        interval: str = "equal",
        null: Nulls | None = None,
        reference: str | None = None,
        rope: Ropes | None = None,
    ) -> pd.DataFrame:
        """Summarise it, each number with its Monte Carlo error: see `sbc.report.table.table`."""
        from sbc.report.table import table

        return table(self, by, tuple(levels), interval, null, reference, rope)

    def compare(self) -> pd.DataFrame:
        """Set estimators against each other: see `sbc.report.comparison.comparison`."""
        from sbc.report.comparison import comparison

        return comparison(self)

    def gate(
        self,
        config: str | Path | None = None,
        *,
        expect: Expected | None = None,
        preset: str | None = None,
        delta: float | None = None,
        max_datasets: int | None = None,
        alpha_fail: float | None = None,
        alpha_pass: float | None = None,
        baseline: Run | str | Path | None = None,
        tolerance: float | None = None,
        json: str | Path | None = None,
        junit: str | Path | None = None,
        markdown: str | Path | None = None,
    ) -> Gate:
        """Judge it as it is; arguments, value and errors are those of `sbc.gate`."""
        given = dict(locals())
        from sbc.gates.files import publish
        from sbc.studies.question import answered, question

        gate = answered(self, question(given))
        publish(gate, json, junit, markdown)
        return gate

    def explain(self, *, fits: bool = True, progress: bool = True) -> Explanations:
        """Say what is wrong with it, and why: see `sbc.studies.explain.explain.explain`.

        Parameters
        ----------
        fits : bool
            Whether twenty datasets of each fault are fitted again.
        progress : bool
            Whether to say what is being looked at.
        """
        from sbc.gates.causes import Explanations
        from sbc.studies.explain.explain import explain
        from sbc.studies.spoken import say

        told = (lambda line: say(in_python(line))) if progress else (lambda line: None)
        return Explanations(explain(self.folder, fit_again=fits, say=told))

    @overload
    def report(
        self,
        out: str | Path | None = None,
        *,
        format: Literal["html"] = "html",
        figures: str | Path | None = None,
        beside: Iterable[Run] = (),
        field: Sequence[str] = (),
    ) -> Path: ...

    @overload
    def report(
        self,
        out: None = None,
        *,
        format: Literal["markdown"],
        figures: str | Path | None = None,
        beside: Iterable[Run] = (),
        field: Sequence[str] = (),
    ) -> str: ...

    @overload
    def report(
        self,
        out: str | Path,
        *,
        format: Literal["markdown"],
        figures: str | Path | None = None,
        beside: Iterable[Run] = (),
        field: Sequence[str] = (),
    ) -> Path: ...

    def report(
        self,
        out: str | Path | None = None,
        *,
        format: str = "html",
        figures: str | Path | None = None,
        beside: Iterable[Run] = (),
        field: Sequence[str] = (),
    ) -> Path | str:
        """Write the page, or verdicts and table as Markdown.

        Parameters
        ----------
        out : str or Path
            The file; by default ``report.html`` in the run's folder. Markdown without a file is
            given as text.
        format : {"html", "markdown"}
            Which of the two.
        figures : str or Path
            A folder: write each figure too, as SVG and PNG.
        beside : iterable of Run
            Other runs, to be shown on the same page.
        field : sequence of str
            Figures of simulation studies to add: see `sbc.report.field.KINDS`.

        Raises
        ------
        UserError
            For another format, or what cannot be written.
        """
        from sbc.studies.shown import report

        return report([self, *beside], out, format, figures, field)

    def describe(self, *, format: str = "markdown") -> str:
        """Write the methods of the study, no more than the run bears out.

        Parameters
        ----------
        format : {"markdown", "latex"}
            How it is written.

        Raises
        ------
        UserError
            For another format.
        """
        from sbc.studies.describe import describe

        return describe(self.folder, format)

    def export(self, format: str = "parquet", out: str | Path | None = None) -> list[Path]:
        """Write its rows for other tools, and say which files: see `sbc.report.export.export`.

        Parameters
        ----------
        format : {"parquet", "csv", "netcdf"}
            As what.
        out : str or Path
            The folder; by default the run's own.
        """
        from sbc.report.export import export

        return export(self, format, None if out is None else Path(out))

    def replay(
        self,
        dataset: int,
        estimator: str | None = None,
        engine: str | None = None,
        *,
        save: str | Path | None = None,
    ) -> Replay:
        """Make one fit again, and compare it with what is stored.

        Parameters
        ----------
        dataset : int
            Its number, from 0.
        estimator, engine : str
            One of the run's; the estimator need not be named in a run of one, the engine is the
            first by default.
        save : str or Path
            A file for data and posterior, all of it, as netCDF.

        Raises
        ------
        UserError
            For what is not in the run, or if a user's file is gone.
        """
        from sbc.studies.replay import replayed

        return replayed(self.folder, dataset, estimator, engine, None, save)

    def posterior(
        self, dataset: int, estimator: str | None = None, engine: str | None = None
    ) -> Posteriors:
        """Draw the posteriors of one dataset: `sbc.posterior` with the run's settings.

        Parameters
        ----------
        dataset : int
            Its number, from 0; it need not be one that the run has fitted.
        estimator, engine : str
            Which; by default all estimators, by the first engine.
        """
        from sbc.studies.api import posterior

        return posterior(estimator, dataset=dataset, run=self, engine=engine)

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

        return data_tree(self, *self.pair(estimator, engine))

    def __repr__(self) -> str:
        """Name it in a line."""
        settings = self.settings
        who = ", ".join(fitted_by(*pair) for pair in settings.pairs)
        return f"<run {self.folder}: {settings.datasets} datasets, {who}>"

    def __str__(self) -> str:
        """Write the table as a terminal shows it."""
        from sbc.report.table import render

        return in_python(render(self, width=get_terminal_size().columns))

    def _repr_html_(self) -> str:
        """Show the table in a notebook, as a terminal does."""
        from sbc.report.notebook import html

        return html(self)
