"""What a worker of a cluster does: show what it computes with, take the user's files, fit."""

from __future__ import annotations

import platform
import tempfile
import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import sbc
from sbc.fitting import fit, origin
from sbc.fitting.fit import Task
from sbc.fitting.workers.one_core import one_core
from sbc.plugins import catalogue, live, registry
from sbc.plugins.errors import UserError
from sbc.plugins.memory import forget
from sbc.store.rows import Fit

#: Packages that a fit's bits depend on.
COMPUTING = ("stats", "plugins", "store", "engines", "fitting")


@dataclass(frozen=True)
class Batch:
    """What goes along with every batch, so that a worker may join at any time.

    Attributes
    ----------
    versions : dict of str to str
        What the sender computes with; see `versions`.
    files : dict of str to str
        The user's own files: path as the user named it, and text.
    live : dict
        What stands in no file, pickled, by kind and name.
    """

    versions: dict[str, str]
    files: dict[str, str]
    live: dict[tuple[str, str], bytes] = field(default_factory=dict)


@lru_cache
def versions() -> dict[str, str]:
    """Say what this process computes with: versions, and digests of sbc's own files.

    It is read once a process, like the code itself: a file that changes later is another one.
    """
    versions = {name: str(version) for name, version in origin.packages().items()}
    python = ".".join(platform.python_version_tuple()[:2])
    found = {"sbc": sbc.__version__, "Python": python, **versions}
    home = Path(sbc.__file__).parent
    for package in COMPUTING:
        for file in sorted((home / package).rglob("*.py")):
            found[f"sbc/{file.relative_to(home).as_posix()}"] = origin.digest(file.read_bytes())
    for package in catalogue.PACKAGES.values():
        for folder in map(Path, import_module(package).__path__):
            for file in sorted(folder.glob("*.py")):
                found[f"{package}/{file.name}"] = origin.digest(file.read_bytes())
    return found


def differences(mine: dict[str, str], its: dict[str, str]) -> list[str]:
    """Say in words where a worker's versions differ from the sender's."""
    told = []
    for name in sorted(mine.keys() | its.keys()):
        here, there = mine.get(name), its.get(name)
        if here == there:
            continue
        if "/" not in name:
            told.append(f"{name} {there} instead of {here}")
        else:
            told.append(f"no {name}" if there is None else f"another {name}")
    return told


_lock = threading.Lock()
_alone = threading.Lock()
_held: dict[str, tuple[str, int]] = {}  # path as the user named it → digest, how often it changed
_folder: list[tempfile.TemporaryDirectory[str]] = []  # at most one, removed with the process


def work(batch: Batch, tasks: list[Task]) -> list[Fit]:
    """Fit a batch, all of one engine.

    Raises
    ------
    UserError
        If this worker computes with something else than the sender, a model does not fit the data,
        or another run brought another text of the same file meanwhile.
    """
    if told := differences(batch.versions, versions()):
        raise UserError(f"a worker that joined has {'; '.join(told)}")
    held = _take(batch.files) | _know(batch.live)
    threads = registry.engine(tasks[0].engine).backend == "threading"
    # A worker may run several batches at once in threads; not every engine bears that.
    turn: AbstractContextManager[object] = nullcontext() if threads else _alone
    with turn:
        for task in {task.estimator: task for task in reversed(tasks)}.values():
            try:
                fit.prepare(task)
            except UserError:
                raise
            except Exception:  # the estimator's own fits meet it again and record it
                continue
        with one_core():
            rows = [fit.fit(task) for task in tasks]
    for path, text in held.items():
        if _held[path] != text:
            raise UserError(f"another run on this cluster brought another {path} meanwhile")
    return rows


def _know(things: dict[tuple[str, str], bytes]) -> dict[str, tuple[str, int]]:
    """Unpack what stands in no file; forget what was made of others of these names."""
    found = {}
    with _lock:
        for (kind, name), content in things.items():
            label, version = f"{kind} '{name}'", origin.digest(content)
            before, times = _held.get(label, ("", 0))
            if version != before:
                if live.unpack(kind, name, content):
                    forget()
                _held[label] = (version, times + 1)
            found[label] = _held[label]
    return found


def _take(files: dict[str, str]) -> dict[str, tuple[str, int]]:
    """Put the user's files where the registry finds them; forget models of what they were."""
    with _lock:
        for path, text in files.items():
            version = origin.digest(text.encode())
            before, times = _held.get(path, ("", 0))
            if version == before:
                continue
            if before:
                forget()
            if not _folder:
                _folder.append(tempfile.TemporaryDirectory(prefix="sbc-"))
            # A name of its own for each path, so that two files of one name keep apart.
            copy = Path(_folder[0].name) / origin.digest(path.encode()) / version / Path(path).name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text, encoding="utf-8")
            catalogue.place(path, copy)
            _held[path] = (version, times + 1)
        return {path: _held[path] for path in files}
