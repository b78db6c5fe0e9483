"""Go on with a run until its Monte Carlo errors are as small as was asked.

Errors are estimated from the datasets that they decide on. With hundreds of them the error at the
end is what it is said to be [1]_; the measures themselves keep a bias that is small beside it.

References
----------
.. [1] Chow & Robbins (1965). On the asymptotic theory of fixed-width sequential confidence
   intervals for the mean. Annals of Mathematical Statistics 36:457. doi:10.1214/aoms/1177700156
.. [2] Morris, White & Crowther (2019). Using simulation studies to evaluate statistical methods.
   Statistics in Medicine 38:2074, section 5.3. doi:10.1002/sim.8086
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sbc.fitting import loop
from sbc.fitting.workers.threads import Profile
from sbc.report.targets import ELEMENT, Subject, subjects_of
from sbc.stats.fits import Estimate, Proportion
from sbc.stats.vectors import measure
from sbc.store.database import Store
from sbc.store.folder import read_run, write_run
from sbc.store.frames import Run, load_run
from sbc.store.precision import Precision, level_of, next_look
from sbc.store.rows import LEVELS
from sbc.store.settings import Settings


def execute(
    settings: Settings,
    store: Store,
    jobs: int,
    precision: Precision | None,
    told: Callable[[str], None] = lambda text: None,
    **how: Any,
) -> Profile:
    """Fit what is missing, and then more until what was asked is reached; closes the store.

    Parameters
    ----------
    settings : Settings
        Of the run, with the number of datasets at which it is looked at first.
    store : Store
        Open to be written.
    jobs : int
        Workers.
    precision : Precision, optional
        What is asked; without it this is `sbc.fitting.loop.execute`.
    told : callable
        Told at each look how far it is.
    **how
        Of `sbc.fitting.loop.execute`, which says what is raised.

    Returns
    -------
    Profile
        Of the last round of fits.
    """
    folder = store.folder
    with store:
        if precision is not None:
            _note(folder, settings, precision)
        profile = loop.execute(settings, store, jobs, **how)
    while precision is not None:
        left = unreached(load_run(folder), precision.errors)
        ended = "" if left else "reached"
        if left and settings.datasets >= precision.max_datasets:
            ended = "maximum"
        if ended:
            precision = replace(precision, stopped=ended, open=tuple(left))
            _note(folder, settings, precision)
            return profile
        more = min(next_look(settings.datasets), precision.max_datasets)
        told(f"at {settings.datasets} datasets: {'; '.join(left[:2])}; on to {more}")
        settings = replace(settings, datasets=more)
        with Store.open(folder, write=True) as again:
            _note(folder, settings, precision)
            profile = loop.execute(settings, again, jobs, **how)
    return profile


def _note(folder: Path, settings: Settings, precision: Precision) -> None:
    run = read_run(folder)
    write_run(folder, run | {"settings": settings.to_json(), "precision": precision.to_json()})


def unreached(run: Run, errors: Mapping[str, float]) -> list[str]:
    """Say which errors are larger than was asked, the farthest first, as ``bias of …: 0.02``.

    Parameters
    ----------
    run : Run
        What there is: all estimators and estimands count, vectors as a whole.
    errors : mapping of str to float
        The largest errors that will do.
    """
    found = []
    for subject in subjects_of(run):
        if subject.kind == ELEMENT:
            continue
        who = run.settings.who(subject.estimator, subject.engine)
        for metric, wanted in errors.items():
            error = error_of(subject, metric)
            if not error <= wanted:
                shown = f"{error:.3g}" if math.isfinite(error) else "unknown"
                what = f"{subject.name} by {who}" if subject.name else who
                found.append((error / wanted, f"{metric} of {what}: {shown}"))
    return [text for _, text in sorted(found, key=lambda pair: -pair[0])]


def error_of(subject: Subject, metric: str) -> float:
    """Give a Monte Carlo error as it is held against what was asked; infinite if there is none.

    Of a share it is a quarter of its 95 % interval's width: the usual error is 0 where all datasets
    hit, which the first few may. Coverage is that of tables.
    """
    level = level_of(metric)
    options: dict[str, Any] = {} if level is None else {"level": level, "kind": "known"}
    if level is not None and level not in LEVELS:
        options["kind"] = "pit"
    found: Estimate | Proportion = measure(
        metric if level is None else "coverage", subject.what, **options
    )
    error = (found.high - found.low) / 4 if isinstance(found, Proportion) else found.mcse
    return error if math.isfinite(error) else math.inf
