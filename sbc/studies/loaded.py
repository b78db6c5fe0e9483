"""A run or a sweep in Python: its frames, and what the commands make of it."""

from __future__ import annotations

from pathlib import Path

from sbc.store.folder import read_run
from sbc.studies.loaded_run import LoadedRun
from sbc.studies.sweep.loaded import LoadedSweep


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
