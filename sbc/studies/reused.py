"""A run that is there already: what has not changed since is not fitted again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sbc.plugins.errors import UserError

if TYPE_CHECKING:
    from sbc.studies.request import Request


def reusing(request: Request, grows: bool) -> Request:
    """Go on with the run that a request's folder holds, or put the new one in its place.

    Parameters
    ----------
    request : Request
        Of a new run.
    grows : bool
        Whether the number of datasets is chosen on the way, as a gate does.

    Returns
    -------
    Request
        To go on where settings, the user's files, models that stand in no file, versions of
        packages and sbc's own code are those of the run; else to replace it. `told` says which,
        and why.

    Raises
    ------
    UserError
        If the folder holds something else than a run.
    """
    from sbc.store.database import Store, read_run

    folder = request.folder
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return request
    made = read_run(folder).settings
    wanted = replace(request.settings, datasets=made.datasets) if grows else request.settings
    try:
        _check_same(replace(request, settings=wanted))
    except UserError as changed:
        told = f"{changed.neutral.partition('; ')[0]}: all is fitted anew"
        return replace(request, overwrite=True, told=told)
    with Store.open(folder) as store:
        kept = len(store.done())
    told = f"{folder} holds {kept} fits by the same models and versions: these are read"
    return replace(request, settings=wanted, resume=True, kept=kept, told=told)


def _check_same(request: Request) -> None:
    """Refuse a run that was made by something else.

    Raises
    ------
    UserError
        Naming what has changed.
    """
    from sbc.fitting import handed
    from sbc.fitting.origin import check_files, check_versions, code
    from sbc.plugins import live
    from sbc.store.folder import read_run, refuse_imported, refuse_sweep

    folder, settings = request.folder, request.settings
    run = read_run(folder)
    refuse_sweep(folder, run)
    refuse_imported(folder, run)
    run.settings.check_same(settings, str(folder))
    if run.shard != request.part:
        raise UserError(f"{folder} is shard {run.shard}, not {request.part}")
    live.check_known(run, folder)
    check_files(folder, run, settings)
    handed.check(run, settings, folder)
    check_versions(folder, run, allowed=False)
    if run.get("code") != code():
        raise UserError(f"{folder} was made by another state of sbc's own code")
