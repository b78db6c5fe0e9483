"""What `sbc posterior` and `sbc.posterior` give: estimators' posteriors for one dataset."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sbc.fitting.allowed import validate
from sbc.fitting.engine_choice import settled
from sbc.fitting.options import settings_over
from sbc.plugins import live
from sbc.plugins.errors import UserError, in_python, option
from sbc.store.settings import Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sbc.fitting.fit import Task
    from sbc.store.frames import Run
    from sbc.store.rows import Result

#: What a figure may be written as.
FORMATS = (".png", ".svg", ".pdf")


@dataclass(frozen=True)
class Posteriors:
    """Posteriors of several estimators for one dataset.

    Attributes
    ----------
    settings : Settings
        What was fitted.
    dataset : int
        The dataset's number.
    cell : int or None
        Of a sweep: the cell's number.
    draws : mapping of str to mapping of str to array
        Posterior draws, shape (draws,), of each estimand, vectors by their elements, of each
        estimator that has draws.
    truth : mapping of str to float
        The true value of each estimand.
    lines : tuple of str
        Mean, sd and truth of each, or why a fit failed.
    """

    settings: Settings
    dataset: int
    cell: int | None
    draws: Mapping[str, Mapping[str, np.ndarray]]
    truth: Mapping[str, float]
    lines: tuple[str, ...]

    def plot(self) -> Figure:
        """Draw them over each other, a panel an estimand, with the truth."""
        from sbc.report.figures.posterior import posterior_figure

        title = f"dataset {self.dataset} of {self.settings.generator}, "
        title += f"truth '{self.settings.truth}'"
        title += "" if self.cell is None else f", cell {self.cell}"
        return posterior_figure(self.draws, self.truth, title)

    def __str__(self) -> str:
        """Write what they are, as the command line does."""
        return in_python("\n".join(self.lines))

    def _repr_html_(self) -> str:
        """Show the same in a notebook, and the figure."""
        from sbc.report.figures.svg import standalone

        picture = b64encode(standalone(self.plot()).encode()).decode()
        shown = f'<img alt="posteriors" src="data:image/svg+xml;base64,{picture}">'
        return f"<pre>{escape(str(self))}</pre>{shown}"


def posteriors(
    wanted: Mapping[str, Any],
    run: Run | str | Path | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Posteriors:
    """Fit one dataset by every estimator, and draw the posteriors into a file.

    Parameters
    ----------
    wanted : mapping
        As for `sbc.fitting.options.settings_over`, and ``dataset``, ``cell`` and ``out``.
    run : Run or its folder, optional
        What to take all other settings from; of a sweep, ``cell`` names the cell.
    say : callable
        Told each line as soon as it is known.

    Raises
    ------
    UserError
        For what cannot be, or where no fit has draws.
    """
    dataset, cell = wanted["dataset"], wanted.get("cell")
    file = None if wanted.get("out") is None else Path(wanted["out"])
    if file is not None and file.suffix.lower() not in FORMATS:
        raise UserError(f"{option('out')} must end in {', '.join(FORMATS)}, not '{file.name}'")
    folder = run if run is None or isinstance(run, str | Path) else run.folder
    settings = _settings(wanted, folder, cell)
    found = _fitted(settings, dataset, cell, say)
    if file is not None:
        from sbc.report.figures.posterior import save_figure

        save_figure(found.plot(), file)
    return found


def _settings(wanted: Mapping[str, Any], folder: str | Path | None, cell: int | None) -> Settings:
    dataset = wanted["dataset"]
    if dataset < 0:
        raise UserError(f"{option('dataset')} must be at least 0, not {dataset}")
    base, chosen = None, dict(wanted)
    if folder is not None:
        from sbc.store.folder import read_run, refuse_imported
        from sbc.studies.sweep.read import settings_in

        made = read_run(Path(folder))
        refuse_imported(Path(folder), made)
        if chosen.get("estimator") is None:
            live.check_known(made, Path(folder), f".posterior({dataset})")
        base = settings_in(Path(folder), made, cell)
    elif cell is not None:
        raise UserError(f"{option('cell')} is one of a sweep's: name its folder")
    elif chosen.get("estimator") is None:
        chosen["estimator"] = "all"
    settings = replace(settings_over(base, chosen), datasets=dataset + 1)
    validate(settings)
    if settings.regime.own and len(settings.estimators) > 1:
        raise UserError(
            f"with {option('truth', settings.truth)} each estimator has datasets of its own; "
            f"name one with {option('estimator')}"
        )
    return settled(settings, chosen.get("engine") is not None or base is not None)


def _fitted(
    settings: Settings, dataset: int, cell: int | None, say: Callable[[str], None]
) -> Posteriors:
    """Fit every estimator and keep the draws of its estimands, vectors by their elements."""
    from sbc.fitting.fit import Task, fit

    lines: list[str] = []
    draws: dict[str, dict[str, np.ndarray]] = {}
    truth: dict[str, float] = {}

    def tell(line: str) -> None:
        lines.append(line)
        say(line)

    for estimator in settings.estimators:
        task = Task(settings, estimator, settings.engines_of(estimator)[0], dataset)
        row = fit(task)
        ranked = {result.quantity: result for result in row.results}
        if not ranked:
            tell(f"{estimator}: {row.status}: {row.error}")
            continue
        found = _draws(task, row, ranked)
        for name in found or ranked:
            result = ranked[name]
            truth[name] = result.truth
            how = row.status if found else "an estimate without draws"
            tell(f"{estimator}: {name} {result.mean:.3g} ± {result.sd:.2g}, truth "
                 f"{result.truth:.3g} ({how})")  # fmt: skip
        if found:
            draws[estimator] = found
    if not draws:
        raise UserError("no fit has draws; there is nothing to draw")
    return Posteriors(settings, dataset, cell, draws, truth, tuple(lines))


def _draws(task: Task, row: Any, ranked: Mapping[str, Result]) -> dict[str, np.ndarray]:
    from sbc.fitting.resample import sample_again

    found: dict[str, np.ndarray] = {}
    for name, values in sample_again(task, row).values.items():
        scalars = {name: values} if values.ndim == 2 else {
            f"{name}[{j}]": values[..., j] for j in range(values.shape[2])
        }  # fmt: skip
        found |= {key: np.ravel(x) for key, x in scalars.items() if _wanted(task, key, ranked)}
    return found


def _wanted(task: Task, name: str, ranked: Mapping[str, Result]) -> bool:
    estimands = task.setup.estimator.estimands
    return name in ranked and name.partition("[")[0] in estimands
