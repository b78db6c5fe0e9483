"""Which cells of a sweep need more datasets, and how many to give to which.

What is settled has Monte Carlo errors that are small enough, and an answer to each bound. Stopping
at an error leaves that error as it is said to be only when there are many datasets: the number of
them then depends on the estimate of the error itself (Chow & Robbins 1965). Answers to bounds are
valid however the number came about.

References
----------
.. [1] Chow & Robbins (1965). On the asymptotic theory of fixed-width sequential confidence
   intervals for the mean. Annals of Mathematical Statistics 36:457. doi:10.1214/aoms/1177700156
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from sbc.studies.sweep.answers import answers, error_of, estimate
from sbc.studies.sweep.read import Sweep

BATCH = 25
"""Datasets that are added to a cell at once."""
Doubts = dict[tuple[str, int], float]


def doubts(sweep: Sweep, only: Collection[tuple[str, int]] | None = None) -> Doubts:
    """Say how many more datasets each (estimator, cell) seems to need, leaving out what is settled.

    A number is a guess, infinite where nothing points anywhere. Without a precision and a bound
    nothing is in doubt. What `only` leaves out is known to be settled.
    """
    found: Doubts = {}
    for cell, subject in sweep.subjects:
        key = subject.estimator, cell
        if only is not None and key not in only:
            continue
        n = len(next(iter(subject.frames.values())))
        for metric, wanted in sweep.plan.precision.items():
            ratio = error_of(estimate(subject, metric)) / wanted
            if ratio > 1:
                _need(found, key, n * (ratio**2 - 1) if math.isfinite(ratio) else math.inf)
    if sweep.plan.bounds:
        for answer in answers(sweep, sweep.plan.expectations, only):
            if answer.outcome == "inconclusive":
                _need(found, (answer.estimator, answer.cell), answer.needed or math.inf)
    return found


def _need(found: Doubts, key: tuple[str, int], more: float) -> None:
    found[key] = max(found.get(key, 0.0), more)


def spend(sweep: Sweep, open_: Mapping[tuple[str, int], float]) -> dict[tuple[str, int], int]:
    """Share out the next datasets: a batch to each that is in doubt, within the plan's limits.

    Parameters
    ----------
    sweep : Sweep
        What there is.
    open_ : mapping
        From `doubts`.

    Returns
    -------
    dict of (str, int) to int
        Where the budget does not suffice for all, those that need least come first; empty if
        nothing is in doubt or all is spent.
    """
    plan, settings = sweep.plan, sweep.settings
    left = math.inf if plan.budget is None else plan.budget - plan.fits(settings)
    given = {}
    for key in sorted(open_, key=lambda key: (open_[key], key)):
        estimator, cell = key
        engines = len(settings.engines_of(estimator))
        mine, most = plan.datasets[estimator][cell], plan.most_alike(estimator, cell)
        # Up to what a cell with the same fits has, they cost nothing.
        size = min(BATCH, plan.max_datasets - mine, most - mine + left // engines)
        if size > 0:
            given[key] = int(size)
            plan = plan.grown({key: int(size)})
            left -= max(mine + size - most, 0) * engines
    return given
