"""How many datasets a run would need for the Monte Carlo errors asked for, by a pilot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from sbc.plugins.errors import UserError, option
from sbc.report.targets import ELEMENT, subjects_of
from sbc.stats.how_many import Needed, datasets_for, scaled
from sbc.store.frames import Run, load_run
from sbc.store.names import fitted_by
from sbc.store.precision import level_of, parse
from sbc.studies.precise import error_of


@dataclass(frozen=True)
class ErrorsNeed:
    """How many datasets Monte Carlo errors take.

    Attributes
    ----------
    errors : dict of str to float
        The errors asked for, by metric, each in the unit of its metric.
    needed : dict of str to Needed
        Datasets for each, and the reckoning in words.
    """

    errors: dict[str, float]
    needed: dict[str, Needed]

    @property
    def datasets(self) -> int:
        """How many all of them take."""
        return max(one.datasets for one in self.needed.values())

    def __str__(self) -> str:
        """Write it as the command line does."""
        names = {metric: f"{metric}={error:g}" for metric, error in self.errors.items()}
        width = max(map(len, names.values()))
        lines = [
            f"{names[metric]:<{width}}  {one.datasets:>9,} datasets: {one.why}"
            for metric, one in self.needed.items()
        ]
        return "\n".join([*lines, "", f"for all of them: {self.datasets:,} datasets"])

    def _repr_html_(self) -> str:
        """Show the same in a notebook."""
        return f"<pre>{escape(str(self))}</pre>"


def errors_need(wanted: Mapping[str, Any]) -> ErrorsNeed:
    """Say how many datasets the errors that are asked for take.

    Parameters
    ----------
    wanted : mapping
        ``precision``, ``empirical_se`` and ``pilot``, as `sbc.power` takes them; None says nothing.

    Raises
    ------
    UserError
        For a metric whose error nothing says in advance.
    """
    errors = parse(wanted["precision"])
    spread, pilot = wanted.get("empirical_se"), wanted.get("pilot")
    if spread is not None and not 0 < spread < 1e9:
        raise UserError(f"{option('empirical_se')} must be positive, not {spread:g}")
    if pilot is None:
        needed = {metric: _reckoned(metric, error, spread) for metric, error in errors.items()}
    elif spread is not None:
        raise UserError(
            f"{option('pilot')} has an empirical SE of its own; leave out {option('empirical_se')}"
        )
    else:
        needed = by_pilot(pilot if isinstance(pilot, Run) else load_run(pilot), errors)
    return ErrorsNeed(dict(errors), needed)


def _reckoned(metric: str, error: float, spread: float | None) -> Needed:
    """Reckon by theory; raises UserError where it says nothing."""
    level = level_of(metric)
    needed = datasets_for("coverage" if level else metric, error, level, spread)
    if needed is None and spread is None and datasets_for(metric, error, None, 1.0):
        raise UserError(
            f"the error of {metric} depends on the empirical SE: give {option('empirical_se')} or "
            f"{option('pilot')}"
        )
    if needed is None:
        raise UserError(
            f"the error of {metric} is not known in advance; estimate it with {option('pilot')}"
        )
    return needed


def by_pilot(run: Run, errors: Mapping[str, float]) -> dict[str, Needed]:
    """Reckon from the errors of a run that was made, the worst of its estimators and estimands.

    Parameters
    ----------
    run : Run
        The pilot.
    errors : mapping of str to float
        The errors asked for, by metric.

    Raises
    ------
    UserError
        If the pilot says nothing about a metric.
    """
    found: dict[str, Needed] = {}
    for metric, error in errors.items():
        for subject in subjects_of(run):
            needed = scaled(subject.what.n, error_of(subject, metric), error)
            if subject.kind == ELEMENT or needed is None:
                continue
            if metric not in found or needed.datasets > found[metric].datasets:
                who = fitted_by(subject.estimator, subject.engine)
                told = f"{needed.why} of {subject.name} by {who}"
                found[metric] = Needed(needed.datasets, told)
        if metric not in found:
            raise UserError(f"{run.folder} says nothing of the Monte Carlo error of {metric}")
    return found
