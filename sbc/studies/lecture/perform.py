"""Do what a lecture consists of, as far as it has not been done: fits and leave-one-out scores."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import joblib

from sbc.fitting import loop
from sbc.fitting.compiled import compiled_for
from sbc.fitting.convergence import retry_schedule
from sbc.fitting.progress import bar_of
from sbc.fitting.setup import setup_of
from sbc.plugins import registry
from sbc.plugins.data import Data
from sbc.store.publish import publish_text
from sbc.store.rows import FAILED
from sbc.store.settings import Settings
from sbc.studies.lecture import single
from sbc.studies.lecture.confound_data import lecture_data
from sbc.studies.lecture.evidence import COLUMNS, SCORES, Evidence
from sbc.studies.lecture.loo import left_out, loo
from sbc.studies.lecture.plan import GENERATORS, Plan, run_folder, single_folder
from sbc.studies.lecture.scenarios import MULTILEVEL, SCENARIOS, SIGMA_1, TANKS, Scenario

#: Whose scores are taken in the simulated tanks.
SCORED = (MULTILEVEL, SIGMA_1)


def perform(plan: Plan, folder: Path, jobs: int, progress: bool) -> None:
    """Fit what is missing; what is there is left as it is.

    Parameters
    ----------
    plan : Plan
        What is wanted.
    folder : Path
        The lecture's.
    jobs : int
        Workers.
    progress : bool
        Whether to draw progress bars on stderr.
    """
    for name, estimators in plan.singles().items():
        _singles(name, estimators, plan.seed, folder, progress)
    for scenario in SCENARIOS:
        _scenario(scenario, plan, folder, jobs, progress)
    _scores(Evidence(TANKS, run_folder(folder, TANKS)), jobs, progress)


def lecture_dataset(name: str) -> Data:
    """Give one of the lecture's own datasets: the real tanks, or the confound of seed 12."""
    if name == "confound":
        return lecture_data()
    real = registry.generator(GENERATORS[name]).real
    assert real is not None, f"the study that {GENERATORS[name]} imitates has no data here"
    return real()


def _singles(name: str, estimators: list[str], seed: int, folder: Path, progress: bool) -> None:
    kept = single_folder(folder, name)
    todo = [e for e in estimators if not single.file_of(kept, e).is_file()]
    data = lecture_dataset(name)
    for estimator in _bar(todo, f"{name}, the lecture's data", progress, len(todo)):
        single.save(single.sample(estimator, GENERATORS[name], data, seed), kept)


def _scenario(scenario: Scenario, plan: Plan, folder: Path, jobs: int, progress: bool) -> None:
    wanted, place = scenario.settings(plan.datasets, plan.seed), run_folder(folder, scenario)
    if (place / loop.RUN_FILE).is_file():
        store, settings = loop.resume(place, wanted)
    else:
        store, settings = loop.create(wanted, place), wanted
    with store:
        if len(store.done()) < settings.datasets * len(settings.estimators):
            loop.execute(settings, store, jobs, progress=progress)


def _scores(evidence: Evidence, jobs: int, progress: bool) -> None:
    """Score the tanks' fits that worked, each sampled again to have all of its draws."""
    file = evidence.run.folder / SCORES
    _repair(file)
    done = set(zip(evidence.scores.dataset, evidence.scores.estimator, strict=True))
    fits = evidence.run.fits
    worked = fits[fits.estimator.isin(SCORED) & ~fits.status.isin(FAILED)]
    todo = [
        (int(k), str(estimator), int(attempt), int(seed))
        for k, estimator, attempt, seed in zip(
            worked.dataset, worked.estimator, worked.attempt, worked.seed, strict=True
        )
        if (k, estimator) not in done
    ]
    parallel = joblib.Parallel(jobs, prefer="threads", return_as="generator_unordered")
    rows = parallel(joblib.delayed(_score)(evidence.run.settings, *key) for key in todo)
    with file.open("a", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        if out.tell() == 0:
            writer.writerow(COLUMNS)
        for row in _bar(rows, "leave-one-out scores", progress, len(todo)):
            writer.writerow(row)
            out.flush()


def _score(settings: Settings, k: int, estimator: str, attempt: int, seed: int) -> tuple[Any, ...]:
    setup = setup_of(settings, estimator)
    data = setup.estimator.select(setup.draw(k).data)
    compiled = compiled_for(setup, settings.engines[0], data)
    drawn = compiled.fit(data, retry_schedule(settings.budget)[attempt], seed)
    given, marginal = single.tank_log_likelihoods(estimator, drawn.values, data)
    psis, exact = loo(given), left_out(marginal, given)
    return k, estimator, psis.elpd, psis.p, psis.bad, exact.elpd, exact.p, exact.bad


def _repair(file: Path) -> None:
    """Cut off a last line that was not written to its end."""
    if file.is_file():
        text = file.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            publish_text(file, whole, newline="")


def _bar[T](things: Iterable[T], words: str, progress: bool, total: int) -> Iterator[T]:
    with bar_of(total, shown=progress, unit="dataset", words=words) as bar:
        for thing in things:
            yield thing
            bar.update()
