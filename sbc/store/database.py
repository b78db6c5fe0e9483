"""The run folder: ``run.json`` says what the run is, ``results.sqlite`` holds its rows.

Nothing in the folder is code or a pickle: JSON, SQLite's own types, and draws as little-endian
doubles whose number is in the row beside them.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sbc.plugins.errors import UserError
from sbc.store.folder import (
    RUN_FILE,
    check_folder,
    draft_run,
    make_folder,
    publish_run,
    read_run,
    write_run,
)
from sbc.store.lock import Lock
from sbc.store.rows import Fit
from sbc.store.schema import (
    RESULTS_FILE,
    SCHEMA,
    SHORTEST,
    TABLES,
    check_tables,
    connect,
    reading,
    upgrade,
    using,
)

#: Estimators may share a dataset; of which a fit that drew none knows no more than the number.
OR_FILL_IN = (
    "ON CONFLICT DO UPDATE SET truth = excluded.truth, features = excluded.features "
    "WHERE truth = '{}'"
)

#: Seconds after which fits are committed, at the latest with the next one.
COMMIT_EVERY = 0.5


class Store:
    """The results of one run. One process writes; any number read at the same time."""

    def __init__(
        self, folder: Path, connection: sqlite3.Connection, lock: Lock | None = None
    ) -> None:
        self.folder = folder
        self.connection = connection
        self._place = (folder / RESULTS_FILE).absolute()  # a model may change the directory
        self._opened = self._place.stat()
        self._write_lock = lock  # none for whoever only reads
        self._closed = False
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._last_commit = time.monotonic()

    @classmethod
    def create(cls, folder: Path, run: dict[str, Any], published: bool = True) -> Store:
        """Make the folder, its ``run.json`` and its empty tables.

        Parameters
        ----------
        folder : Path
            To be made, or empty.
        run : dict
            What ``run.json`` says.
        published : bool
            Whether the folder is a run from now on, and not only when `publish_run` is called.

        Raises
        ------
        UserError
            If the folder exists and is not empty, or cannot be written.
        """
        make_folder(folder)
        lock = Lock(folder)
        file = folder / RESULTS_FILE
        try:
            draft_run(folder, run)
            connection = connect(file, "rwc")
            with using(file, "written"):
                connection.executescript(
                    f"BEGIN; {TABLES} {SHORTEST} PRAGMA user_version = {SCHEMA}; COMMIT;"
                )
            if published:
                publish_run(folder)  # last: a folder with a run.json can be gone on with
        except UserError:
            lock.release()
            raise
        return cls(folder, connection, lock)

    @classmethod
    def open(cls, folder: Path, write: bool = False) -> Store:
        """Open an existing run.

        Raises
        ------
        UserError
            If the folder is not a run, or its file is damaged or of another version; or, to write,
            if another process does.
        """
        file = folder / RESULTS_FILE
        check_folder(folder)
        if not file.is_file():
            raise UserError(f"{folder} is not a run: it has no {RESULTS_FILE}")
        lock = Lock(folder) if write else None
        connection = None
        try:
            connection = connect(file, "rw" if write else "ro")
            check_tables(file, connection)
            if write:
                upgrade(file, connection)
        except UserError as mistake:
            if connection is not None:
                connection.close()
            if lock is not None:
                lock.release()
            if not write and "readonly" in str(mistake.__cause__):
                # Whoever wrote it was killed on the way: only a writer may take back what is half.
                cls.open(folder, write=True).close()
                return cls.open(folder)
            raise
        return cls(folder, connection, lock)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Commit what is pending and leave one file that is readable on any medium."""
        with self._lock:
            if self._closed:
                return
            try:
                self._commit()
                if self._write_lock is not None:
                    # A file in WAL mode cannot be read from a folder that is read-only. While
                    # somebody reads it cannot leave that mode, and stays as good.
                    with suppress(sqlite3.OperationalError):
                        self.connection.execute("PRAGMA busy_timeout = 0")
                        self.connection.execute("PRAGMA journal_mode = DELETE")
            finally:
                self._closed = True
                self.connection.close()
                if self._write_lock is not None:
                    self._write_lock.release()

    def add(self, fit: Fit) -> None:
        """Add one fit, its results and its dataset; on disk within a second.

        Raises
        ------
        UserError
            If the disk is full, or another process has added the same fit.
        """
        with self._lock, using(self.folder / RESULTS_FILE, "written"):
            run = self.connection
            if not run.in_transaction:
                run.execute("BEGIN")
            run.execute("SAVEPOINT fit")
            try:
                self._insert(fit)
            except BaseException:  # Ctrl-C too: half a fit would pass for a whole one
                if run.in_transaction:  # SQLite has undone everything itself when the disk is full
                    run.execute("ROLLBACK TO fit")
                raise
            run.execute("RELEASE fit")
            if time.monotonic() - self._last_commit > COMMIT_EVERY:
                self._commit()
            elif self._timer is None:
                # No later row may come to carry this one to disk: a long fit may follow.
                self._timer = threading.Timer(0.5, self._commit_later)
                self._timer.daemon = True
                self._timer.start()

    def _insert(self, fit: Fit) -> None:
        run = self.connection
        key = (fit.dataset, fit.estimator, fit.engine)
        error = fit.error.encode("utf-8", "backslashreplace").decode()  # SQLite takes UTF-8 alone
        run.execute(
            f"INSERT INTO dataset VALUES (?, ?, ?, ?, ?) {OR_FILL_IN}",
            (fit.dataset, fit.source, _json(fit.truth), _json(fit.features), fit.stream),
        )
        run.execute(
            f"INSERT INTO fit VALUES ({_marks(14)})",
            (
                *(*key, fit.status, error, fit.attempt, fit.divergences, fit.steps),
                *(fit.seconds, fit.seed, fit.chains, fit.draws, fit.pareto_k, fit.elbo_drift),
            ),
        )
        run.executemany(
            f"INSERT INTO result VALUES ({_marks(24)})",
            [
                (
                    *(*key, r.quantity, r.truth, r.mean, r.sd, *r.quantiles, r.crps),
                    *(r.ess_bulk, r.ess_tail, r.rhat, r.rank, r.ties, r.size, r.jitter),
                )
                for r in fit.results
            ],
        )
        run.executemany(
            f"INSERT INTO thinned VALUES ({_marks(6)})",
            [(*key, r.quantity, r.size, r.draws) for r in fit.results],
        )
        run.executemany(
            f"INSERT INTO shortest VALUES ({_marks(12)})",
            [(*key, r.quantity, *r.shortest) for r in fit.results if r.shortest],
        )

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write by one's own queries, all of them or none; errors as of `add`."""
        with self._lock, using(self.folder / RESULTS_FILE, "written"):
            self._commit()
            with self.connection as run:
                yield run

    def done(self) -> set[tuple[int, str, str]]:
        """List the fits that are there, as (dataset, estimator, engine)."""
        return set(self.rows("SELECT k, estimator, engine FROM fit"))

    def rows(self, query: str, parameters: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Run a query and yield its rows.

        Raises
        ------
        UserError
            If the file turns out to be damaged.
        """
        file = self.folder / RESULTS_FILE
        with reading(file):
            rows = self.connection.execute(query, parameters)
        while True:
            with reading(file):  # not while a caller has a row
                some = rows.fetchmany(1000)
            if not some:
                return
            yield from some

    def _commit(self) -> None:
        with self._lock, using(self.folder / RESULTS_FILE, "written"):
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if not self._closed:  # a timer may come for the lock while `close` holds it
                self.connection.commit()
                self._last_commit = time.monotonic()
                if self._write_lock is not None:
                    self._check_there()

    def _check_there(self) -> None:
        """Refuse to go on writing to a file that is in no folder any more."""
        try:
            there = os.path.samestat(self._opened, self._place.stat())
        except OSError:
            there = False
        if not there:
            raise UserError(f"{self.folder / RESULTS_FILE} is gone: somebody moved or removed it")

    def _commit_later(self) -> None:
        with suppress(UserError):  # the next row, or `close`, meets it again and tells
            self._commit()


def _json(value: Any) -> str:
    return json.dumps(value, default=lambda array: array.tolist(), allow_nan=True)


def _marks(count: int) -> str:
    return ", ".join("?" * count)


__all__ = [
    "OR_FILL_IN",
    "RESULTS_FILE",
    "RUN_FILE",
    "SCHEMA",
    "Store",
    "make_folder",
    "read_run",
    "reading",
    "write_run",
]
