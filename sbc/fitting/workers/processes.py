"""Fits in processes of their own, each of which may die or be ended without harm to the others.

A process that dies, or that takes longer than it may, costs the one fit that it had: a failed row
that says what happened. A fresh process takes its place. They go on from one hand-out of fits to
the next, so that a gate, which looks batch by batch, compiles its models once a process.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Pipe
from typing import Any

from sbc.fitting.fit import Task, blank
from sbc.fitting.handed import needed
from sbc.fitting.workers.one_core import ONE_CORE
from sbc.fitting.workers.threads import Profile, parallel
from sbc.plugins import live
from sbc.plugins.errors import UserError
from sbc.store.rows import ERROR, TIMEOUT, Fit

#: Seconds that compiling a model may take beyond the fit's own, if these are limited.
COMPILING = 600.0

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from sbc.fitting.workers.process_main import main; main(int(sys.argv[2]), int(sys.argv[3]))"
)


class Processes:
    """Processes that fit, kept until they are closed.

    Parameters
    ----------
    timeout : float
        Seconds after which a fit is ended; those in which its model is compiled do not count.
    """

    def __init__(self, timeout: float = math.inf) -> None:
        self._timeout = timeout
        self._crew: _Crew | None = None

    def fits(
        self,
        tasks: list[Task],
        engine: str,
        jobs: int,
        profile: Profile,
        announce: Callable[[str], None],
    ) -> Generator[Fit]:
        """Yield the row of each task as soon as it is there.

        Parameters
        ----------
        tasks, engine, jobs, profile, announce
            As for `sbc.fitting.workers.threads.fits`.

        Raises
        ------
        UserError
            If a model does not fit the data, or processes cannot be started.
        """
        announce("fitting")
        crew = self._crew or _Crew(self._timeout)
        self._crew = crew
        try:
            yield from parallel(lambda task: crew.fit(task, profile), tasks, jobs)
        except BaseException:  # some may still be at work, for nobody
            self.close()
            raise

    def close(self) -> None:
        """End all processes, whatever they do."""
        if self._crew is not None:
            self._crew.close()
        self._crew = None


@dataclass
class _LostError(Exception):
    """A process that has not answered and never will."""

    status: str
    reason: str


class _Crew:
    """As many processes as there are threads that ask for one, each thread with its own."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._lock = threading.Lock()
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._closed = False

    def fit(self, task: Task, profile: Profile) -> Fit:
        """Have a fit made; one over which its process is lost becomes a failed row."""
        began = time.perf_counter()
        try:
            return self._ask("fit", task, profile)
        except _LostError as problem:
            lost = problem
        seconds = time.perf_counter() - began
        try:
            row = self._ask(
                "described", task, profile
            )  # whether failing goes with the truth is of interest
        except _LostError:
            row = blank(task)
        return replace(row, seconds=seconds, status=lost.status, error=lost.reason)

    def close(self) -> None:
        """End all processes, whatever they do; threads that wait for them see it."""
        with self._lock:
            self._closed = True
            for worker in self._workers:
                worker.kill()
            for worker in self._idle:  # nobody waits for these
                worker.end()

    def _ask(self, what: str, task: Task, profile: Profile) -> Fit:
        worker = self._free() or self._hire()
        try:
            answer = worker.ask(what, task, self._timeout, profile)
        except BaseException:
            with self._lock:
                self._workers.discard(worker)
            worker.end()
            raise
        self._idle.append(worker)
        return answer

    def _free(self) -> _Worker | None:
        """Give a process that has nothing to do; some may have died of that."""
        while self._idle:
            worker = self._idle.pop()
            if worker.lives():
                return worker
            with self._lock:
                self._workers.discard(worker)
            worker.end()
        return None

    def _hire(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise _LostError(ERROR, "the run was stopped")
            worker = _Worker()
            self._workers.add(worker)
        return worker


class _Worker:
    """A process that makes one fit after another; see `sbc.fitting.workers.process_main`."""

    def __init__(self) -> None:
        self._connection, theirs = Pipe()
        place = (json.dumps(sys.path), str(theirs.fileno()), str(os.getpid()))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, *place],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=os.environ | ONE_CORE,
            process_group=0,  # ended as a whole, with whatever the user's code has started
        )
        theirs.close()
        self._ready = False
        self._known: set[str] = set()  # what stands in no file and was sent
        self._killed = False

    def ask(self, what: str, task: Task, timeout: float, profile: Profile) -> Fit:
        """Send an errand and wait for what comes of it.

        Raises
        ------
        _LostError
            If the process dies over it or its time is up.
        UserError
            If the model does not fit the data, or the process cannot even start.
        """
        if not self._ready:
            self._receive()
            self._ready = True
        with suppress(OSError):  # it died while it had nothing to do: seen below
            if unknown := needed(task.settings) - self._known:
                self._connection.send(("live", live.packed(unknown)))
                self._known |= unknown
            self._connection.send((what, task))
        until = time.monotonic() + timeout
        paused: list[float] = []
        while True:
            left = None if math.isinf(timeout) else max(0.0, until - time.monotonic())
            if not self._connection.poll(left):
                raise _LostError(TIMEOUT, f"no result after {timeout:g} s")
            kind, content = self._receive()
            if kind == "row":
                return content
            if kind == "mistake":
                raise UserError(content)
            if kind == "compiling":
                until += COMPILING
            elif kind == "running":  # an endless loop is not to have the time of compiling
                paused.append(until)
                until = time.monotonic() + timeout
            elif kind == "ran":
                until = paused.pop()
            else:  # compiled: so many seconds
                until += content - COMPILING
                profile.add_compiling(task.estimator, content)

    def lives(self) -> bool:
        """Say whether it is still there."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Let the process be no more, nor its children; whoever waits for it is told."""
        if self._killed:  # its number may be another's by now
            return
        self._killed = True
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Clear away what there is of it."""
        self.kill()
        self._process.wait()
        self._connection.close()

    def _receive(self) -> tuple[str, Any]:
        try:
            return self._connection.recv()
        except (EOFError, OSError):
            words = self._last_words()
        if self._ready:
            raise _LostError(ERROR, f"WorkerDied: the process of this fit ended by {words}")
        raise UserError(f"no process to fit in can be started: it ends by {words}")

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):  # which leaves no code but that of `kill`
            self._process.wait(timeout=5)
        self.kill()
        code = self._process.wait()
        if code >= 0:
            return f"exit code {code}"
        hint = ", perhaps for want of memory" if code == -signal.SIGKILL else ""
        return f"signal {signal.Signals(-code).name}{hint}"
