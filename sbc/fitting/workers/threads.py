"""Hand fits to threads and take them back in whatever order they finish.

Each knows its fit by names and numbers.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import joblib

from sbc.fitting.fit import Task, fit, prepare
from sbc.plugins.errors import UserError
from sbc.store.rows import Fit


@dataclass
class Profile:
    """Where the wall-clock time of a run went, in seconds."""

    started: float = field(default_factory=time.perf_counter)
    compiling: dict[str, float] = field(default_factory=dict)
    fitting: float = 0.0
    total: float = 0.0
    jobs: int = 1
    importing: float = 0.0
    summing_up: float = 0.0
    reporting: float = 0.0
    anew: dict[tuple[str, str], int] = field(default_factory=dict)

    def describe(self) -> str:
        """Say where the time went: seconds of the clock, but for the fits, which overlap."""
        rows = {"imports and checks": self.importing}
        rows |= {f"compiling {name}": s for name, s in self.compiling.items()}
        rows |= {f"fits, added up over {self.jobs} workers": self.fitting}
        rows |= {"from the first compiling to the last row": self.total}
        rows |= {"table": self.summing_up, "report": self.reporting}
        lines = [f"{seconds:8.2f} s  {what}" for what, seconds in rows.items()]
        lines += [f"{n:8} ×  {name} compiled anew: {why}" for (name, why), n in self.anew.items()]
        return "\n".join(lines)

    def prepare(self, task: Task) -> None:
        """Compile a task's model and take the time."""
        began = time.perf_counter()
        prepare(task)
        self.add_compiling(task.estimator, time.perf_counter() - began)

    def add_compiling(self, estimator: str, seconds: float) -> None:
        """Take note of the time that compiling took, added up where several processes do it."""
        self.compiling[estimator] = self.compiling.get(estimator, 0.0) + seconds


#: Tasks, engine, workers, profile, announce → rows: `local.fits`, or the same on a cluster.
HandOut = Callable[[list[Task], str, int, Profile, Callable[[str], None]], Generator[Fit]]


def parallel(function: Callable[[Task], Any], tasks: list[Task], jobs: int) -> Iterator[Any]:
    """Yield what a function gives for each task, in whatever order, from so many threads."""
    threads = joblib.Parallel(
        n_jobs=jobs, backend="threading", return_as="generator_unordered", batch_size=1
    )
    rows = threads(joblib.delayed(function)(task) for task in tasks)
    try:
        for row in rows:  # noqa: UP028 - `yield from` would close the rows by itself, and loudly
            yield row
    finally:
        with warnings.catch_warnings():  # of tasks that were begun and are not wanted any more
            warnings.filterwarnings("ignore", r"\d+ tasks", UserWarning)
            rows.close()


def fits(
    tasks: list[Task], engine: str, jobs: int, profile: Profile, announce: Callable[[str], None]
) -> Generator[Fit]:
    """Yield the row of each task as soon as it is there, fitted in threads of this process.

    Models that come later are compiled meanwhile, each in its turn.

    Parameters
    ----------
    tasks : list of Task
        All of the same engine.
    engine : str
        Its name.
    jobs : int
        Workers.
    profile : Profile
        Takes the times of compiling.
    announce : callable
        Told what goes on.

    Raises
    ------
    UserError
        If a model does not fit the data.
    """
    firsts = list({task.estimator: task for task in reversed(tasks)}.values())[::-1]
    announce(f"compiling {firsts[0].estimator}")
    profile.prepare(firsts[0])
    announce("fitting")
    gate = _Gate()
    mistakes: list[UserError] = []

    def compile_ahead() -> None:
        for task in firsts[1:]:
            try:
                gate.do(profile.prepare, task)
            except UserError as mistake:
                mistakes.append(mistake)
            except Exception:  # the estimator's own fits meet it again and record it
                continue

    ahead = threading.Thread(target=compile_ahead, daemon=True)
    ahead.start()
    try:
        for row in parallel(lambda task: gate.do(fit, task), tasks, jobs):
            yield row
            if mistakes:
                break
        else:
            ahead.join()
    finally:
        gate.close()
    if mistakes:
        raise mistakes[0]


class _Gate:
    """Knows what is under way in threads, and lets nothing begin once it is closed.

    An interpreter that ends while a thread runs compiled code crashes, Ctrl-C or not.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._closed = False
        self._busy = 0

    def do(self, function: Callable[[Task], Any], task: Task) -> Any:
        """Call the function, or nothing once closed."""
        with self._changed:
            if self._closed:
                return None
            self._busy += 1
        try:
            return function(task)
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """Wait until nothing is under way, or a second Ctrl-C says not to."""
        with self._changed:
            self._closed = True
            try:
                self._changed.wait_for(lambda: self._busy == 0)
            except KeyboardInterrupt:
                atexit.register(os._exit, 130)  # and not by way of a crash
                raise
