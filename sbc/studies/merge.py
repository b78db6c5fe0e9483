"""Join the parts of one run, each fitted by itself, into the run that they are parts of."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from sbc.plugins.errors import UserError, option
from sbc.store.database import OR_FILL_IN, Store
from sbc.store.folder import RunFile, make_folder, publish_run, read_run, refuse_imported
from sbc.store.replaced import replaced
from sbc.store.rows import CELL
from sbc.store.schema import RESULTS_FILE, SCHEMA, reading
from sbc.store.settings import Settings
from sbc.store.shard import Shard
from sbc.studies.sweep.read import EXPECTED, plan_of

_TABLES = ("dataset", "fit", "result", "thinned")
#: Numbers of the datasets of each estimator.
Numbers = dict[str, list[range]]
#: What bits depend on beside the settings, by its name in ``run.json``.
_VERSIONS = ("sbc", "commit", "python", "packages", "files")
_OF_THE_WHOLE = {"settings", "regime", "expected_uniform", "estimands", "sweep", EXPECTED}


def merge(
    folders: list[Path],
    out: Path,
    allow_gaps: bool = False,
    allow_versions: bool = False,
    overwrite: bool = False,
) -> int:
    """Write one run folder out of several that share no fit.

    Parameters
    ----------
    folders : list of Path
        Shards of one run, or any runs of the same settings.
    out : Path
        The folder to make.
    allow_gaps : bool
        Whether fits may be missing; the merged run can be resumed like any that was stopped.
    allow_versions : bool
        Whether the parts may come from different versions of sbc, of packages or of model files.
    overwrite : bool
        Whether a run that `out` holds gives way to the new one, once that is there.

    Returns
    -------
    int
        How many fits are missing.

    Raises
    ------
    UserError
        If a folder is no run, settings or versions differ, two folders hold the same fit, or one
        is missing.
    """
    if not folders:
        raise UserError("name what to merge: a folder at least")
    runs = [read_run(folder) for folder in folders]
    for folder, run in zip(folders, runs, strict=True):
        refuse_imported(folder, run)
    for folder, run in zip(folders[1:], runs[1:], strict=True):
        _check_same(folders[0], runs[0], folder, run, allow_versions)
    settings = runs[0].settings
    numbers = _numbers(folders[0], runs[0], settings)
    if not allow_gaps:
        for folder, run in zip(folders, runs, strict=True):
            _check_finished(folder, run.shard, settings, numbers)
    with replaced(out, overwrite):
        make_folder(out)
        try:
            with Store.create(out, _merged(folders, runs), published=False) as store:
                for i, folder in enumerate(folders):
                    _add(store, folder, folders[:i], settings, numbers)
                missing = _missing(store, settings, numbers, allow_gaps)
            publish_run(out)  # last: what a kill leaves is no run
            return missing
        except BaseException:
            shutil.rmtree(out)  # it was empty or not there: all that is in it is ours
            raise


def _numbers(folder: Path, run: RunFile, settings: Settings) -> Numbers:
    """Say which numbers of datasets each estimator has in the whole run: of a sweep, cell by cell.

    Raises
    ------
    UserError
        If it is a sweep, and damaged.
    """
    if not run.is_sweep:
        return {name: [range(settings.datasets)] for name in settings.estimators}
    planned = plan_of(folder, run).datasets
    return {
        name: [range(cell * CELL, cell * CELL + n) for cell, n in enumerate(counts)]
        for name, counts in planned.items()
    }


def _check_same(
    first: Path, run: RunFile, folder: Path, other: dict[str, Any], allow_versions: bool
) -> None:
    mine, its = (r["settings"] | r.get("sweep", {}) for r in (run, other))
    for name in {**mine, **its}:
        if mine.get(name) != its.get(name):
            raise UserError(
                f"{folder} was made with {name} = {json.dumps(its.get(name))}, {first} with "
                f"{json.dumps(mine.get(name))}; parts of one run have the same settings"
            )
    if allow_versions:
        return
    wanted, was = _versions(run), _versions(other)
    differing = [n for n in {**wanted, **was} if was.get(n) != wanted.get(n)]
    if differing:
        told = ", ".join(f"{n} {was.get(n)} and not {wanted.get(n)}" for n in differing)
        raise UserError(
            f"{folder} was made with {told}, as {first} was; merge them anyway with "
            + option("allow_versions")
        )


def _versions(run: Mapping[str, Any]) -> dict[str, Any]:
    """List the versions of all that a run was made with, each by its name."""
    found: dict[str, Any] = {}
    for name in _VERSIONS:
        value = run.get(name)
        found |= value if isinstance(value, dict) else {name: value}
    return found


def _check_finished(folder: Path, part: Shard, settings: Settings, numbers: Numbers) -> None:
    with Store.open(folder) as store:
        found = _count(store)
    wanted = sum(
        (k in part) * len(settings.engines_of(name))
        for name, ranges in numbers.items()
        for k in chain(*ranges)
    )
    if part.of > 1 and found < wanted:
        raise UserError(
            f"{folder} is not finished: {found} of {wanted} fits are done; {option('resume')} it, "
            f"or merge what there is with {option('allow_gaps')}"
        )


def _merged(folders: list[Path], runs: list[RunFile]) -> dict[str, Any]:
    """Describe the whole, and in it where each part comes from."""
    parts = [
        {"folder": str(folder)} | {n: v for n, v in run.items() if n not in _OF_THE_WHOLE}
        for folder, run in zip(folders, runs, strict=True)
    ]
    whole = {name: value for name, value in runs[0].items() if name not in ("shard", "merged")}
    return whole | {"command": sys.argv, "merged": parts}


def _add(
    store: Store, folder: Path, before: list[Path], settings: Settings, numbers: Numbers
) -> None:
    with Store.open(folder) as part:  # refuses what is damaged
        _check_rows(part, settings, numbers)
    run = store.connection
    with _attached(run, folder / RESULTS_FILE):
        with reading(folder / RESULTS_FILE):
            twice = run.execute(
                "SELECT k, estimator, engine FROM part.fit JOIN main.fit "
                "USING (k, estimator, engine) ORDER BY k LIMIT 1"
            ).fetchone()
            differs = run.execute(
                "SELECT k FROM part.dataset AS a JOIN main.dataset AS b USING (k, source) "
                "WHERE a.stream != b.stream OR a.truth != '{}' AND b.truth != '{}' "
                "AND (a.truth != b.truth OR a.features != b.features) LIMIT 1"
            ).fetchone()
        if twice:
            other = next(f for f in before if _holds(f, twice))
            raise UserError(f"{other} and {folder} both hold dataset {twice[0]} of '{twice[1]}'")
        if differs:
            raise UserError(f"{folder} has another dataset {differs[0]} than the folders before it")
        try:
            old = run.execute("PRAGMA part.user_version").fetchone()[0] < SCHEMA
            for table in _TABLES if old else (*_TABLES, "shortest"):
                columns = ", ".join(row[1] for row in run.execute(f"PRAGMA table_info({table})"))
                again = OR_FILL_IN if table == "dataset" else ""
                run.execute(
                    f"INSERT INTO main.{table} ({columns}) "
                    f"SELECT {columns} FROM part.{table} WHERE true ORDER BY k {again}"
                )
            run.commit()
        except sqlite3.DatabaseError as problem:
            raise UserError(f"{folder} cannot be merged: {problem}") from problem


@contextmanager
def _attached(run: sqlite3.Connection, file: Path) -> Iterator[None]:
    with reading(file):
        run.execute("ATTACH ? AS part", (f"{file.resolve().as_uri()}?mode=ro",))
    try:
        yield
    finally:
        run.rollback()
        run.execute("DETACH part")


def _check_rows(part: Store, settings: Settings, numbers: Numbers) -> None:
    """Refuse fits that are not of this run."""
    file = part.folder / RESULTS_FILE
    query = (
        "SELECT estimator, engine, min(k), max(k) FROM fit "
        f"GROUP BY estimator, engine, k / {CELL}, k < 0"
    )
    for estimator, engine, low, high in part.rows(query):
        mine = (estimator, engine) in settings.pairs
        planned = numbers.get(estimator, []) if mine else []
        if not any(low in one and high in one for one in planned):
            raise UserError(f"{file} is damaged: it holds fits that are not of its run")


def _holds(folder: Path, key: tuple[Any, ...]) -> bool:
    with Store.open(folder) as store:
        query = "SELECT 1 FROM fit WHERE k = ? AND estimator = ? AND engine = ?"
        return bool(list(store.rows(query, key)))


def _count(store: Store) -> int:
    return next(store.rows("SELECT count(*) FROM fit"))[0]


def _missing(store: Store, settings: Settings, numbers: Numbers, allow_gaps: bool) -> int:
    wanted = sum(len(one) for name, _ in settings.pairs for one in numbers.get(name, []))
    missing = wanted - _count(store)
    if missing and not allow_gaps:
        done = store.done()
        first = min(
            k
            for name, ranges in numbers.items()
            for k in chain(*ranges)
            if any((k, name, engine) not in done for engine in settings.engines_of(name))
        )
        raise UserError(
            f"{missing} of {wanted} fits are missing, the first of dataset {first}; add the folder "
            f"that holds them, or leave gaps with {option('allow_gaps')}"
        )
    return missing
