"""Plan → joblib → store: fit every estimator to every dataset that is not there yet."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from itertools import chain, product
from pathlib import Path
from typing import Any

from sbc.fitting import handed, preflight
from sbc.fitting.allowed import validate
from sbc.fitting.compiled import compiled_anew
from sbc.fitting.deadline import NEVER, Deadline
from sbc.fitting.fit import Task
from sbc.fitting.limits import NO_LIMIT, Limit
from sbc.fitting.origin import check_files, check_versions, origin
from sbc.fitting.progress import bar_of
from sbc.fitting.workers import local
from sbc.fitting.workers.one_core import one_core
from sbc.fitting.workers.threads import HandOut, Profile
from sbc.plugins import live
from sbc.plugins.errors import UserError
from sbc.store.database import Store
from sbc.store.folder import (
    RUN_FILE,
    make_folder,
    read_run,
    refuse_imported,
    refuse_sweep,
    write_run,
)
from sbc.store.replaced import replaced
from sbc.store.settings import Settings
from sbc.store.shard import WHOLE, Shard

#: So many fits a worker say how long a run takes.
FIRST = 2


def create(
    settings: Settings,
    folder: Path,
    command: list[str] | None = None,
    part: Shard = WHOLE,
    tried: Settings | None = None,
    overwrite: bool = False,
    **more: Any,
) -> Store:
    """Check the settings and make the folder of the run, or of one part of it.

    Parameters
    ----------
    settings : Settings
        Of the run.
    folder : Path
        To be made.
    command : list of str, optional
        How it was asked for; by default the process's own arguments.
    part : Shard
        What of the run it will hold.
    tried : Settings, optional
        On whose data models are tried before anything is made, if not on those of `settings`.
    overwrite : bool
        Whether a run that the folder holds gives way, once the new one is there.
    **more
        What ``run.json`` says besides.

    Raises
    ------
    UserError
        If a setting is wrong or the folder cannot be used.
    """
    validate(settings)
    with replaced(folder, overwrite):
        make_folder(folder)  # whatever is wrong with it is told before PyMC is imported
        try:
            run = _described(settings, command, tried or settings) | more
        except BaseException:
            with suppress(OSError):
                folder.rmdir()
            raise
        return Store.create(folder, run if part == WHOLE else run | {"shard": str(part)})


def _described(settings: Settings, command: list[str] | None, tried: Settings) -> dict[str, Any]:
    """Try the models, and say what ``run.json`` is to; errors as of `create`."""
    estimands = preflight.estimands(tried)
    lines = {name: told for name, told in preflight.lines(tried).items() if told}
    for name, told in lines.items():
        for line in told:
            print(f"sbc: {name}: {line}", file=sys.stderr)
    run = origin(settings, command) | {"estimands": estimands, "lines": lines}
    if models := handed.identities(settings):
        run["models"] = models
    return run


def resume(
    folder: Path, settings: Settings | None = None, allow_versions: bool = False
) -> tuple[Store, Settings]:
    """Open a run to go on with it.

    Parameters
    ----------
    folder : Path
        The run.
    settings : Settings, optional
        What the caller wants; only the number of datasets may differ, and only upwards.
    allow_versions : bool
        Whether it may have been made with other versions of packages.

    Raises
    ------
    UserError
        If the folder is not a run or was made with other settings, models, data or packages.
    """
    run = read_run(folder)
    refuse_sweep(folder, run)
    refuse_imported(folder, run)
    made = run.settings
    wanted = settings or made
    made.check_same(wanted, str(folder))
    live.check_known(run, folder)
    validate(wanted)
    check_files(folder, run, wanted)
    handed.check(run, wanted, folder)
    noted = check_versions(folder, run, allow_versions)
    store = Store.open(folder, write=True)
    try:
        if wanted != made or noted:
            write_run(folder, {**run, **noted, "settings": wanted.to_json()})
    except UserError:
        store.close()
        raise
    return store, wanted


def execute(
    settings: Settings,
    store: Store,
    jobs: int,
    progress: bool = True,
    hand_out: HandOut = local.fits,
    tasks: Iterable[Task] | None = None,
    limit: Limit = NO_LIMIT,
    deadline: Deadline = NEVER,
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
    tasks : iterable of Task, optional
        The plan, if it is another than every estimator by every engine for every dataset.
    limit : Limit
        How many fits may fail.
    deadline : Deadline
        When to stop.

    Raises
    ------
    UserError
        If a model does not fit the data.
    TooManyFailuresError
        If more fits fail than the limit allows.
    TimeUpError
        If there are fits left to do when the time is up.
    """
    profile, before = Profile(jobs=jobs), compiled_anew()
    part = read_run(store.folder).shard
    if tasks is None:
        tasks = chain.from_iterable(plan(settings, engine) for engine in settings.fitters)
    mine = [task for task in tasks if task.key[0] in part]
    done = store.done()
    missing = [task for task in mine if task.key not in done]
    bar = bar_of(len(mine), len(mine) - len(missing), progress)
    failing = limit.watch(store, len(mine))
    there = len(mine) - len(missing)
    with bar, one_core():
        for engine in settings.fitters:
            todo = [task for task in missing if task.engine == engine]
            if not todo:
                continue
            with closing(hand_out(todo, engine, jobs, profile, bar.set_description)) as rows:
                for row in rows:
                    store.add(row)
                    profile.fitting += row.seconds
                    bar.update()
                    failing.see(row)
                    there += 1  # the bar counts only where it is shown
                    deadline.check(there, len(mine))
                    if progress and bar.n - bar.initial == FIRST * jobs and bar.n < bar.total:
                        bar.write(_expected(bar), file=sys.stderr)
    profile.anew = compiled_anew() - before
    profile.total = time.perf_counter() - profile.started
    return profile


def _expected(bar: Any) -> str:
    """Say how long what is left will take, by the fits that there are."""
    took, done = bar.format_dict["elapsed"], bar.n - bar.initial
    left = bar.format_interval(took / done * (bar.total - bar.n))
    return f"sbc: about {left} left for {bar.total - bar.n} fits, judging by the first {done}"


def plan(settings: Settings, engine: str) -> list[Task]:
    """List the fits of one engine, estimator by estimator."""
    mine = [name for name, by in settings.pairs if by == engine]
    pairs = product(mine, range(settings.datasets))
    return [Task(settings, estimator, engine, k) for estimator, k in pairs]


__all__ = ["RUN_FILE", "Profile", "create", "execute", "plan", "resume"]
