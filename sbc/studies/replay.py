"""Make one fit of a run again, and hold it against what the run stored."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from html import escape
from importlib import metadata
from pathlib import Path
from typing import Any

from sbc.fitting.allowed import validate
from sbc.fitting.fit import Task, fit
from sbc.plugins import live
from sbc.plugins.errors import UserError, option, unknown
from sbc.store.database import Store, read_run
from sbc.store.folder import refuse_imported
from sbc.store.names import meant
from sbc.store.rows import Fit, Result
from sbc.studies.sweep.read import plan_of, settings_in

_SHOWN = 8
#: Written for what there is not: estimates have no draws, and independent draws no chains.
_NONE = "–"
_OF_FIT = ("status", "error", "attempt", "divergences", "steps", "seed", "chains", "draws")
_OF_RESULT = ("truth", "mean", "sd", "crps", "ess_bulk", "ess_tail", "rhat", "rank", "ties", "size")


@dataclass(frozen=True)
class Replay:
    """A fit made again.

    Attributes
    ----------
    task : Task
        What was made.
    fit : Fit
        What came out.
    stored : bool
        Whether the run holds this fit.
    differences : tuple of str
        Where the two differ, in words; none if every bit is the same.
    moved : tuple of str
        Packages whose version is not that of the run.
    """

    task: Task
    fit: Fit
    stored: bool
    differences: tuple[str, ...]
    moved: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Summarise the fit, as the command line does."""
        return describe(self)

    def _repr_html_(self) -> str:
        """Show the same in a notebook."""
        return f"<pre>{escape(str(self))}</pre>"


def task_of(
    folder: Path,
    dataset: int,
    estimator: str | None = None,
    engine: str | None = None,
    cell: int | None = None,
) -> Task:
    """Name one fit of a run, or of one cell of a sweep; the estimator only if there are several.

    Raises
    ------
    UserError
        If the folder is not a run, or has no such estimator, engine, cell or dataset.
    """
    run = read_run(folder)
    refuse_imported(folder, run)
    live.check_known(run, folder, f".replay({dataset})")
    settings = run.settings
    if estimator is None and len(settings.estimators) == 1:
        estimator = settings.estimators[0]
    if estimator is None:
        raise UserError(f"name {option('estimator')}: {', '.join(settings.estimators)}")
    named, estimator = estimator, meant(estimator, settings.estimators)
    if estimator not in settings.estimators:
        raise unknown("estimator", named, settings.estimators, f"in {folder}")
    engines = settings.engines_of(estimator)
    if engine is not None and engine not in engines:
        raise unknown("engine", engine, engines, f"of {estimator} in {folder}")
    settings = settings_in(folder, run, cell)
    datasets, spec = settings.datasets, estimator
    if cell is not None:
        plan = plan_of(folder, run)
        datasets, spec = plan.datasets[estimator][cell], plan.grid.spec(estimator, cell)
    if not 0 <= dataset < datasets:
        raise UserError(
            f"{folder} has datasets 0 to {datasets - 1}; {option('dataset')} cannot be {dataset}"
        )
    return Task(settings, spec, engine or engines[0], dataset, cell or 0, estimator)


def replayed(
    folder: Path,
    dataset: int,
    estimator: str | None = None,
    engine: str | None = None,
    cell: int | None = None,
    save: str | Path | None = None,
) -> Replay:
    """Name a fit, make it again, and save it if a file is named.

    Raises
    ------
    UserError
        As of `task_of`; or if a user's file is gone, or the file cannot be written.
    """
    task = task_of(folder, dataset, estimator, engine, cell)
    validate(read_run(folder).settings)  # a user's own file may be gone
    made = replay(folder, task)
    if save is not None:
        from sbc.fitting.resample import save as written

        written(task, made.fit, Path(save))
    return made


def replay(folder: Path, task: Task) -> Replay:
    """Fit again, as the run did, and compare."""
    with Store.open(folder) as store:
        found = _stored(store, task)
    made = fit(task)
    differences = tuple(_differences(found, made)) if found else ()
    return Replay(task, made, found is not None, differences, tuple(_moved(folder)))


def _moved(folder: Path) -> list[str]:
    """List the packages that another version has replaced since the run."""
    found = []
    for name, was in read_run(folder).packages.items():
        try:
            now = metadata.version(name)
        except metadata.PackageNotFoundError:
            now = "not installed"
        if was and was != now:
            found.append(f"{name} was {was}, is {now}")
    return found


def _stored(store: Store, task: Task) -> dict[str, Any] | None:
    """Read one fit with its results and thinned draws, as plain values."""
    key = task.key
    where = "WHERE k = ? AND estimator = ? AND engine = ?"
    fits = list(store.rows(f"SELECT {', '.join(_OF_FIT)} FROM fit {where}", key))
    if not fits:
        return None
    columns = ", ".join(_OF_RESULT)
    results = store.rows(
        f"SELECT quantity, {columns}, thinned.draws FROM result "
        f"LEFT JOIN thinned USING (k, estimator, engine, quantity, size) {where}",
        key,
    )
    return {
        "fit": dict(zip(_OF_FIT, fits[0], strict=True)),
        "results": {
            quantity: dict(zip((*_OF_RESULT, "draws"), values, strict=True))
            for quantity, *values in results
        },
    }


def _differences(stored: dict[str, Any], made: Fit) -> list[str]:
    now = asdict(made)
    found = [
        f"{name} was {value}, is {now[name]}"
        for name, value in stored["fit"].items()
        if value != now[name]
    ]
    results = {result.quantity: result for result in made.results}
    if results.keys() != stored["results"].keys():
        old, new = (", ".join(sorted(names)) or "nothing" for names in (stored["results"], results))
        return [*found, f"ranked was {old}, is {new}"]
    return found + [
        f"{name} of {quantity} was {value}, is {getattr(results[quantity], name)}"
        if name != "draws"
        else f"the thinned draws of {quantity} differ"
        for quantity, values in stored["results"].items()
        for name, value in values.items()
        if not _same(value, getattr(results[quantity], name))
    ]


def _same(a: Any, b: Any) -> bool:
    """Compare bit for bit; SQLite keeps NaN as NULL."""
    return a == b or (a is None and isinstance(b, float) and math.isnan(b))


def describe(made: Replay) -> str:
    """Summarise the fit in a table, and say whether it is the stored one."""
    from tabulate import tabulate

    row = made.fit
    lines = [
        f"dataset {made.task.dataset}, {row.estimator}, {row.engine}: {row.status}, attempt "
        f"{row.attempt + 1}, {row.divergences} divergences, {row.seconds:.2f} s",
        f"data from {row.stream}; sampler's seed {row.seed}",
    ]
    if row.error:
        lines += ["", row.error]
    if row.results:
        table = [_readable(result) for result in row.results]
        lines += ["", tabulate(table, headers="keys", disable_numparse=True, stralign="right")]
    return "\n".join([*lines, "", _agreement(made)])


def _readable(result: Result) -> dict[str, str]:
    return {
        "quantity": result.quantity,
        "truth": f"{result.truth:.4g}",
        "mean": f"{result.mean:.4g}",
        "sd": f"{result.sd:.3g}",
        "95 % interval": f"[{result.quantiles[0]:.4g}, {result.quantiles[-1]:.4g}]",
        "z": f"{(result.mean - result.truth) / result.sd:+.2f}" if result.sd else _NONE,
        "rank": f"{result.rank} of {result.size}" if result.size else _NONE,
        "ESS bulk": _NONE if math.isnan(result.ess_bulk) else f"{result.ess_bulk:.0f}",
        "ESS tail": _NONE if math.isnan(result.ess_tail) else f"{result.ess_tail:.0f}",
        "R-hat": _NONE if math.isnan(result.rhat) else f"{result.rhat:.3f}",
    }


def _agreement(made: Replay) -> str:
    if not made.stored:
        return "the run does not hold this fit yet; there is nothing to compare it with"
    if not made.differences:
        return "identical to the stored fit"
    shown, more = made.differences[:_SHOWN], len(made.differences) - _SHOWN
    lines = ["differs from the stored fit:", *shown]
    lines += [f"… and {more} more"] if more > 0 else []
    lines += [f"package {text}" for text in made.moved]
    return "\n  ".join(lines)
