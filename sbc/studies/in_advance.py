"""How many datasets a run would need for the Monte Carlo errors asked for, by a pilot."""

from __future__ import annotations

from collections.abc import Mapping

from sbc.plugins.errors import UserError
from sbc.report.targets import ELEMENT, subjects_of
from sbc.stats.how_many import Needed, scaled
from sbc.store.frames import Run
from sbc.store.names import fitted_by
from sbc.studies.precise import error_of


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
