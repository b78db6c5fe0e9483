"""The tables of a run's database, and connections that are sure of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sbc.plugins.errors import UserError

SCHEMA = 4
#: Schemata that are read: the one before has no table of shortest intervals.
READ = (3, SCHEMA)
RESULTS_FILE = "results.sqlite"
#: Seconds to wait for somebody else who has the file locked.
PATIENCE = 30.0
# Long rows go to tables with a rowid; without one, each of them would spill into a page of its own.
# In a strict table every value has its column's type, which is checked when the file is opened.
TABLES = """
CREATE TABLE dataset (
    k INTEGER NOT NULL, source TEXT NOT NULL, truth TEXT NOT NULL, features TEXT NOT NULL,
    stream TEXT NOT NULL,
    PRIMARY KEY (k, source)
) STRICT;
CREATE TABLE fit (
    k INTEGER, estimator TEXT, engine TEXT, status TEXT NOT NULL, error TEXT NOT NULL,
    attempt INTEGER NOT NULL, divergences INTEGER NOT NULL, steps INTEGER NOT NULL,
    seconds REAL NOT NULL, seed INTEGER NOT NULL, chains INTEGER NOT NULL, draws INTEGER NOT NULL,
    pareto_k REAL, elbo_drift REAL,
    PRIMARY KEY (k, estimator, engine)
) STRICT, WITHOUT ROWID;
CREATE TABLE result (
    k INTEGER, estimator TEXT, engine TEXT, quantity TEXT,
    truth REAL, mean REAL, sd REAL,
    q025 REAL, q05 REAL, q10 REAL, q25 REAL, q50 REAL, q75 REAL, q90 REAL, q95 REAL, q975 REAL,
    crps REAL, ess_bulk REAL, ess_tail REAL, rhat REAL,
    rank INTEGER NOT NULL, ties INTEGER NOT NULL, size INTEGER NOT NULL, jitter REAL,
    PRIMARY KEY (k, estimator, engine, quantity)
) STRICT, WITHOUT ROWID;
CREATE TABLE thinned (
    k INTEGER NOT NULL, estimator TEXT NOT NULL, engine TEXT NOT NULL, quantity TEXT NOT NULL,
    size INTEGER NOT NULL, draws BLOB NOT NULL,
    PRIMARY KEY (k, estimator, engine, quantity)
) STRICT;
"""
#: Came with schema 4, so that older runs are all but this.
SHORTEST = """
CREATE TABLE shortest (
    k INTEGER, estimator TEXT, engine TEXT, quantity TEXT,
    hdi50_low REAL, hdi50_high REAL, hdi80_low REAL, hdi80_high REAL,
    hdi90_low REAL, hdi90_high REAL, hdi95_low REAL, hdi95_high REAL,
    PRIMARY KEY (k, estimator, engine, quantity)
) STRICT, WITHOUT ROWID;
"""
#: Each table as SQLite writes it down.
_SCHEMA = {
    statement.split()[2]: statement
    for text in (TABLES + SHORTEST).split(";")
    if (statement := text.strip())
}


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Tell a damaged file in one line."""
    with using(file, "read"):
        yield


@contextmanager
def using(file: Path, how: str) -> Iterator[None]:
    """Tell what goes wrong with a database in one line; `how` is what was tried: ``read``."""
    try:
        yield
    except sqlite3.IntegrityError as problem:
        hint = "is another process writing to this run?"
        raise UserError(f"{file} cannot be {how}: {problem}; {hint}") from problem
    except (sqlite3.DatabaseError, UnicodeDecodeError) as problem:
        raise UserError(f"{file} cannot be {how}: {problem}") from problem


def check_tables(file: Path, connection: sqlite3.Connection) -> None:
    """Refuse a database of another schema, or with tables that sbc does not write."""
    with reading(file):
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        # What stands there is compared and never run: a view or a trigger could compute for ever.
        found = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql NOTNULL"))
        if found and version not in READ:
            raise UserError(
                f"{file} has schema {version}; this version of sbc reads {SCHEMA} and {READ[0]}"
            )
        for name, text in _SCHEMA.items():
            if name == "shortest" and version in READ[:-1]:
                continue
            if found.pop(name, None) != text:
                raise UserError(f"{file} is damaged: its table '{name}' is missing or another one")
        if found:
            raise UserError(f"{file} is damaged: sbc made no '{next(iter(found))}' in it")
        # Rows would be missing without a word; this costs a tenth of a second for 10,000 fits.
        health = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if health != "ok":
        raise UserError(f"{file} is damaged: {' '.join(health.split())}")


def keeps_shortest(connection: sqlite3.Connection) -> bool:
    """Say whether a database has the table of shortest intervals."""
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA)


def upgrade(file: Path, connection: sqlite3.Connection) -> None:
    """Give an older database the tables that it lacks; its rows stay as they are."""
    if not keeps_shortest(connection):
        with using(file, "written"):
            connection.executescript(f"BEGIN; {SHORTEST} PRAGMA user_version = {SCHEMA}; COMMIT;")


def connect(file: Path, mode: str) -> sqlite3.Connection:
    """Open a database, in a mode as SQLite's addresses have it: ``ro``, ``rw`` or ``rwc``."""
    if mode != "ro" and file.is_symlink():
        raise UserError(f"{file} is a link to another file; sbc writes to none that a link names")
    with using(file, "read" if mode == "ro" else "written"):
        address = f"{file.resolve().as_uri()}?mode={mode}"
        connection = sqlite3.connect(address, uri=True, check_same_thread=False, timeout=PATIENCE)
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            if mode != "ro":
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection
