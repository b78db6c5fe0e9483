"""Sweeps and designs in Python: what ``sbc sweep`` and ``sbc design`` do.

swept = sbc.sweep("naive,mundlak", vary={"sd_U": [0, 1.5, 3]}, datasets=30)
swept.table(by="sd_U")
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sbc.fitting.asked import jobs_of, limit_of, part_of
from sbc.fitting.handed import Named
from sbc.studies.sweep.spoken import fitting, folder_of, grid_asked, planned, settings_of

if TYPE_CHECKING:
    from sbc.studies.sweep.loaded import LoadedSweep

#: One factor's levels: a text as the command line takes it, or values.
Levels = str | float | Iterable[Any]


def sweep(
    estimator: Named | Iterable[Named] | Mapping[str, Named] | None = None,
    generator: Named | None = None,
    *,
    vary: Mapping[str, Levels] | None = None,
    cells: str | Path | Sequence[Mapping[str, Any]] | Any = None,
    bounds: Mapping[str, Any] | None = None,
    precision: Mapping[str, float] | None = None,
    max_datasets: int | None = None,
    budget: int | None = None,
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
    shard: str | None = None,
    allow_versions: bool = False,
    jobs: int | None = None,
    isolate: bool = False,
    fit_timeout: float | None = None,
    cluster: str | None = None,
    max_failures: int | str | None = None,
    max_time: float | str | None = None,
    progress: bool = True,
) -> LoadedSweep:
    """Fit estimators in every cell of a grid, as ``python -m sbc sweep`` does.

    Parameters
    ----------
    estimator, generator
        As for `sbc.run`, like all that is not named here.
    vary : mapping of str to text or values
        The levels of each factor, all of which are crossed: ``{"sd_U": [0, 1.5, 3]}`` or
        ``{"sd_U": "0:3:0.5"}``. A factor is a parameter of the generator, ``"truth"``,
        ``"estimator@option"``, or one of ``draws``, ``tune``, ``chains`` and ``target_accept``.
    cells : path, DataFrame or sequence of mapping
        Instead of `vary`: the cells one by one, in a CSV file or as they are.
    bounds : mapping
        What is asked of each estimand: ``{"bias": 0.1, "coverage_95": [0.9, 0.98]}``.
    precision : mapping of str to float
        Datasets are added where a metric's Monte Carlo error is larger, or a bound not decided.
    max_datasets : int
        In a cell, at most.
    budget : int
        Fits of the whole sweep, at most.
    shard : str
        ``"I/N"``: part I of N by itself.
    out, resume : str or Path
        The new sweep's folder, or one to go on with.
    overwrite : bool
        Whether a run or a sweep that `out` holds gives way, once the new one is there.

    Returns
    -------
    sbc.studies.sweep.loaded.LoadedSweep
        With ``table()``, ``compare()``, ``gate()``, ``export()``, ``report()`` and
        ``to_datatree()``.

    Raises
    ------
    sbc.plugins.errors.UserError
        For a factor, a level or a bound that cannot be, and as `sbc.run`.
    sbc.plugins.errors.TooManyFailuresError
        If more fits fail than `max_failures`; the others are kept.
    """
    return _swept(dict(locals()))


def _swept(asked: dict[str, Any]) -> LoadedSweep:
    from sbc.studies.sweep.loaded import LoadedSweep
    from sbc.studies.sweep.making import make

    settings, resume = settings_of(asked)
    plan, settings = planned(asked, settings, resume)
    part = part_of(asked["shard"], resume, settings)
    limit = limit_of(asked["max_failures"])
    folder = resume or Path(asked["out"] or folder_of(settings, "sweep", part))
    new: dict[str, Any] = {"new": resume is None, "command": ["sbc.sweep"]}
    with fitting(asked, settings) as how:
        jobs = jobs_of(asked["jobs"])
        how |= {"jobs": jobs, "limit": limit, "progress": asked["progress"]}
        how |= {"overwrite": asked["overwrite"]}
        if stopped := make(folder, settings, plan, part, **new, **how):
            warnings.warn(str(stopped), stacklevel=3)
    return LoadedSweep.of(folder)


@dataclass(frozen=True)
class Designed:
    """What a search for the size of a study has found.

    Attributes
    ----------
    factor : str
        What the size is.
    size : number or None
        The smallest one that will do; None if none is shown to.
    looked : tuple of sbc.studies.design.Looked
        What was found at each size that was looked at, in that order.
    sweep : LoadedSweep
        All that was fitted.
    """

    factor: str
    size: Any
    looked: tuple[Any, ...]
    sweep: LoadedSweep

    def __str__(self) -> str:
        """Say the answer."""
        if self.size is None:
            return f"no {self.factor} that was looked at is shown to do"
        return f"{self.factor} = {self.size:g} will do"


def design(
    estimator: Named | None = None,
    generator: Named | None = None,
    *,
    vary: Mapping[str, Levels] | None = None,
    width_95: float | None = None,
    assurance: float | None = None,
    coverage_95: float | None = None,
    max_datasets: int | None = None,
    simulator: Named | None = None,
    name: str = "model",
    truth: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    estimands: Iterable[str] | None = None,
    quantity: Named | Iterable[Named] | Mapping[str, Named] | None = None,
    engine: str | None = None,
    datasets: int | None = None,
    seed: int | None = None,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
    target_accept: float | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    resume: str | Path | None = None,
    allow_versions: bool = False,
    jobs: int | None = None,
    isolate: bool = False,
    fit_timeout: float | None = None,
    cluster: str | None = None,
    max_time: float | str | None = None,
    progress: bool = True,
) -> Designed:
    """Find the smallest study whose intervals are narrow and honest, as ``sbc design`` does.

    Parameters
    ----------
    estimator, generator
        One, as for `sbc.run`, like all that is not named here.
    vary : mapping of str to text or values
        The size, and its values: ``{"n_groups": range(10, 70, 10)}``.
    width_95 : float
        The largest width of a 95 % interval that will do; a search that is resumed knows it.
    assurance : float
        The least chance of an interval no wider than that (default .8).
    coverage_95 : float
        Coverage that must not be refuted (default .9).
    max_datasets : int
        Of a size, at most (default 1000).
    out, resume : str or Path
        The folder of what is fitted, or one to go on with.

    Returns
    -------
    Designed

    Raises
    ------
    sbc.plugins.errors.UserError
        For a goal or a size that cannot be, and as `sbc.run`.
    sbc.plugins.errors.TimeUpError
        If there is more to do when `max_time` is up; the fits are kept.
    """
    return _designed(dict(locals()))


def _designed(asked: dict[str, Any]) -> Designed:
    from sbc.studies.design import design as search
    from sbc.studies.design import plan_of_sizes
    from sbc.studies.sweep.goal import goal_asked
    from sbc.studies.sweep.loaded import LoadedSweep

    settings, resume = settings_of(asked)
    goal = goal_asked(asked, resume)
    grid = None
    if not resume and asked["vary"]:
        grid = grid_asked(asked["vary"], None, settings, asked)
    plan = plan_of_sizes(settings, grid, resume, asked["max_datasets"])
    folder = resume or Path(asked["out"] or folder_of(settings, "design"))
    with fitting(asked, settings) as how:
        jobs = jobs_of(asked["jobs"])
        place, looked = search(folder, settings, plan, goal, jobs, asked["progress"], **how)
    ((factor, levels),) = plan.grid.vary.items()
    size = None if place is None else levels[place]
    return Designed(factor, size, tuple(looked), LoadedSweep.of(folder))
