"""The run folder: ``run.json`` says what the run is, ``results.sqlite`` holds its rows.

Nothing in the folder is code or a pickle: JSON, SQLite's own types, and draws as little-endian
doubles whose number is in the row beside them.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sbc.errors import UserError
from sbc.fit import Fit
from sbc.settings import Settings

SCHEMA = 1
RUN_FILE, RESULTS_FILE = "run.json", "results.sqlite"

_TABLES = """
CREATE TABLE dataset (
    k INTEGER PRIMARY KEY, truth TEXT NOT NULL, features TEXT NOT NULL, seed TEXT NOT NULL
);
CREATE TABLE fit (
    k INTEGER, estimator TEXT, engine TEXT, status TEXT NOT NULL, error TEXT NOT NULL,
    attempt INTEGER NOT NULL, divergences INTEGER NOT NULL, steps INTEGER NOT NULL,
    seconds REAL NOT NULL, seed INTEGER NOT NULL, chains INTEGER NOT NULL, draws INTEGER NOT NULL,
    PRIMARY KEY (k, estimator, engine)
) WITHOUT ROWID;
CREATE TABLE result (
    k INTEGER, estimator TEXT, engine TEXT, quantity TEXT,
    truth REAL, mean REAL, sd REAL,
    q025 REAL, q05 REAL, q10 REAL, q25 REAL, q50 REAL, q75 REAL, q90 REAL, q95 REAL, q975 REAL,
    crps REAL, ess_bulk REAL, ess_tail REAL, rhat REAL,
    rank INTEGER, ties INTEGER, size INTEGER, jitter REAL,
    PRIMARY KEY (k, estimator, engine, quantity)
) WITHOUT ROWID;
CREATE TABLE thinned (
    k INTEGER, estimator TEXT, engine TEXT, quantity TEXT, size INTEGER, draws BLOB,
    PRIMARY KEY (k, estimator, engine, quantity)
) WITHOUT ROWID;
"""


class Store:
    """The results of one run. One process writes; any number read at the same time."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self.connection = connection
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._last_commit = time.monotonic()

    @classmethod
    def create(cls, folder: Path, run: dict[str, Any]) -> Store:
        """Make the folder, its ``run.json`` and its empty tables.

        Raises
        ------
        UserError
            If the folder exists and is not empty, or cannot be written.
        """
        try:
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise UserError(
                    f"{folder} exists already; name another folder, "
                    f"or go on with that run: --resume {folder}"
                )
            folder.mkdir(parents=True, exist_ok=True)
            write_run(folder, run)
        except OSError as problem:
            raise UserError(f"cannot write to {folder}: {problem.strerror}") from problem
        connection = _connect(folder / RESULTS_FILE, "rwc")
        connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;")
        return cls(folder, connection)

    @classmethod
    def open(cls, folder: Path, write: bool = False) -> Store:
        """Open an existing run.

        Raises
        ------
        UserError
            If the folder is not a run, or its file is damaged or of another version.
        """
        file = folder / RESULTS_FILE
        if not folder.is_dir():
            raise UserError(f"no folder {folder}")
        if not file.is_file():
            raise UserError(f"{folder} is not a run: it has no {RESULTS_FILE}")
        connection = _connect(file, "rw" if write else "ro")
        with reading(file):
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            tables = {r[0] for r in connection.execute("SELECT name FROM sqlite_master")}
        if version != SCHEMA:
            raise UserError(f"{file} has schema {version}; this version of sbc reads {SCHEMA}")
        missing = {"dataset", "fit", "result", "thinned"} - tables
        if missing:
            raise UserError(f"{file} is damaged: no table {', '.join(sorted(missing))}")
        return cls(folder, connection)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Commit what is pending and close the file."""
        self._commit()
        self.connection.close()

    def add(self, fit: Fit) -> None:
        """Add one fit, its results and its dataset; on disk within a second."""
        key = (fit.dataset, fit.estimator, fit.engine)
        with self._lock:
            run = self.connection
            run.execute(
                "INSERT OR IGNORE INTO dataset VALUES (?, ?, ?, ?)",
                (fit.dataset, _json(fit.truth), _json(fit.features), fit.stream),
            )
            run.execute(
                f"INSERT INTO fit VALUES ({_marks(12)})",
                (
                    *(*key, fit.status, fit.error, fit.attempt, fit.divergences, fit.steps),
                    *(fit.seconds, fit.seed, fit.chains, fit.draws),
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
        if time.monotonic() - self._last_commit > 0.5:
            self._commit()
        elif self._timer is None:
            # No later row may come to carry this one to disk: a long fit may follow.
            self._timer = threading.Timer(0.5, self._commit)
            self._timer.daemon = True
            self._timer.start()

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
        with reading(self.folder / RESULTS_FILE):
            yield from self.connection.execute(query, parameters)

    def _commit(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self.connection.commit()
            self._last_commit = time.monotonic()


def write_run(folder: Path, run: dict[str, Any]) -> None:
    """Write ``run.json`` whole or not at all."""
    partial = folder / f"{RUN_FILE}.partial"
    partial.write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")
    partial.replace(folder / RUN_FILE)


def read_run(folder: Path) -> dict[str, Any]:
    """Read ``run.json``.

    Raises
    ------
    UserError
        If it is not there or not what sbc wrote.
    """
    file = folder / RUN_FILE
    if not folder.is_dir():
        raise UserError(f"no folder {folder}")
    try:
        run = json.loads(file.read_text(encoding="utf-8"))
        Settings.from_json(run["settings"])
    except FileNotFoundError:
        raise UserError(f"{folder} is not a run: it has no {RUN_FILE}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise UserError(f"{file} is damaged: {type(problem).__name__}: {problem}") from problem
    return run


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Tell a damaged file in one line."""
    try:
        yield
    except sqlite3.DatabaseError as problem:
        raise UserError(f"{file} cannot be read: {problem}") from problem


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    with reading(file):
        connection = sqlite3.connect(
            f"{file.resolve().as_uri()}?mode={mode}", uri=True, check_same_thread=False
        )
        if mode != "ro":
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        return connection


def _json(value: Any) -> str:
    return json.dumps(value, default=lambda array: array.tolist(), allow_nan=True)


def _marks(count: int) -> str:
    return ", ".join("?" * count)
