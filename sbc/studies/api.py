"""The Python interface: what the commands do, in a script or a notebook.

    run = sbc.run("mundlak", datasets=200)
    run.table()

    with pm.Model() as model:
        ...
    sbc.run(model)

`run` fits models, or continues a run that was begun; `load` reads a folder and never fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sbc.fitting.handed import Named
from sbc.studies.spoken import drawn, fitted

if TYPE_CHECKING:
    from sbc.store.frames import Run
    from sbc.studies.loaded import LoadedRun, LoadedSweep
    from sbc.studies.posterior import Posteriors


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
    precision: Mapping[str, float] | None = None,
    max_datasets: int | None = None,
    profile: bool = False,
    progress: bool = True,
) -> LoadedRun:
    """Fit estimators to simulated datasets, as ``python -m sbc run`` does, with its defaults.

    Parameters
    ----------
    estimator : str, model, function, or several of them
        What is tested: the name of a built-in estimator, ``"path/to/file.py:name"``, or ``"all"``;
        a ``pm.Model`` or a Bambi model; or a function that states a model (a notebook's cell, a
        lambda, a closure or a method will do). Several models are a dictionary by name.
    generator : str, generator or function
        The data-generating process. A plain function has the form
        ``(rng, *, n=50) -> (truth, data)``.
    simulator : str or function
        A function ``(rng, truth, given) -> data`` that draws the data; truths are then drawn from
        the model's own prior.
    name : str
        The name of a single model that is handed over as an object. Random numbers depend on it.
    truth : str
        Where truths come from: a regime of the generator, ``"self"`` (the estimator's own prior)
        or ``"posterior"`` (its posterior given `data`).
    parameters : mapping
        Settings of the generator, such as ``{"n_groups": 50}``.
    estimands : iterable of str
        What to rank instead of the default: variables, or elements such as ``"theta[3]"``.
    quantity : str, function, or several of them
        Functions ``(theta, data) -> number`` to rank as well; named like estimators.
    engine : str or several
        The samplers.
    datasets : int
        The number of simulated datasets.
    seed : int
        The seed of all random numbers.
    draws, tune, chains, target_accept : number
        The sampler's budget for the first attempt at each fit. `draws` and `tune` count for each
        chain.
    data : str or Path
        The file of the real data, for ``truth="posterior"``.
    out : str or Path
        The new run's folder; by default one under ``reports``.
    resume : str or Path
        The folder of a run to continue instead. Other arguments must agree with that run; only
        `datasets` may be larger.
    overwrite : bool
        Whether to replace a run that `out` holds, as soon as the new one is complete.
    reuse : bool
        Whether to read and continue a run in `out` that has the same models, settings and
        versions. If any of these has changed, the run is replaced.
    allow_versions : bool
        Whether to continue a run that was made with other versions of packages.
    jobs : int
        Workers; by default all cores.
    isolate : bool
        Whether each worker is a process of its own, so that a crash costs only one fit.
    fit_timeout : float
        Seconds after which a fit is ended and counted as failed.
    cluster : str
        A Dask scheduler's address, ``"tcp://HOST:PORT"``: its workers fit instead of this machine.
    shard : str
        ``"I/N"``: fit part I of N only; `sbc.merge` joins the parts.
    max_failures : int or str
        A count, or a share such as ``"10%"``: the run stops when more fits have failed.
    max_time : float or str
        Seconds, or a time such as ``"10m"`` or ``"2h"``, after which no fit is begun; `resume`
        continues.
    precision : mapping of str to float
        Monte Carlo errors to reach, such as ``{"bias": 0.01, "coverage_95": 0.007}``. Datasets
        are added to `datasets`, a quarter at a time, until the errors of all estimands are as
        small.
    max_datasets : int
        The largest number of datasets if a `precision` is given; 1000 by default.
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
        For a name, a value or a model that cannot be used; on resume also if a model that is in
        no file is not passed again, or has changed.
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


def posterior(
    estimator: Named | Iterable[Named] | Mapping[str, Named] | None = None,
    generator: Named | None = None,
    *,
    dataset: int,
    run: Run | str | Path | None = None,
    cell: int | None = None,
    simulator: Named | None = None,
    name: str = "model",
    truth: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    estimands: Iterable[str] | None = None,
    quantity: Named | Iterable[Named] | Mapping[str, Named] | None = None,
    engine: str | Iterable[str] | None = None,
    seed: int | None = None,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
    target_accept: float | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
) -> Posteriors:
    """Draw the posteriors of estimators for one dataset, as ``sbc posterior`` does.

    Parameters
    ----------
    estimator, generator, simulator, name, truth, parameters, estimands, quantity, engine
        What is fitted, as for `sbc.run`; by default all built-in estimators, and of several
        engines the first.
    seed, draws, tune, chains, target_accept, data
        The same.
    dataset : int
        The dataset's number, from 0.
    run : run or its folder
        What to take all settings from that are not named here.
    cell : int
        Of a sweep: the cell's number, from 0.
    out : str or Path
        A file for the figure, that ends in ``.png``, ``.svg`` or ``.pdf``.

    Returns
    -------
    sbc.studies.posterior.Posteriors
        Their `draws` and the `truth`; ``plot()`` is the figure.

    Raises
    ------
    sbc.plugins.errors.UserError
        For what cannot be, or where no fit has draws.
    """
    return drawn(dict(locals()))


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
        Whether to replace a run that `out` holds, as soon as the new one is complete.
    allow_gaps : bool
        Whether fits may be missing; `run` with `resume` makes them later.
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
