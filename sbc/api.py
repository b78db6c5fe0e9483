"""The Python interface: what the commands do, in a script or a notebook.

    run = sbc.run("mundlak", datasets=200)
    run.table()

`run` fits, or goes on with a folder of fits; `load` reads a folder and never fits.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sbc import registry
from sbc.choice import default_folder, settings_over
from sbc.contracts import Estimator, Generator
from sbc.engine_choice import settled
from sbc.errors import UserError
from sbc.settings import validate

if TYPE_CHECKING:
    from sbc.loaded import LoadedRun

Named = str | Callable[..., Any] | Estimator | Generator


def run(
    estimator: Named | Iterable[Named] | None = None,
    generator: Named | None = None,
    *,
    truth: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    estimands: Iterable[str] | None = None,
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
    jobs: int | None = None,
    isolate: bool = False,
    fit_timeout: float | None = None,
    max_failures: int | str | None = None,
    progress: bool = True,
) -> LoadedRun:
    """Fit estimators to simulated datasets, as ``python -m sbc run`` does, with its defaults.

    Parameters
    ----------
    estimator : str, function, or several of them
        Names, ``"path/to/file.py:name"``, ``"all"``, or functions that stand in a file.
    generator : str or generator
        The simulated world.
    truth : str
        How the truth is chosen: a regime of the generator, ``"self"`` or ``"posterior"``.
    parameters : mapping
        Of the generator, such as ``{"n_groups": 50}``.
    estimands : iterable of str
        What to rank instead of what the estimators name: variables, or as ``"theta[3]"``.
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
    jobs : int
        Workers; by default all cores.
    isolate : bool
        Whether each worker is a process, so that a model that crashes costs one fit.
    fit_timeout : float
        Seconds after which a fit is ended, as a failed row.
    max_failures : int or str
        A count, or a share as ``"10%"``: the run is stopped when more fits fail.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    sbc.loaded.LoadedRun
        With the frames ``fits`` and ``results``, ``table()``, ``report()`` and ``to_datatree()``.

    Raises
    ------
    sbc.errors.UserError
        For a name, a value or a model that cannot be, in the words of the command line.
    sbc.errors.TooManyFailuresError
        If more fits fail than `max_failures`; the others are kept.
    """
    from sbc import local, running
    from sbc.limits import NO_LIMIT, Limit

    if out is not None and resume is not None:
        raise UserError("out starts a new run and resume goes on with one; name one of them")
    wanted = {
        "estimator": None if estimator is None else ",".join(_names(estimator)),
        "generator": None if generator is None else _name(generator),
        "truth": truth,
        "set": [f"{name}={_written(value)}" for name, value in (parameters or {}).items()],
        "estimand": None if estimands is None else ",".join(_names(estimands)),
        "engine": None if engine is None else ",".join(_names(engine)),
        **{"datasets": datasets, "seed": seed, "draws": draws, "tune": tune, "chains": chains},
        "target_accept": target_accept,
        "data": None if data is None else str(data),
    }
    made = None if resume is None else load(resume).settings
    settings = settings_over(made, wanted)
    validate(settings)
    settings = settled(settings, engine is not None or resume is not None)
    limit = NO_LIMIT if max_failures is None else Limit.parse(str(max_failures))
    if resume is None:
        store = running.create(settings, Path(out or default_folder(settings)), ["sbc.run"])
    else:
        store, settings = running.resume(Path(resume), settings)
    with store:
        running.execute(
            *(settings, store, jobs or os.cpu_count() or 1, progress),
            hand_out=local.hands(isolate, fit_timeout),
            limit=limit,
        )
    return load(store.folder)


def load(folder: str | Path) -> LoadedRun:
    """Read a run, finished or not, into pandas frames.

    Parameters
    ----------
    folder : str or Path
        The run's.

    Returns
    -------
    sbc.loaded.LoadedRun

    Raises
    ------
    sbc.errors.UserError
        If it is not a run, or its file is damaged.
    """
    from sbc.loaded import LoadedRun

    return LoadedRun.of(folder)


def _names(chosen: Named | Iterable[Named]) -> list[str]:
    if isinstance(chosen, str) or not isinstance(chosen, Iterable):
        return [_name(chosen)]
    return [_name(one) for one in chosen]


def _name(thing: Named) -> str:
    """Name a plug-in as the command line would.

    Raises
    ------
    UserError
        For a function that stands in no file: workers, and a later resume, read it from there.
    """
    if isinstance(thing, str):
        return thing
    function: Any = getattr(thing, "define", None) or getattr(thing, "simulate", None) or thing
    name = getattr(function, "__name__", "")
    module = getattr(function, "__module__", "")
    if module in {f"{package}.{name}" for package in registry.PACKAGES.values()}:
        return name
    try:
        file = inspect.getsourcefile(function)
    except TypeError:
        file = None
    if not name or file is None or not Path(file).is_file():
        raise UserError(
            f"{name or thing!r} stands in no file; write it to one (in a notebook: %%writefile "
            f"mine.py) and name it 'mine.py:{name or 'name'}'"
        )
    return f"{os.path.relpath(file)}:{name}"


def _written(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
