"""What a gate judges, out of a run's rows: its names, and each estimator's leading datasets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from sbc.gates.checks import Subject
from sbc.gates.history import History, history
from sbc.store.frames import Run, undamaged
from sbc.store.schema import RESULTS_FILE


def subject_of(run: Run) -> Subject:
    """Collect what there is to be judged in a run."""
    estimands: dict[str, list[str]] = {name: [] for name in run.settings.estimators}
    quantities: dict[str, list[str]] = {name: [] for name in run.settings.estimators}
    estimated = {key for key, _ in run.streams(estimands_only=True)}
    for key, _ in run.streams():
        names = (estimands if key in estimated else quantities)[key[0]]
        if key[2] not in names:
            names.append(key[2])
    known = {name: found or run.estimands(name) for name, found in estimands.items()}
    return Subject(run.settings, run.expected_uniform, known, quantities, run.regimes)


def histories_of(
    run: Run, estimands: Mapping[str, Iterable[str]], max_datasets: int | None
) -> dict[tuple[str, str], History]:
    """Read the leading datasets of every estimator under every engine.

    Parameters
    ----------
    run : Run
        Finished or not.
    estimands : mapping of str to iterable of str
        By estimator, as for `read_truths`.
    max_datasets : int or None
        Datasets beyond this number are not looked at.
    """
    settings = run.settings
    wanted = {name: estimands.get(name, []) for name in settings.estimators}
    truths = read_truths(run, wanted)
    return {
        (name, engine): history(
            run.fits, run.results, name, engine, truths=truths[name], max_datasets=max_datasets
        )
        for name, engine in settings.pairs
    }


def read_truths(
    run: Run, estimands: Mapping[str, Iterable[str]]
) -> dict[str, dict[int, dict[str, Any]]]:
    """Read what estimators' datasets were made with, those of failed fits too.

    Parameters
    ----------
    run : Run
        Finished or not.
    estimands : mapping of str to iterable of str
        By estimator, which parameters, vectors by their elements or as a whole.

    Returns
    -------
    dict of str to dict of int to dict of str to number or list
        By estimator, the parameters of each dataset by its number.
    """
    wanted = {
        estimator: {name.partition("[")[0] for name in names}
        for estimator, names in estimands.items()
    }
    found: dict[str, dict[int, dict[str, Any]]] = {estimator: {} for estimator in wanted}
    with undamaged(run.folder / RESULTS_FILE):
        for k, source, text in run.datasets("truth"):
            truth = dict(json.loads(text))
            for estimator in wanted if source == "" else wanted.keys() & {source}:
                found[estimator][k] = {
                    name: np.asarray(truth[name], dtype=float).tolist()
                    for name in wanted[estimator]
                    if name in truth
                }
    return found
