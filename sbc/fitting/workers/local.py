"""Fits on this machine: in threads where the engine bears them, else in processes."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from sbc.fitting.fit import Task
from sbc.fitting.workers import threads
from sbc.fitting.workers.processes import Processes
from sbc.fitting.workers.threads import HandOut, Profile
from sbc.plugins import registry
from sbc.store.rows import Fit


def fits(
    tasks: list[Task], engine: str, jobs: int, profile: Profile, announce: Callable[[str], None]
) -> Generator[Fit]:
    """Yield the row of each task, from whichever workers suit the engine."""
    with executor() as hand_out:
        yield from hand_out(tasks, engine, jobs, profile, announce)


@contextmanager
def executor(isolate: bool = False, timeout: float | None = None) -> Iterator[HandOut]:
    """Choose who fits; processes are kept until the end.

    Parameters
    ----------
    isolate : bool
        Whether each worker is a process whatever the engine, so that none can take the run along.
    timeout : float, optional
        Seconds after which a fit is ended. A thread cannot be, so that this needs processes too.
    """
    apart = Processes(math.inf if timeout is None else timeout)

    def hand_out(
        tasks: list[Task], engine: str, jobs: int, profile: Profile, announce: Callable[[str], None]
    ) -> Generator[Fit]:
        by_threads = registry.engine(engine).backend == "threading"
        by_threads = by_threads and not isolate and timeout is None
        return (threads if by_threads else apart).fits(tasks, engine, jobs, profile, announce)

    try:
        yield hand_out
    finally:
        apart.close()
