"""Plan → joblib → store: fit every estimator to every dataset that is not there yet."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from itertools import product
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from tqdm.auto import tqdm

import sbc
from sbc import registry
from sbc.errors import UserError, unknown
from sbc.fit import Fit, Task, fit, prepare
from sbc.runfile import RUN_FILE, make_folder, read_run, write_run
from sbc.settings import SELF, Settings, owes_uniform, validate
from sbc.store import Store
from sbc.validate import check_arguments

_PACKAGES = ("pymc", "pytensor", "nutpie", "numba", "arviz", "arviz-stats", "numpy", "scipy")


@dataclass
class Profile:
    """Where the wall-clock time of a run went, in seconds."""

    started: float = field(default_factory=time.perf_counter)
    compiling: dict[str, float] = field(default_factory=dict)
    fitting: float = 0.0
    total: float = 0.0
    jobs: int = 1

    def describe(self) -> str:
        """Say where the time went, in seconds of the clock."""
        lines = [f"{name:<10} compiled in {s:6.2f} s" for name, s in self.compiling.items()]
        lines += [
            f"fits       {self.fitting:6.2f} s in {self.jobs} workers",
            f"whole run  {self.total:6.2f} s from the first import to the last row",
        ]
        return "\n".join(lines)


def create(settings: Settings, folder: Path, command: list[str] | None = None) -> Store:
    """Check the settings and make the run's folder.

    Raises
    ------
    UserError
        If a setting is wrong or the folder cannot be used.
    """
    validate(settings)
    make_folder(folder)  # whatever is wrong with it is told before PyMC is imported
    try:
        estimands = _estimands(settings)
    except BaseException:
        with suppress(OSError):
            folder.rmdir()
        raise
    return Store.create(folder, provenance(settings, command) | {"estimands": estimands})


def _estimands(settings: Settings) -> dict[str, list[str]]:
    """List what each estimator estimates, refusing those to which this world gives too little."""
    generator = registry.generator(settings.generator)
    regime = next(iter(generator.regimes)) if settings.truth == SELF else settings.truth
    try:
        drawn = generator.draw(np.random.default_rng(0), regime, **settings.parameters)
    except (MemoryError, OverflowError, ValueError) as problem:
        raise UserError(f"{generator.name} cannot draw a dataset: {problem}") from problem
    found = {}
    for name in settings.estimators:
        estimator = registry.estimator(name)
        check_arguments(estimator, generator, drawn.data)
        for estimand in estimator.estimands:
            if settings.truth != SELF and estimand not in drawn.truth:
                where = f"in the truth of '{generator.name}', as '{estimator.name}' estimates it"
                raise unknown("parameter", estimand, drawn.truth, where)
        found[name] = list(estimator.estimands)
    return found


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


def execute(settings: Settings, store: Store, jobs: int, progress: bool = True) -> Profile:
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

    Raises
    ------
    UserError
        If a model does not fit the data.
    """
    profile = Profile(jobs=jobs)
    done = store.done()
    engines = settings.engines
    total = settings.datasets * len(settings.estimators) * len(engines)
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
            todo = [t for t in plan(settings, engine) if _key(t) not in done]
            for row in _fits(todo, engine, jobs, profile, bar):
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


def _fits(tasks: list[Task], engine: str, jobs: int, profile: Profile, bar: Any) -> Iterator[Fit]:
    """Yield finished fits in whatever order they finish."""
    if not tasks:
        return
    backend = registry.engine(engine).BACKEND
    firsts = list({task.estimator: task for task in reversed(tasks)}.values())[::-1]
    mistakes: list[UserError] = []
    compiling = None
    if backend == "threading":
        compiling = _compile_ahead(firsts, profile, bar, mistakes)
    else:
        for task in firsts:
            prepare(task)
    parallel = joblib.Parallel(
        n_jobs=jobs, backend=backend, return_as="generator_unordered", batch_size=1
    )
    results = parallel(joblib.delayed(fit)(task) for task in tasks)
    try:
        for row in results:
            yield row
            if mistakes:
                break
    finally:
        results.close()
    if compiling is not None:
        compiling.join()
    if mistakes:
        raise mistakes[0]


def _compile_ahead(
    firsts: list[Task], profile: Profile, bar: Any, mistakes: list[UserError]
) -> threading.Thread:
    """Compile the first estimator now and the others while it samples, each in its turn."""
    bar.set_description(f"compiling {firsts[0].estimator}")
    _timed(firsts[0], profile)
    bar.set_description("fitting")

    def rest() -> None:
        for task in firsts[1:]:
            try:
                _timed(task, profile)
            except UserError as mistake:
                mistakes.append(mistake)
            except Exception:  # the estimator's own fits meet it again and record it
                continue

    thread = threading.Thread(target=rest, daemon=True)
    thread.start()
    return thread


def _timed(task: Task, profile: Profile) -> None:
    began = time.perf_counter()
    prepare(task)
    profile.compiling[task.estimator] = time.perf_counter() - began


def provenance(settings: Settings, command: list[str] | None = None) -> dict[str, Any]:
    """Describe the run: everything needed to repeat it."""
    return {
        "sbc": sbc.__version__,
        "settings": settings.to_json(),
        "regime": settings.truth,
        "owing": [name for name in settings.estimators if owes_uniform(settings, name)],
        "command": command or sys.argv,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "commit": _commit(),
    }


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


__all__ = ["RUN_FILE", "Profile", "create", "execute", "plan", "provenance", "resume"]
