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
from sbc.plugins import live, registry
from sbc.plugins.errors import UserError
from sbc.store.rows import Fit


def main(descriptor: int, parent: int) -> None:
    """Serve whoever holds the pipe's other end until it is closed."""
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who ends this one
    connection = Connection(descriptor)

    @contextmanager
    def while_compiling() -> Iterator[None]:
        began = time.perf_counter()
        connection.send(("compiling", None))
        try:
            yield
        finally:
            connection.send(("compiled", time.perf_counter() - began))

    compiled.watch(while_compiling)
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
        return "mistake", str(mistake)
    except Exception:
        pass
    return "row", fit.fit(task)


def _described(task: Task) -> Fit:
    try:
        return fit.described(task)
    except Exception:  # the dataset cannot be drawn; the row says already why the fit failed
        return fit.blank(task)
