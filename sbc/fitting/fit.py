"""One fit: dataset k, one estimator, one engine, from the seed to a row."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from sbc.fitting.allowed import expects_uniform
from sbc.fitting.compiled import compiled_for, deterministics, while_compiling
from sbc.fitting.convergence import (
    accept_constant_discrete,
    flag_constant_draws,
    retry_schedule,
    status,
    without_constant,
)
from sbc.fitting.estimands import is_wanted
from sbc.fitting.estimated import check_shapes, rows_of
from sbc.fitting.setup import Setup, setup_of
from sbc.fitting.summarise import summarise
from sbc.plugins import blame, registry
from sbc.plugins.contained import contained
from sbc.plugins.data import LOG_LIKELIHOOD, Array, Data, Dataset, as_replicated
from sbc.plugins.engine import FUNCTION, Budget, Draws
from sbc.plugins.errors import UserError
from sbc.plugins.estimates import Estimates
from sbc.plugins.estimator import Estimator
from sbc.plugins.function import budgets_of
from sbc.plugins.validate import check_arguments, check_data
from sbc.stats import ranks, seeds
from sbc.store.rows import CELL, ERROR, FAILED, OK, Fit, Result
from sbc.store.settings import Settings


@dataclass(frozen=True)
class Task:
    """Names and numbers that a worker needs for one fit.

    `dataset` and `settings` decide its bits; in a sweep these are the settings of its cell, and
    `cell` says where its row goes. `kept_as` is what the sweep calls an estimator whose options
    vary, which `estimator` names; empty where it is called the same.
    """

    settings: Settings
    estimator: str
    engine: str
    dataset: int
    cell: int = 0
    kept_as: str = ""

    @property
    def key(self) -> tuple[int, str, str]:
        """Its key in the store."""
        return (self.cell * CELL + self.dataset, self.kept_as or self.estimator, self.engine)

    @property
    def setup(self) -> Setup:
        """What its names stand for."""
        return setup_of(self.settings, self.estimator)


def fit(task: Task) -> Fit:
    """Draw the dataset, sample its posterior, retry if need be, and rank the truth.

    A failure of the model or the sampler becomes a row with its reason. Whether to retry is decided
    by diagnostics alone, with the same data and a new seed derived from the attempt's number.
    """
    began = time.perf_counter()
    try:
        row = _until_converged(task)
    except Exception as problem:  # whatever a model or a sampler raises is this fit's result
        row = replace(blank(task), status=ERROR, error=_reason(problem))
    return replace(row, seconds=time.perf_counter() - began)


def _reason(problem: Exception) -> str:
    """Say what was raised; samplers written in Rust add a list of addresses that says nothing."""
    text = f"{type(problem).__name__}: {problem}"
    if blame.is_ours(problem):
        text = f"bug of sbc ({blame.place(problem)}): {text}"
    return text.partition("\n\nStack backtrace:")[0][:2000]


def blank(task: Task) -> Fit:
    """Give the row of a fit of which no more is known than which one it is."""
    setup = task.setup
    stream = seeds.describe(setup.stream(task.dataset))
    source = task.key[1] if task.settings.regime.own else ""  # nobody's where all share datasets
    return Fit(*task.key, ERROR, stream=stream, source=source)


def described(task: Task) -> Fit:
    """Give the row of a fit of which its dataset is known and no more."""
    return _described(task, task.setup.draw(task.dataset))


def _described(task: Task, drawn: Dataset) -> Fit:
    features = task.setup.generator.features
    data = as_replicated(drawn.data)
    with contained():
        found = {name: feature(data) for name, feature in features.items()}
    return replace(blank(task), truth=drawn.truth, features=found)


def _drawn(task: Task) -> Dataset:
    """Draw the dataset; a posterior to take truths from is sampled once, on nobody's time."""
    with while_compiling() if task.settings.regime.given_data else nullcontext():
        return task.setup.draw(task.dataset)


def _until_converged(task: Task) -> Fit:
    settings, setup = task.settings, task.setup
    drawn = _drawn(task)
    row = _described(task, drawn)
    key = (settings.seed, task.dataset, task.estimator)
    try:
        estimator = setup.estimator
        check_data(setup.generator, drawn.data)
        data = estimator.select(drawn.data)
        compiled = compiled_for(setup, task.engine, data)
        truth = _truth_of_quantities(task, compiled, drawn, data)
        schedule = registry.engine(task.engine).retry_schedule or retry_schedule
        for attempt, budget in enumerate(budgets_of(estimator, schedule)(settings.budget)):
            seed = seeds.fit_seed(*key, task.engine, attempt)
            row = replace(row, attempt=attempt, seed=seed, chains=budget.chains, draws=budget.draws)
            with contained():  # an engine may be the user's too
                found = compiled.fit(data, budget, seed)
            if isinstance(found, Estimates):
                return _estimated(task, row, found, truth)
            row = _ranked(task, row, _with_quantities(estimator, found, drawn), truth, budget)
            if row.status not in FAILED:
                break
    except Exception as problem:  # as in `fit`, but the dataset is known and stays in the row
        return replace(row, status=ERROR, error=_reason(problem), results=())
    return row


def _estimated(task: Task, row: Fit, found: Estimates, truth: dict[str, Any]) -> Fit:
    """Put into the row what a function estimates; there are no draws to rank or to judge."""
    results = _wanted(task, rows_of(found, truth))
    return replace(row, status=OK, chains=0, draws=0, results=results)


def _ranked(task: Task, row: Fit, draws: Draws, truth: dict[str, Any], budget: Budget) -> Fit:
    """Rank the truth in an attempt's draws, and judge them."""
    estimator = task.setup.estimator
    if task.engine == FUNCTION:  # as many as it has given, whatever the budget
        check_shapes(draws, truth)
        chains, length = next(iter(draws.values.values())).shape[:2]
        row = replace(row, chains=chains, draws=length)
    results = summarise(
        draws,
        without_constant(draws, truth, estimator.quantities),
        partial(_jitter, task),
        estimator.elements,
        estimator.constant,
    )
    draws = flag_constant_draws(draws, results)
    results = accept_constant_discrete(results, draws)
    return _judged(row, _wanted(task, results), draws, budget)


def _wanted(task: Task, results: tuple[Result, ...]) -> tuple[Result, ...]:
    estimator = task.setup.estimator
    return tuple(r for r in results if is_wanted(task.settings, estimator, r.quantity))


def _judged(row: Fit, results: tuple[Result, ...], draws: Draws, budget: Budget) -> Fit:
    """Put into the row what an attempt gave."""
    return replace(
        row,
        status=status(results, draws, budget),
        error=draws.failure,
        divergences=draws.divergences,
        pareto_k=draws.pareto_k,
        elbo_drift=draws.elbo_drift,
        steps=row.steps + draws.steps,
        results=results,
    )


def _jitter(task: Task, quantity: str) -> float:
    return ranks.jitter(task.settings.seed, task.dataset, task.estimator, quantity, task.engine)


def _truth_of_quantities(task: Task, compiled: Any, drawn: Dataset, data: Data) -> dict[str, Any]:
    """Give the true value of everything that is ranked.

    Log likelihood, log prior and other functions of parameters and data are ranked only where the
    truth is a point of the estimator's own joint distribution; elsewhere they have no true value.
    """
    estimator = task.setup.estimator
    if task.engine == FUNCTION:  # it states no density
        return {name: drawn.truth[name] for name in estimator.estimands}
    missing = [name for name in estimator.estimands if name not in drawn.truth]
    known = drawn.truth
    if missing:
        known = known | deterministics(task.setup, data, missing).at(drawn.truth, data)
    truth = {name: known[name] for name in estimator.estimands}
    if expects_uniform(task.settings, task.estimator):
        if hasattr(compiled, "densities"):
            truth |= compiled.densities(drawn.truth, data)
        else:  # an engine of the user's, which knows the one
            truth[LOG_LIKELIHOOD] = compiled.log_likelihood(drawn.truth, data)
        _check_support(task, truth[LOG_LIKELIHOOD])
        with contained():
            for name, quantity in estimator.quantities.items():
                truth[name] = float(quantity(drawn.truth, drawn.data))
    return truth


def _check_support(task: Task, log_likelihood: float) -> None:
    """Refuse data that the model drew and cannot have: of counts beyond all integers, for one.

    Raises
    ------
    ValueError
        If the log likelihood at the truth that made them is not finite.
    """
    if task.settings.regime.own and not np.isfinite(log_likelihood):
        raise ValueError(
            f"the simulated data lie outside their likelihood's support: at their own truth the "
            f"log likelihood is {log_likelihood}"
        )


def _with_quantities(estimator: Estimator, draws: Draws, drawn: Dataset) -> Draws:
    """Evaluate the estimator's own test quantities at every draw."""
    if not estimator.quantities:
        return draws
    chains, length = next(iter(draws.values.values())).shape[:2]
    computed: dict[str, Array] = {n: np.empty((chains, length)) for n in estimator.quantities}
    shaped = {
        name: values.reshape(chains, length, *np.shape(drawn.truth.get(name, values[0, 0])))
        for name, values in draws.values.items()
    }
    with contained():
        for c in range(chains):
            for i in range(length):
                theta = {name: values[c, i] for name, values in shaped.items()}
                for name, quantity in estimator.quantities.items():
                    computed[name][c, i] = quantity(theta, drawn.data)
    return replace(draws, values={**draws.values, **computed})


def prepare(task: Task) -> None:
    """Compile a task's model on its dataset, so that a model that cannot work is told at once.

    A dataset that cannot be drawn or handed over is no such thing: its own fit records that.

    Raises
    ------
    UserError
        If the data and the model do not fit together.
    """
    setup = task.setup
    estimator = setup.estimator
    check_arguments(estimator, setup.generator, setup.designs[0])
    try:
        drawn = _drawn(task)
        check_data(setup.generator, drawn.data)
        selected = estimator.select(drawn.data)
    except UserError:
        raise
    except Exception:
        return
    if expects_uniform(task.settings, task.estimator):
        _check_quantities(estimator, drawn)
    compiled_for(setup, task.engine, selected)


def _check_quantities(estimator: Estimator, drawn: Dataset) -> None:
    """Refuse a quantity that gives no number of the truth of a dataset.

    Raises
    ------
    UserError
        Naming what it raises or gives, and where.
    """
    for name, quantity in estimator.quantities.items():
        try:
            with contained():
                found = np.asarray(quantity(drawn.truth, drawn.data))
        except Exception as problem:
            raise UserError(
                f"the quantity '{name}' raises {type(problem).__name__}: {problem} "
                f"({blame.place(problem)}); theta has {', '.join(drawn.truth)}, data has "
                f"{', '.join(drawn.data)}"
            ) from problem
        if found.ndim or found.dtype.kind not in "biuf":
            what = f"an array of shape {found.shape}" if found.ndim else f"{found!r}"
            raise UserError(f"the quantity '{name}' must give one number, not {what}")
