"""A run as the command line or Python asks for it: its settings, and who makes its fits."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sbc.fitting.allowed import validate
from sbc.fitting.deadline import NEVER, Deadline
from sbc.fitting.limits import NO_LIMIT, Limit
from sbc.fitting.options import settings_over
from sbc.plugins import live
from sbc.plugins.errors import UserError, option
from sbc.store.settings import Settings
from sbc.store.shard import WHOLE, Shard

if TYPE_CHECKING:
    from sbc.fitting.workers.threads import HandOut


def settings_asked(wanted: Mapping[str, Any], resume: Path | None) -> Settings:
    """Take each setting from what is wanted, else from the run resumed, else the default.

    Parameters
    ----------
    wanted : mapping
        As for `sbc.fitting.options.settings_over`.
    resume : Path, optional
        The run's folder.

    Raises
    ------
    UserError
        For settings that cannot be, or are not those of the run; or if there is no such run.
    """
    base = None if resume is None else _resumed(resume)
    settings = settings_over(base, wanted)
    if base is not None:
        base.check_same(settings, str(resume))
    validate(settings)
    return settings


def _resumed(folder: Path) -> Settings:
    from sbc.store.database import Store, read_run
    from sbc.store.folder import refuse_imported

    run = read_run(folder)
    refuse_imported(folder, run)
    live.check_known(run, folder)
    Store.open(folder).close()
    return run.settings


def jobs_of(jobs: int | None) -> int:
    """Read how many workers fit; one a core if nobody says.

    Raises
    ------
    UserError
        Unless it is a whole number of at least 1.
    """
    if jobs is None:
        return os.cpu_count() or 1
    try:
        number = operator.index(jobs)
    except TypeError:
        raise UserError(f"{option('jobs')} takes a whole number, not {jobs!r}") from None
    if number < 1:
        raise UserError(f"{option('jobs')} must be at least 1, not {number}")
    return number


def check_folder(
    out: str | Path | None,
    resume: str | Path | None,
    allow_versions: bool,
    overwrite: bool = False,
    reuse: bool = False,
) -> None:
    """Refuse what cannot be asked of a run's folder.

    Raises
    ------
    UserError
        Naming the options.
    """
    if out is not None and resume is not None:
        raise UserError(
            f"{option('out')} starts a new run and {option('resume')} continues one; name one "
            "of them"
        )
    if allow_versions and resume is None:
        raise UserError(
            f"{option('allow_versions')} goes with {option('resume')}: a new run uses the "
            "installed versions"
        )
    if overwrite and (resume is not None or reuse):
        other = "reuse" if reuse else "resume"
        raise UserError(
            f"{option('overwrite')} starts again and {option(other)} continues; name one of them"
        )
    if reuse and out is None:
        raise UserError(f"{option('reuse')} goes with {option('out')}, which is not given")


def part_of(shard: str | None, resume: Path | None, settings: Settings) -> Shard:
    """Read which part of the plan to fit: the one asked for, or that of the run resumed.

    Raises
    ------
    UserError
        If it is no part of the plan, or not that of the run.
    """
    part = WHOLE if shard is None else Shard.parse(str(shard))
    if resume is not None:
        from sbc.store.database import read_run

        made = read_run(resume).shard
        if shard is not None and part != made:
            raise UserError(f"{resume} is shard {made}, not {part}; start a new run")
        return made
    if part.count(settings.datasets) == 0:
        raise UserError(f"shard {part} of {settings.datasets} datasets is empty")
    return part


def check_executor(cluster: str | None, isolate: bool, fit_timeout: float | None) -> None:
    """Refuse ways of fitting that cannot be, alone or together.

    Raises
    ------
    UserError
        Naming the option.
    """
    if fit_timeout is not None and not 0 < fit_timeout < 1e7:
        raise UserError(f"{option('fit_timeout')} takes seconds above 0, not {fit_timeout:g}")
    if cluster is not None and fit_timeout is not None:
        raise UserError(
            f"{option('fit_timeout')} ends fits on this machine, but not on a " + option("cluster")
        )
    if cluster is not None and isolate:
        raise UserError(
            f"{option('isolate')} is for this machine; the workers of a {option('cluster')} are "
            "processes"
        )


def limit_of(max_failures: int | str | None) -> Limit:
    """Read how many fits may fail; any number if nobody says.

    Raises
    ------
    UserError
        Unless it is a count or a share.
    """
    return NO_LIMIT if max_failures is None else Limit.parse(str(max_failures))


def deadline_of(max_time: float | str | None) -> Deadline:
    """Read when to stop, counted from now; never if nobody says.

    Raises
    ------
    UserError
        Unless it is a time above 0.
    """
    return NEVER if max_time is None else Deadline.parse(str(max_time))


@contextmanager
def executor_of(
    settings: Settings, cluster: str | None, isolate: bool, fit_timeout: float | None
) -> Iterator[HandOut]:
    """Give who makes the fits, as `sbc.fitting.loop.execute` takes it.

    Raises
    ------
    UserError
        If the cluster cannot be used.
    """
    if cluster is None:
        from sbc.fitting.workers import local

        with local.executor(isolate, fit_timeout) as hand_out:
            yield hand_out
        return
    from sbc.fitting.workers.cluster import Cluster

    with Cluster.connect(cluster, settings) as connected:
        yield connected.fits
