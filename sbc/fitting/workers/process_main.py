"""What a process of `processes` does: fits, one after another, told by a pipe."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

from sbc.fitting import compiled, fit
from sbc.fitting.fit import Task
from sbc.fitting.workers.orphans import die_with
from sbc.plugins import live, patience, registry
from sbc.plugins.errors import UserError
from sbc.store.rows import Fit


def main(descriptor: int, parent: int) -> None:
    """Serve whoever holds the pipe's other end until it is closed."""
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who ends this one
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # in a group of its own it is in the background
    connection = Connection(descriptor)

    clock = _Clock(connection)
    compiled.watch(clock.compiling)
    patience.on_stretch(clock.running)
    connection.send(("ready", None))
    prepared: set[tuple[str, str]] = set()
    with suppress(EOFError):
        while True:
            what, task = connection.recv()
            if what == "live":
                for (kind, name), content in task.items():
                    live.unpack(kind, name, content)
                continue
            connection.send(_answer(what, task, prepared))


class _Clock:
    """Tells the parent what does not count as a fit's time, and what does after all."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._depth = 0

    @contextmanager
    def compiling(self) -> Iterator[None]:
        """Compile a model, which is no part of the fit."""
        began = time.perf_counter()
        self._connection.send(("compiling", None))
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            self._connection.send(("compiled", time.perf_counter() - began))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the user's own code, for a model that is compiled as for any other."""
        if not self._depth:
            yield
            return
        self._connection.send(("running", None))
        try:
            yield
        finally:
            self._connection.send(("ran", None))


def _answer(what: str, task: Task, prepared: set[tuple[str, str]]) -> tuple[str, Any]:
    if what == "described":
        return "row", _described(task)
    try:
        if (task.estimator, task.engine) not in prepared:
            with compiled.while_compiling():  # imports are as slow, and no part of the fit either
                registry.engine(task.engine)
                registry.generator(task.settings.generator)
                registry.estimator(task.estimator)
            fit.prepare(task)
            prepared.add((task.estimator, task.engine))
    except UserError as mistake:
        return "mistake", mistake.neutral
    except Exception:
        pass
    return "row", fit.fit(task)


def _described(task: Task) -> Fit:
    try:
        return fit.described(task)
    except Exception:  # the dataset cannot be drawn; the row says already why the fit failed
        return fit.blank(task)
