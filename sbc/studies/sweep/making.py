"""A sweep made, or gone on with: the one way in which the command and Python do it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sbc.plugins.errors import TimeUpError, UserError, option
from sbc.store.settings import Settings
from sbc.store.shard import WHOLE, Shard
from sbc.studies.sweep import fit
from sbc.studies.sweep.plan import Plan


def make(
    folder: Path,
    settings: Settings,
    plan: Plan,
    part: Shard = WHOLE,
    *,
    new: bool,
    overwrite: bool = False,
    jobs: int,
    command: list[str] | None = None,
    begun: Callable[[], None] = lambda: None,
    **how: Any,
) -> TimeUpError | None:
    """Make a sweep's folder if it is new, and fit what it lacks.

    Parameters
    ----------
    folder, settings, plan
        Of the sweep.
    part : Shard
        Which part of it to fit.
    new : bool
        Whether the folder is to be made.
    overwrite : bool
        Whether a run or a sweep that is there gives way to a new one.
    jobs : int
        Workers.
    command : list of str, optional
        How it was asked for; by default the process's own arguments.
    begun : callable
        Called once the folder is there.
    **how
        Of `sbc.studies.sweep.fit.execute`.

    Returns
    -------
    TimeUpError or None
        What is left to do, where the time was up.

    Raises
    ------
    UserError
        As `sbc.studies.sweep.fit.create` and `execute`; and for a precision of one part, which has
        not all datasets.
    TooManyFailuresError
        If more fits fail than the limit allows; the others are kept.
    """
    if part != WHOLE and plan.precision:
        raise UserError(
            f"{option('precision')} looks at all datasets, and a shard has a part of them only"
        )
    if new:
        fit.create(settings, plan, folder, command, part, overwrite=overwrite).close()
    begun()
    try:
        fit.execute(folder, settings, plan, jobs, **how)
    except TimeUpError as stopped:
        return stopped
    return None
