"""The Python interface: what the commands do, in a script or a notebook.

    run = sbc.run("mundlak", datasets=200)
    run.table()

    with pm.Model() as model:
        ...
    sbc.run(model)

`run` fits, or goes on with a folder of fits; `load` reads a folder and never fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sbc.fitting.handed import Named
from sbc.studies.spoken import fitted

if TYPE_CHECKING:
    from sbc.studies.loaded import LoadedRun, LoadedSweep


def run(
    estimator: Named | Iterable[Named] | Mapping[str, Named] | None = None,
    generator: Named | None = None,
    *,
    simulator: Named | None = None,
    name: str = "model",
    truth: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    estimands: Iterable[str] | None = None,
    quantity: Named | Iterable[Named] | Mapping[str, Named] | None = None,
    engine: str | Iterable[str] | None = None,
    datasets: int | None = None,
    seed: int | None = None,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
    target_accept: float | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    resume: str | Path | None = None,
    overwrite: bool = False,
    reuse: bool = False,
    allow_versions: bool = False,
    jobs: int | None = None,
    isolate: bool = False,
    fit_timeout: float | None = None,
    cluster: str | None = None,
    shard: str | None = None,
    max_failures: int | str | None = None,
    max_time: float | str | None = None,
    profile: bool = False,
    progress: bool = True,
) -> LoadedRun:
    """Fit estimators to simulated datasets, as ``python -m sbc run`` does, with its defaults.

    Parameters
    ----------
    estimator : str, model, function, or several of them
        Names, ``"path/to/file.py:name"``, ``"all"``; a ``pm.Model`` or a Bambi model; a function
        that states one, from wherever: a notebook's cell, a lambda, a closure, a method. Several
        that stand in no file are a dict, by their names.
    generator : str, generator or function
        The data-generating process; a plain function is ``(rng, *, n=50) -> (truth, data)``.
    simulator : str or function
        ``(rng, truth, given) -> data``: data from it, truth from the model's own prior.
    name : str
        Of a model that stands in no file; random numbers depend on it.
    truth : str
        How the truth is chosen: a regime of the generator, ``"self"`` or ``"posterior"``.
    parameters : mapping
        Of the generator, such as ``{"n_groups": 50}``.
    estimands : iterable of str
        What to rank instead of what the estimators name: variables, or as ``"theta[3]"``.
    quantity : str, function, or several of them
        Functions ``(theta, data) -> number`` that are ranked besides, named as estimators are.
    engine : str or several
        Samplers.
    datasets, seed : int
        How many, and the seed of all random numbers.
    draws, tune, chains, target_accept : number
        Budget of the first attempt at each fit; draws and warm-up are those of a chain.
    data : str or Path
        The real data of truth ``"posterior"``.
    out : str or Path
        The new run's folder; by default one under ``reports``.
    resume : str or Path
        A run to go on with instead; what else is given must agree with it, `datasets` may grow.
    overwrite : bool
        Whether a run that `out` holds gives way to the new one, once that is there.
    reuse : bool
        Whether what `out` holds of the same models, settings and versions is read and gone on
        with; where one has changed, the run gives way.
    allow_versions : bool
        Whether the run that is resumed may have been made with other versions of packages.
    jobs : int
        Workers; by default all cores.
    isolate : bool
        Whether each worker is a process, so that a model that crashes costs one fit.
    fit_timeout : float
        Seconds after which a fit is ended, as a failed row.
    cluster : str
        A Dask scheduler's address, ``"tcp://HOST:PORT"``: its workers fit instead of this machine.
    shard : str
        ``"I/N"``: part I of N by itself; `sbc.merge` joins the parts.
    max_failures : int or str
        A count, or a share as ``"10%"``: the run is stopped when more fits fail.
    max_time : float or str
        Seconds, or as ``"10m"`` or ``"2h"``: no fit is begun after that, and `resume` goes on.
    profile : bool
        Whether to print where the time went.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    sbc.studies.loaded.LoadedRun
        With the frames ``fits`` and ``results``, ``table()``, ``report()`` and ``to_datatree()``.

    Raises
    ------
    sbc.plugins.errors.UserError
        For a name, a value or a model that cannot be; on resume also where a model that stands in
        no file is not handed over again, or is another.
    sbc.plugins.errors.TooManyFailuresError
        If more fits fail than `max_failures`; the others are kept.
    """
    return fitted(dict(locals()))


def load(folder: str | Path) -> LoadedRun | LoadedSweep:
    """Read a run or a sweep, finished or not, into pandas frames.

    Parameters
    ----------
    folder : str or Path
        Its folder.

    Returns
    -------
    sbc.studies.loaded.LoadedRun or sbc.studies.loaded.LoadedSweep
        Both have ``table()``, ``report()`` and ``export()``.

    Raises
    ------
    sbc.plugins.errors.UserError
        If it is neither, or its file is damaged.
    """
    from sbc.studies.loaded import loaded

    return loaded(folder)


def merge(
    folders: Iterable[str | Path],
    out: str | Path,
    *,
    overwrite: bool = False,
    allow_gaps: bool = False,
    allow_versions: bool = False,
) -> LoadedRun | LoadedSweep:
    """Join the shards of a run into one folder, as ``sbc merge`` does.

    Parameters
    ----------
    folders : iterable of str or Path
        Those of the shards, at least one.
    out : str or Path
        The folder of the merged run.
    overwrite : bool
        Whether a run that `out` holds gives way to the new one, once that is there.
    allow_gaps : bool
        Whether fits may be missing, to be made by `run` with `resume`.
    allow_versions : bool
        Whether versions of packages or of models may differ.

    Returns
    -------
    sbc.studies.loaded.LoadedRun or sbc.studies.loaded.LoadedSweep
        As of `load`.

    Raises
    ------
    sbc.plugins.errors.UserError
        As of `sbc.studies.merge.merge`.
    """
    from sbc.studies.loaded import loaded
    from sbc.studies.merge import merge

    merge([Path(one) for one in folders], Path(out), allow_gaps, allow_versions, overwrite)
    return loaded(out)
