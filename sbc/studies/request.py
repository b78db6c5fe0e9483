"""A run as any door asks for it: checked in one order, made and fitted in one way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sbc.fitting import asked
from sbc.fitting.deadline import Deadline
from sbc.fitting.engine_choice import settled
from sbc.fitting.limits import Limit
from sbc.fitting.options import default_folder
from sbc.plugins.errors import TimeUpError
from sbc.store.folder import read_run
from sbc.store.precision import Precision, parse, plan
from sbc.store.settings import Settings
from sbc.store.shard import Shard
from sbc.studies.reused import reusing

if TYPE_CHECKING:
    from sbc.fitting.workers.threads import HandOut, Profile
    from sbc.store.database import Store


@dataclass(frozen=True)
class Request:
    """What is to be fitted, where rows go, and who fits.

    Attributes
    ----------
    settings : Settings
        Of the run.
    part : Shard
        Which part of it.
    folder : Path
        Of the run: a new one, or one to go on with.
    resume, allow_versions, overwrite : bool
        Whether the folder is a run already, may have been made with other versions of packages,
        or gives way to the new run.
    jobs : int
        Workers.
    limit : Limit
        How many fits may fail.
    cluster, isolate, fit_timeout, max_time
        As for `sbc.run`.
    precision : Precision or None
        Monte Carlo errors that the run goes on to reach.
    kept : int or None
        Fits that are there already, where a run may be used again.
    told : str
        What became of the run that may be used again.
    """

    settings: Settings
    part: Shard
    folder: Path
    resume: bool
    allow_versions: bool
    overwrite: bool
    jobs: int
    limit: Limit
    cluster: str | None
    isolate: bool
    fit_timeout: float | None
    max_time: float | str | None
    precision: Precision | None = None
    kept: int | None = None
    told: str = ""

    @contextmanager
    def executor(self) -> Iterator[tuple[HandOut, Deadline]]:
        """Give who fits and until when, counted from now; errors as of `asked.executor_of`."""
        deadline = asked.deadline_of(self.max_time)
        how = (self.cluster, self.isolate, self.fit_timeout)
        with asked.executor_of(self.settings, *how) as hand_out:
            yield hand_out, deadline

    def open(self, command: list[str] | None = None) -> tuple[Store, Settings]:
        """Make the run's folder or open it; arguments and errors as of `loop.create`."""
        from sbc.fitting import loop

        if self.resume:
            return loop.resume(self.folder, self.settings, self.allow_versions)
        how: dict[str, Any] = {"part": self.part, "overwrite": self.overwrite}
        return loop.create(self.settings, self.folder, command, **how), self.settings


def requested(wanted: Mapping[str, Any], *, grows: bool = False) -> Request:
    """Check what was asked for.

    Parameters
    ----------
    wanted : mapping
        By the names of the command line's options, as for `sbc.fitting.options.settings_over`.
    grows : bool
        Whether the number of datasets is chosen on the way, as a gate does.

    Returns
    -------
    Request

    Raises
    ------
    UserError
        For what cannot be, alone or together.
    """
    resume = None if wanted.get("resume") is None else Path(wanted["resume"])
    jobs = asked.jobs_of(wanted.get("jobs"))
    allow_versions = bool(wanted.get("allow_versions"))
    overwrite, reuse = bool(wanted.get("overwrite")), bool(wanted.get("reuse"))
    asked.check_folder(wanted.get("out"), resume, allow_versions, overwrite, reuse)
    how = (wanted.get("cluster"), bool(wanted.get("isolate")), wanted.get("fit_timeout"))
    asked.check_executor(*how)
    settings = asked.settings_asked(wanted, resume)
    settings = settled(settings, wanted.get("engine") is not None or resume is not None)
    part = asked.part_of(None if grows else wanted.get("shard"), resume, settings)
    limit = asked.limit_of(wanted.get("max_failures"))
    asked.deadline_of(wanted.get("max_time"))  # read here for its mistakes, set when fits begin
    out = wanted.get("out")
    new = default_folder(settings, part) if out is None else Path(out)
    request = Request(
        *(settings, part, resume or new, resume is not None, allow_versions, overwrite),
        *(jobs, limit, *how, wanted.get("max_time")),
        precision=None if grows else _precision(wanted, settings, part, resume),
    )
    return reusing(request, grows) if reuse else request


def _precision(
    wanted: Mapping[str, Any], settings: Settings, part: Shard, resume: Path | None
) -> Precision | None:
    """Read which errors are to be reached, or take those of the run that is resumed."""
    before = None if resume is None else read_run(resume).precision
    errors = None if wanted.get("precision") is None else parse(wanted["precision"])
    return plan(settings, errors, wanted.get("max_datasets"), before, part)


@dataclass(frozen=True)
class Made:
    """A run whose fits have been made, or as many as there was time for.

    Attributes
    ----------
    folder : Path
        The run's.
    profile : Profile or None
        Where the time went; None where it was up.
    stopped : TimeUpError or None
        What is left to do, where the time was up.
    """

    folder: Path
    profile: Profile | None
    stopped: TimeUpError | None


def make(
    request: Request,
    *,
    progress: bool = True,
    command: list[str] | None = None,
    begun: Callable[[Path], None] = lambda folder: None,
    say: Callable[[str], None] = lambda line: None,
) -> Made:
    """Fit all that a run lacks.

    Parameters
    ----------
    request : Request
        Of `requested`.
    progress : bool
        Whether to show a progress bar.
    command : list of str, optional
        How the run was asked for; by default the process's own arguments.
    begun : callable
        Called with the folder as soon as there is a run that can be gone on with.
    say : callable
        Told, where errors are to be reached, how far the run is.

    Raises
    ------
    UserError
        If the run cannot be made.
    TooManyFailuresError
        If more fits fail than was allowed; the others are kept.
    """
    from sbc.studies import precise

    with request.executor() as (hand_out, deadline):  # a cluster's faults are told first
        store, settings = request.open(command)
        begun(store.folder)
        how = {"progress": progress, "limit": request.limit, "deadline": deadline}
        try:
            profile = precise.execute(
                settings, store, request.jobs, request.precision, say, hand_out=hand_out, **how
            )
        except TimeUpError as stopped:
            return Made(store.folder, None, stopped)
    return Made(store.folder, profile, None)
