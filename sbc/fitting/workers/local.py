"""Fits on this machine: in threads where the engine bears them, else in processes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial

from sbc.fitting.fit import Task
from sbc.fitting.workers import processes
from sbc.fitting.workers import threads as workers
from sbc.fitting.workers.threads import HandOut, Profile
from sbc.plugins import registry
from sbc.store.rows import Fit


def fits(
    tasks: list[Task], engine: str, jobs: int, profile: Profile, announce: Callable[[str], None]
) -> Generator[Fit]:
    """Yield the row of each task, from whichever workers suit the engine."""
    threads = registry.engine(engine).backend == "threading"
    return (workers if threads else processes).fits(tasks, engine, jobs, profile, announce)


def executor(isolate: bool = False, timeout: float | None = None) -> HandOut:
    """Choose who fits.

    Parameters
    ----------
    isolate : bool
        Whether each worker is a process whatever the engine, so that none can take the run along.
    timeout : float, optional
        Seconds after which a fit is ended. A thread cannot be, so that this needs processes too.
    """
    if timeout is not None:
        return partial(processes.fits, timeout=timeout)
    return processes.fits if isolate else fits
