"""The run's folder and its ``run.json``, which says what the run is."""

from __future__ import annotations

import json
import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from sbc.plugins.errors import UserError, option
from sbc.store.lock import LOCK_FILE, Lock
from sbc.store.precision import Precision
from sbc.store.settings import Settings
from sbc.store.shard import Shard

RUN_FILE = "run.json"
PARTIAL = f"{RUN_FILE}.partial"


def make_folder(folder: Path) -> None:
    """Make the folder of a new run, or take an empty one.

    Raises
    ------
    UserError
        If it exists and is not empty, or cannot be made.
    """
    try:
        _clear_unmade(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            hint = ""
            if (folder / RUN_FILE).exists():
                hint = f", or continue that run: {option('resume', folder)}"
            raise UserError(f"{folder} exists already; name another folder{hint}")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UserError(f"cannot write to {folder}: {problem.strerror}") from problem


def _clear_unmade(folder: Path) -> None:
    """Remove what a process left that was killed while it made a run, before the first fit."""
    if not (folder / PARTIAL).is_file() or (folder / RUN_FILE).exists():
        return
    names = {
        PARTIAL,
        LOCK_FILE,
        *(f"results.sqlite{end}" for end in ("", "-wal", "-shm", "-journal")),
    }
    lock = Lock(folder)
    if {file.name for file in folder.iterdir()} <= names:
        for name in names - {LOCK_FILE}:
            (folder / name).unlink(missing_ok=True)
    lock.release()


def write_run(folder: Path, run: dict[str, Any]) -> None:
    """Write ``run.json`` whole or not at all.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    draft_run(folder, run)
    publish_run(folder)


def draft_run(folder: Path, run: dict[str, Any]) -> None:
    """Write what is to be ``run.json`` under another name."""
    with _writing(folder):
        (folder / PARTIAL).unlink(missing_ok=True)  # a stranger's folder may have a link there
        (folder / PARTIAL).write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")


def publish_run(folder: Path) -> None:
    """Make the draft ``run.json``: from now on the folder is a run."""
    with _writing(folder):
        (folder / PARTIAL).replace(folder / RUN_FILE)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise UserError(f"cannot write to {folder}: {problem.strerror}") from problem


class RunFile(dict[str, Any]):
    """What ``run.json`` says: its entries, and those that sbc itself goes by as what they are.

    Old runs lack some of them. None is asked of the generator anew, whose file the run folder of a
    stranger may name, and which would be run.
    """

    @cached_property
    def settings(self) -> Settings:
        """The settings; of a sweep, those that all its cells share."""
        return Settings.from_json(self["settings"])

    @property
    def is_sweep(self) -> bool:
        """Whether this is a sweep, and no single run."""
        return "sweep" in self

    @property
    def shard(self) -> Shard:
        """Which part of its plan this is."""
        return Shard.of_run(self)

    @property
    def expected_uniform(self) -> list[str]:
        """Estimators whose ranks are expected to be uniform."""
        return list(self.get("expected_uniform", []))

    @property
    def regimes(self) -> list[str]:
        """Truth regimes of its generator."""
        return list(self.get("regimes", [self.settings.truth]))

    @property
    def estimands(self) -> dict[str, list[str]]:
        """What each estimator estimates."""
        return dict(self.get("estimands", {}))

    @property
    def lines(self) -> dict[str, list[str]] | None:
        """What a reader should know of each estimator; None if nobody wrote it down."""
        found: dict[str, list[str]] | None = self.get("lines")
        return found

    @property
    def files(self) -> dict[str, str]:
        """The user's files that it was made with, and their digests."""
        return dict(self.get("files", {}))

    @property
    def imported(self) -> dict[str, Any]:
        """Where its results come from, if they were made elsewhere; else nothing."""
        return dict(self.get("imported", {}))

    @property
    def precision(self) -> Precision | None:
        """The Monte Carlo errors that it goes on to reach, if any were asked for."""
        return Precision.from_json(self["precision"]) if "precision" in self else None

    @property
    def stopped(self) -> list[str]:
        """What decided on the number of datasets, if errors were asked for: a line, or none."""
        asked = self.precision
        return [] if asked is None else [asked.line(self.settings.datasets)]

    @property
    def models(self) -> dict[str, str]:
        """Models that stand in no file, and their digests."""
        return dict(self.get("models", {}))

    @property
    def resumed(self) -> list[dict[str, Any]]:
        """Versions of packages by which it was gone on with, where they were others."""
        return list(self.get("resumed", []))

    @property
    def packages(self) -> dict[str, str | None]:
        """Versions of the packages that its bits depend on."""
        return dict(self.get("packages", {}))


def read_run(folder: Path) -> RunFile:
    """Read ``run.json``.

    Raises
    ------
    UserError
        If it is not there or not what sbc wrote.
    """
    file = folder / RUN_FILE
    check_folder(folder)
    _check_size(file)
    try:
        entries = _renamed(json.loads(file.read_text(encoding="utf-8")))
        _check_kinds(entries)
        run = RunFile(entries)
        if run.settings.datasets < 0:  # read now, so that damage is told here
            raise ValueError(f"datasets cannot be {run.settings.datasets}")
    except FileNotFoundError:
        raise UserError(f"{folder} is not a run: it has no {RUN_FILE}") from None
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as problem:
        raise UserError(f"{file} is damaged: {type(problem).__name__}: {problem}") from problem
    return run


#: A run's description is a few kilobytes; that of a sweep of thousands of cells a few hundred.
_LARGEST = 64 * 2**20


def _check_size(file: Path) -> None:
    """Refuse what is no plain file, which could be read for ever, or too large to be a run's.

    Raises
    ------
    UserError
        Naming it.
    """
    try:
        found = file.stat()
    except OSError:
        return  # told when it is read
    if not stat.S_ISREG(found.st_mode):
        raise UserError(f"{file} is damaged: it is no plain file")
    if found.st_size > _LARGEST:
        raise UserError(f"{file} is damaged: {found.st_size / 2**20:.0f} MB is too large")


def refuse_sweep(folder: Path, run: RunFile) -> None:
    """Tell who takes one run that this is many.

    Raises
    ------
    UserError
        If it is a sweep.
    """
    if run.is_sweep:
        raise UserError(
            f"{folder} is a sweep and no single run: `sbc table` and `sbc report` show it, "
            f"`sbc sweep --resume {shlex.quote(str(folder))}` goes on with it"
        )


def refuse_imported(folder: Path, run: RunFile) -> None:
    """Tell who would fit, or go on, that a run's results were made elsewhere.

    Raises
    ------
    UserError
        If they were.
    """
    if run.imported:
        raise UserError(
            f"{folder} was imported: its fits were made elsewhere and cannot be added to"
        )


def _renamed(run: Any) -> Any:
    """Give what an old run says the name that it has now."""
    if isinstance(run, dict) and "owing" in run:
        run["expected_uniform"] = run.pop("owing")
    return run


def _check_kinds(run: Any) -> None:
    """Refuse what readers would stumble over.

    Raises
    ------
    TypeError
        Naming the entry.
    """
    if not isinstance(run, dict) or not isinstance(run["settings"], dict):
        raise TypeError("it holds no settings")
    estimands = run.get("estimands", {})
    if not isinstance(estimands, dict):
        raise TypeError("'estimands' is no table")
    lists = {f"estimands of {name}": names for name, names in estimands.items()}
    for name in ("packages", "files", "models", "imported"):
        if not isinstance(run.get(name, {}), dict):
            raise TypeError(f"'{name}' is no table")
    resumed = run.get("resumed", [])
    if not isinstance(resumed, list) or not all(isinstance(part, dict) for part in resumed):
        raise TypeError("'resumed' is no list of tables")
    if "precision" in run:
        Precision.from_json(run["precision"])
    lists |= {"factors": run.get("imported", {}).get("factors", [])}
    lists |= {name: run[name] for name in ("expected_uniform", "regimes", "command") if name in run}
    for name, words in lists.items():
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise TypeError(f"'{name}' is no list of names")


def check_folder(folder: Path) -> None:
    """Refuse a folder that is not there.

    Raises
    ------
    UserError
        Naming it.
    """
    if not os.path.isdir(folder):  # unlike Path.is_dir it never raises, however long the name
        raise UserError(f"no folder {folder}")
