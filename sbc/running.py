"""Plan → joblib → store: fit every estimator to every dataset that is not there yet."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from importlib import metadata
from itertools import product
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

import sbc
from sbc import preflight
from sbc.errors import UserError
from sbc.fit import Task
from sbc.runfile import RUN_FILE, make_folder, read_run, write_run
from sbc.settings import Settings, owes_uniform, regimes_of, validate
from sbc.shard import WHOLE, Shard
from sbc.store import Store
from sbc.workers import HandOut, Profile, fits

_PACKAGES = ("pymc", "pytensor", "nutpie", "numba", "arviz", "arviz-stats", "numpy", "scipy")


def create(
    settings: Settings, folder: Path, command: list[str] | None = None, part: Shard = WHOLE
) -> Store:
    """Check the settings and make the folder of the run, or of one part of it.

    Raises
    ------
    UserError
        If a setting is wrong or the folder cannot be used.
    """
    validate(settings)
    make_folder(folder)  # whatever is wrong with it is told before PyMC is imported
    try:
        estimands = preflight.estimands(settings)
    except BaseException:
        with suppress(OSError):
            folder.rmdir()
        raise
    run = provenance(settings, command) | {"estimands": estimands}
    return Store.create(folder, run if part == WHOLE else run | {"shard": str(part)})


def resume(folder: Path, settings: Settings | None = None) -> tuple[Store, Settings]:
    """Open a run to go on with it.

    Parameters
    ----------
    folder : Path
        The run.
    settings : Settings, optional
        What the caller wants; only the number of datasets may differ, and only upwards.

    Raises
    ------
    UserError
        If the folder is not a run or was made with other settings.
    """
    run = read_run(folder)
    made = Settings.from_json(run["settings"])
    wanted = settings or made
    made.check_same(wanted, str(folder))
    validate(wanted)
    store = Store.open(folder, write=True)
    try:
        if wanted != made:
            write_run(folder, {**run, "settings": wanted.to_json()})
    except UserError:
        store.close()
        raise
    return store, wanted


def execute(
    settings: Settings,
    store: Store,
    jobs: int,
    progress: bool = True,
    hand_out: HandOut = fits,
) -> Profile:
    """Fit what is missing, streaming rows into the store as they come.

    Parameters
    ----------
    settings : Settings
        What to fit. Each fit depends on these and on its number alone.
    store : Store
        Where rows go and where the finished ones are found.
    jobs : int
        Workers.
    progress : bool
        Whether to draw a progress bar on stderr.
    hand_out : callable
        Gives the fits to workers: of this machine, or of a cluster.

    Raises
    ------
    UserError
        If a model does not fit the data.
    """
    profile = Profile(jobs=jobs)
    done = store.done()
    engines = settings.engines
    part = Shard.of_run(read_run(store.folder))
    total = part.count(settings.datasets) * len(settings.estimators) * len(engines)
    bar = tqdm(
        total=total,
        initial=len(done),
        unit="fit",
        disable=not progress,
        smoothing=0.05,
        dynamic_ncols=True,
    )
    with bar:
        for engine in engines:
            todo = [t for t in plan(settings, engine) if t.dataset in part]
            todo = [t for t in todo if _key(t) not in done]
            with closing(hand_out(todo, engine, jobs, profile, bar.set_description)) as rows:
                for row in rows:
                    store.add(row)
                    profile.fitting += row.seconds
                    bar.update()
    profile.total = time.perf_counter() - profile.started
    return profile


def plan(settings: Settings, engine: str) -> list[Task]:
    """List the fits of one engine, estimator by estimator."""
    pairs = product(settings.estimators, range(settings.datasets))
    return [Task(settings, estimator, engine, k) for estimator, k in pairs]


def _key(task: Task) -> tuple[int, str, str]:
    return (task.dataset, task.estimator, task.engine)


def provenance(settings: Settings, command: list[str] | None = None) -> dict[str, Any]:
    """Describe the run: everything needed to repeat it."""
    return {
        "sbc": sbc.__version__,
        "settings": settings.to_json(),
        "regime": settings.truth,
        "owing": [name for name in settings.estimators if owes_uniform(settings, name)],
        "regimes": regimes_of(settings),
        "command": command or sys.argv,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "packages": packages(),
        "files": {path: digest(text.encode()) for path, text in user_files(settings).items()},
        "commit": _commit(),
    }


def packages() -> dict[str, str | None]:
    """List the versions of what a fit's bits depend on."""
    return {name: _version(name) for name in _PACKAGES}


def user_files(settings: Settings) -> dict[str, str]:
    """Read the user's own files that the settings name: path as it is named, to text."""
    named = (settings.generator, *settings.estimators, *settings.engines)
    paths = {path for spec in named if (path := spec.rpartition(":")[0])}
    return {path: Path(path).read_text(encoding="utf-8") for path in sorted(paths)}


def digest(content: bytes) -> str:
    """Tell files apart by a few letters."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Give the commit of the checkout that the package runs from, if it is one."""
    try:
        found = subprocess.run(
            ["git", "-C", str(Path(sbc.__file__).parent), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None


__all__ = ["RUN_FILE", "Profile", "create", "execute", "packages", "plan", "provenance", "resume"]
