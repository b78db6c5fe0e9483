"""A sweep as the ordinary runs that its cells are; nothing here samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from sbc.plugins.errors import UserError
from sbc.report.targets import ELEMENT, Subject, subjects_of
from sbc.store.folder import RUN_FILE, RunFile, read_run
from sbc.store.frames import Run, read_rows
from sbc.store.rows import CELL
from sbc.store.settings import Settings
from sbc.studies.sweep.plan import Plan


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
    def cells(self) -> list[dict[str, float]]:
        """Parameter values of each cell."""
        return self.plan.grid.cells

    @cached_property
    def subjects(self) -> list[tuple[int, Subject]]:
        """What each cell is judged by, with its number: scalars, and vectors as a whole."""
        return [
            (run.cell, subject)
            for run in self.runs
            for subject in subjects_of(run)
            if subject.kind != ELEMENT
        ]


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
            provenance,
            plan.grid.settings(settings, cell),
            _of_cell(fits, cell),
            _of_cell(results, cell),
            cell,
        )
        for cell in range(len(plan.grid.cells))
    ]
    return Sweep(folder, provenance, settings, plan, runs)


def _of_cell(frame: pd.DataFrame, cell: int) -> pd.DataFrame:
    first = cell * CELL
    mine = frame[(frame["dataset"] >= first) & (frame["dataset"] < first + CELL)]
    return mine.assign(dataset=mine["dataset"] - first)
