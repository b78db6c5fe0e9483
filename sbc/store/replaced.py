"""A run that gives way to a new one in the same folder, once that is there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sbc.plugins.errors import UserError
from sbc.store.folder import read_run
from sbc.store.lock import LOCK_FILE, Lock


@contextmanager
def replaced(folder: Path, overwrite: bool) -> Iterator[None]:
    """Have a folder free while a new run is made in it; what was there comes back if none is.

    Parameters
    ----------
    folder : Path
        Of the new run.
    overwrite : bool
        Whether a run that is there is removed, with all that was written beside it. If not, this
        does nothing, and whoever makes the run refuses the folder.

    Raises
    ------
    UserError
        If the folder holds something else than a run, or another process writes it.
    """
    if not overwrite or not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        yield
        return
    read_run(folder)  # refuses what is no run: nothing else is ever removed
    place = folder.resolve()  # not a link to it
    aside = place.with_name(f"{place.name}.replaced-{os.getpid()}")
    lock = Lock(place)
    try:
        place.rename(aside)
        (aside / LOCK_FILE).unlink(missing_ok=True)
    except OSError as problem:
        raise UserError(f"cannot replace {folder}: {problem.strerror}") from problem
    finally:
        lock.release()
    try:
        yield
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        aside.rename(place)
        raise
    shutil.rmtree(aside)
