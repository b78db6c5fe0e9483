"""A sweep as the ordinary runs that its cells are; nothing here samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from sbc.plugins.errors import UserError, option
from sbc.report.targets import ELEMENT, Subject, subjects_of
from sbc.store.folder import RUN_FILE, RunFile, read_run
from sbc.store.frames import Run, read_rows, undamaged
from sbc.store.rows import CELL
from sbc.store.settings import Settings
from sbc.studies.sweep.grid import Cell
from sbc.studies.sweep.plan import Plan

#: Where ``run.json`` lists, cell by cell, the estimators whose ranks are expected to be uniform.
EXPECTED = "expected_in_cells"


@dataclass(frozen=True)
class Sweep:
    """A sweep, read into memory.

    Attributes
    ----------
    folder : Path
        Where it was read from.
    provenance : RunFile
        The contents of ``run.json``.
    settings : Settings
        What all cells share.
    plan : Plan
        The grid and what is asked of it.
    runs : list of Run
        One a cell, in the order of their numbers, each with datasets 0, 1, …
    """

    folder: Path
    provenance: RunFile
    settings: Settings
    plan: Plan
    runs: list[Run]

    @property
    def cells(self) -> list[Cell]:
        """Levels of each cell's factors."""
        return self.plan.grid.cells

    @property
    def of_each_truth(self) -> list[Run]:
        """The first cell of each truth regime."""
        return list({run.settings.truth: run for run in reversed(self.runs)}.values())[::-1]

    @cached_property
    def fits(self) -> pd.DataFrame:
        """All fits; those that cells have in common once, of the first cell that has them."""
        first = {name: self.plan.grid.first_alike(name) for name in self.settings.estimators}
        frames = [
            run.fits.assign(alike=[first[name][run.cell] for name in run.fits["estimator"]])
            for run in self.runs
        ]
        whole = pd.concat([frame for frame in frames if len(frame)] or frames[:1])
        once = whole.drop_duplicates(["alike", "dataset", "estimator", "engine"])
        return once.drop(columns="alike")

    @cached_property
    def subjects(self) -> list[tuple[int, Subject]]:
        """What each cell is judged by, with its number: scalars, and vectors as a whole."""
        return [
            (run.cell, subject)
            for run in self.runs
            for subject in subjects_of(run)
            if subject.kind != ELEMENT
        ]

    def subjects_in(self, cell: int) -> list[Subject]:
        """List what one cell is judged by."""
        return [subject for number, subject in self.subjects if number == cell]


def is_sweep(folder: Path) -> bool:
    """Say whether a folder holds a sweep, and not an ordinary run."""
    return read_run(folder).is_sweep


def plan_of(folder: Path, provenance: RunFile) -> Plan:
    """Read the plan of a sweep out of its ``run.json``.

    Raises
    ------
    UserError
        If it is an ordinary run, or damaged.
    """
    if not provenance.is_sweep:
        raise UserError(f"{folder} is a run and no sweep")
    try:
        return Plan.from_json(provenance["sweep"], provenance.settings)
    except (ValueError, LookupError, TypeError, AttributeError, UserError) as problem:
        raise UserError(f"{folder / RUN_FILE} is damaged: {problem}") from problem


def settings_in(folder: Path, provenance: RunFile, cell: int | None) -> Settings:
    """Give the settings of a run, or of the ordinary run that a cell of a sweep is.

    Raises
    ------
    UserError
        If there is no such cell, or none is named where there are several.
    """
    if not provenance.is_sweep:
        if cell is not None:
            raise UserError(f"{folder} is a run and no sweep; it has no cells")
        return provenance.settings
    grid = plan_of(folder, provenance).grid
    last = len(grid.cells) - 1
    if cell is None or not 0 <= cell <= last:
        raise UserError(f"{folder} is a sweep; name one of its cells, {option('cell')} 0 to {last}")
    return grid.settings(provenance.settings, cell)


def load_sweep(folder: str | Path) -> Sweep:
    """Read a sweep, finished or not.

    Raises
    ------
    UserError
        If the folder is no sweep, or damaged.
    """
    folder = Path(folder)
    provenance = read_run(folder)
    plan = plan_of(folder, provenance)
    settings = provenance.settings
    fits, results = read_rows(folder)
    runs = [
        Run(
            folder,
            _provenance(folder, provenance, cell),
            plan.grid.labelled(settings, cell),
            _of_cell(fits, cell),
            _of_cell(results, cell),
            cell,
        )
        for cell in range(len(plan.grid.cells))
    ]
    return Sweep(folder, provenance, settings, plan, runs)


def _provenance(folder: Path, whole: RunFile, cell: int) -> RunFile:
    """Say of one cell whose ranks are expected to be uniform, where that is not so of all alike."""
    if EXPECTED not in whole:
        return whole
    with undamaged(folder / RUN_FILE):
        return RunFile(whole | {"expected_uniform": [str(name) for name in whole[EXPECTED][cell]]})


def _of_cell(frame: pd.DataFrame, cell: int) -> pd.DataFrame:
    """Take the rows of a cell, which stand together."""
    first = cell * CELL
    low, high = frame["dataset"].searchsorted([first, first + CELL])
    mine = frame.iloc[low:high]
    return mine.assign(dataset=mine["dataset"] - first)
