"""One fit: dataset k, one estimator, one engine, from the seed to a row."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock
from typing import Any

import numpy as np

from sbc.fitting import estimands
from sbc.fitting.datasets import draw_dataset, source, stream
from sbc.fitting.estimands import designs, estimator_of, is_wanted
from sbc.fitting.summarise import summarise
from sbc.plugins import blame, registry
from sbc.plugins.contracts import (
    LOG_LIKELIHOOD,
    Array,
    Budget,
    Data,
    Dataset,
    Draws,
    Estimator,
    as_replicated,
)
from sbc.plugins.errors import UserError
from sbc.plugins.validate import check_arguments, check_data
from sbc.stats import ranks, seeds
from sbc.store.names import vector_of
from sbc.store.rows import (
    CELL,
    DIVERGENT,
    ERROR,
    FAILED,
    LOW_ESS,
    NONCONVERGED,
    OK,
    POOR,
    Fit,
    Result,
)
from sbc.store.settings import OWN_REGIMES, POSTERIOR, Settings, owes_uniform, world_key, world_of


@dataclass(frozen=True)
class Task:
    """Names and numbers that a worker needs for one fit.

    `dataset` and `settings` decide its bits; in a sweep these are the settings of its cell, and
    `cell` says where its row goes.
    """

    settings: Settings
    estimator: str
    engine: str
    dataset: int
    cell: int = 0

    @property
    def key(self) -> tuple[int, str, str]:
        """Its key in the store."""
        return (self.cell * CELL + self.dataset, self.estimator, self.engine)


def fit(task: Task) -> Fit:
    """Draw the dataset, sample its posterior, climb the ladder if need be, and rank the truth.

    A failure of the model or the sampler becomes a row with its reason. The ladder is decided by
    diagnostics alone, with the same data and a new seed derived from the attempt's number.
    """
    began = time.perf_counter()
    try:
        row = _climb(task)
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
    settings = task.settings
    return Fit(
        *task.key,
        ERROR,
        stream=seeds.describe(stream(settings, task.dataset, task.estimator)),
        source=source(settings, task.estimator),
    )


def described(task: Task) -> Fit:
    """Give the row of a fit of which its dataset is known and no more."""
    return _described(task, draw_dataset(task.settings, task.dataset, task.estimator))


def _described(task: Task, drawn: Dataset) -> Fit:
    features = world_of(task.settings).features
    data = as_replicated(drawn.data)
    return replace(
        blank(task),
        truth=drawn.truth,
        features={name: feature(data) for name, feature in features.items()},
    )


def _drawn(task: Task) -> Dataset:
    """Draw the dataset; a posterior to take truths from is sampled once, on nobody's time."""
    with while_compiling() if task.settings.truth == POSTERIOR else nullcontext():
        return draw_dataset(task.settings, task.dataset, task.estimator)


def _climb(task: Task) -> Fit:
    settings = task.settings
    generator = world_of(settings)
    drawn = _drawn(task)
    row = _described(task, drawn)
    key = (settings.seed, task.dataset, task.estimator)
    try:
        estimator = estimator_of(settings, task.estimator)
        check_data(generator, drawn.data)
        data = estimator.select(drawn.data)
        compiled = compiled_for(task, data)
        truth = _truth_of_quantities(task, estimator, compiled, drawn, data)
        budgets = (registry.engine(task.engine).ladder or ladder)(settings.budget)
        for attempt, budget in enumerate(budgets):
            seed = seeds.fit_seed(*key, task.engine, attempt)
            row = replace(row, attempt=attempt, seed=seed, chains=budget.chains, draws=budget.draws)
            draws = _with_quantities(estimator, compiled.fit(data, budget, seed), drawn.data)
            results = summarise(
                *(draws, truth, partial(_jitter, task), estimator.elements, estimator.constant)
            )
            draws = _moving(draws, results)
            results = _settled(results, draws)
            results = tuple(r for r in results if is_wanted(settings, estimator, r.quantity))
            row = replace(
                row,
                status=_status(results, draws, budget),
                error=draws.trouble,
                divergences=draws.divergences,
                pareto_k=draws.pareto_k,
                elbo_drift=draws.elbo_drift,
                steps=row.steps + draws.steps,
                results=results,
            )
            if row.status not in FAILED:
                break
    except Exception as problem:  # as in `fit`, but the dataset is known and stays in the row
        return replace(row, status=ERROR, error=_reason(problem), results=())
    return row


def _jitter(task: Task, quantity: str) -> float:
    return ranks.jitter(task.settings.seed, task.dataset, task.estimator, quantity, task.engine)


def _truth_of_quantities(
    task: Task, estimator: Estimator, compiled: Any, drawn: Dataset, data: Data
) -> dict[str, Any]:
    """Give the true value of everything that is ranked.

    The log likelihood and other functions of parameters and data are ranked only where the truth is
    a point of the estimator's own joint distribution; elsewhere they have no true value.
    """
    missing = [name for name in estimator.estimands if name not in drawn.truth]
    known = drawn.truth
    if missing:
        known = known | _derived(task, estimator, data, missing).at(drawn.truth, data)
    truth = {name: known[name] for name in estimator.estimands}
    if owes_uniform(task.settings, task.estimator):
        truth[LOG_LIKELIHOOD] = compiled.log_likelihood(drawn.truth, data)
        _check_support(task, truth[LOG_LIKELIHOOD])
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
    if task.settings.truth in OWN_REGIMES and not np.isfinite(log_likelihood):
        raise ValueError(
            f"the simulated data lie outside their likelihood's support: at their own truth the "
            f"log likelihood is {log_likelihood}"
        )


def _with_quantities(estimator: Estimator, draws: Draws, data: Data) -> Draws:
    """Evaluate the estimator's own test quantities at every draw."""
    if not estimator.quantities:
        return draws
    chains, length = next(iter(draws.values.values())).shape[:2]
    computed: dict[str, Array] = {n: np.empty((chains, length)) for n in estimator.quantities}
    for c in range(chains):
        for i in range(length):
            theta = {name: values[c, i] for name, values in draws.values.items()}
            for name, quantity in estimator.quantities.items():
                computed[name][c, i] = quantity(theta, data)
    return replace(draws, values={**draws.values, **computed})


def _settled(results: tuple[Result, ...], draws: Draws) -> tuple[Result, ...]:
    """Take chains that all stay at one value of a discrete number as agreeing: R-hat is 0 / 0.

    A continuous one that does not move is a sampler that is stuck, and no result.
    """
    discrete = {name for name, v in draws.values.items() if v.dtype.kind in "biu"}
    others = draws.values.keys() - {LOG_LIKELIHOOD}
    if others <= discrete and all(
        (np.ptp(draws.values[n], axis=(0, 1)) == 0).all() for n in others
    ):
        discrete.add(LOG_LIKELIHOOD)  # a function of nothing but these
    size = float(np.prod(next(iter(draws.values.values())).shape[:2]))
    return tuple(
        replace(r, rhat=1.0, ess_bulk=size, ess_tail=size)
        if vector_of(r.quantity) in discrete and r.sd < 1e-12 * (1 + abs(r.mean))
        else r
        for r in results
    )


def _moving(draws: Draws, results: tuple[Result, ...]) -> Draws:
    """Have independent draws that are all the same, of no discrete variable, count as a failure."""
    still = [r.quantity for r in results if r.sd == 0 and not r.mean.is_integer()]
    if draws.independent and still and not draws.trouble:
        return replace(draws, trouble=f"all draws of {', '.join(still)} are the same")
    return draws


def ladder(budget: Budget) -> list[Budget]:
    """List the budgets of successive attempts: smaller steps, longer warm-up, then more draws."""
    accept = budget.target_accept
    return [
        budget,
        replace(budget, target_accept=max(accept, 0.95), tune=2 * budget.tune),
        replace(
            budget, target_accept=max(accept, 0.99), tune=4 * budget.tune, draws=2 * budget.draws
        ),
    ]


def _status(results: tuple[Result, ...], draws: Draws, budget: Budget) -> str:
    """Judge a fit by the diagnostics that its algorithm has."""
    if draws.trouble:
        return NONCONVERGED
    if draws.independent:
        return POOR if draws.pareto_k > 0.7 else OK
    chains, length = next(iter(draws.values.values())).shape[:2]
    return judge(results, draws.divergences, replace(budget, chains=chains, draws=length))


def judge(results: tuple[Result, ...], divergences: int, budget: Budget) -> str:
    """Give the status that a fit's worst quantity and its divergences deserve.

    Converged means R-hat ≤ 1.05 and bulk and tail ESS ≥ 160 throughout; with R-hat > 1.01 or an
    ESS < 400 the fit is kept as ``low_ess``. Divergences alone never drop a fit: more than 0.5 %
    of the draws flag it.
    """
    # NumPy's, which give NaN wherever it stands among the numbers.
    worst_rhat = float(np.max([r.rhat for r in results]))
    least_ess = float(np.min([(r.ess_bulk, r.ess_tail) for r in results]))
    if not (worst_rhat <= 1.05 and least_ess >= 160):  # NaN fails too
        return NONCONVERGED
    if divergences > 0.005 * budget.chains * budget.draws:
        return DIVERGENT
    return OK if worst_rhat <= 1.01 and least_ess >= 400 else LOW_ESS


_derivations: dict[tuple[Any, ...], Any] = {}
_compiled: dict[tuple[str, ...], list[Any]] = {}
_locks: dict[tuple[str, ...], Lock] = {}
_guard = Lock()
#: So many models are kept of an estimator that is compiled anew for each dataset.
_KEPT = 8
#: Entered while a model is compiled, which takes long and does not count as the fit's time.
while_compiling: Callable[[], AbstractContextManager[object]] = nullcontext


def _derived(task: Task, estimator: Estimator, data: Data, names: list[str]) -> Any:
    """Give what computes these deterministics at a truth, compiled once."""
    from sbc.fitting.deterministics import Derived

    structure = estimator.structure(data)
    generator = world_of(task.settings)
    lengths = _lengths(data) if not structure else ()
    key = (*world_key(task.settings), task.estimator, *names, structure, lengths)
    with _guard:
        if key not in _derivations:
            with while_compiling():
                _derivations[key] = Derived(estimator, generator, data, names)
        return _derivations[key]


def _lengths(data: Data) -> tuple[tuple[int, ...], ...]:
    return tuple(np.shape(array) for array in data.values())


def compiled_for(task: Task, data: Data) -> Any:
    """Give a compiled model that takes data of these shapes, compiling only if there is none.

    Nothing that a compiled model keeps of the dataset that it was compiled on, but its shapes,
    reaches the draws of another.
    """
    settings = task.settings
    estimator = estimator_of(settings, task.estimator)
    structure = estimator.structure(data)
    names = (*world_key(settings), task.estimator, task.engine, *settings.estimands)
    key = (*names, structure)
    with _guard:
        lock = _locks.setdefault(key, Lock())
    with lock:
        known = _compiled.setdefault(key, [])
        for compiled in known:
            if compiled.accepts(data):
                return compiled
        engine = registry.engine(task.engine)
        with while_compiling():
            known.append(engine.compile(estimator, world_of(settings), data))
        if estimator.anew:
            _drop_others(names, key)
        return known[-1]


def _drop_others(names: tuple[str, ...], key: tuple[str, ...]) -> None:
    """Forget what was compiled for other datasets, but for the last few, which threads may use."""
    with _guard:
        mine = [k for k in _compiled if k[:-1] == names and k != key]
        for old in mine[: -_KEPT or None]:
            del _compiled[old]


def forget() -> None:
    """Drop every compiled model: a file that models were read from has changed."""
    with _guard:
        _compiled.clear()
        _derivations.clear()
    estimands.forget()


def prepare(task: Task) -> None:
    """Compile a task's model on its dataset, so that a model that cannot work is told at once.

    A dataset that cannot be drawn or handed over is no such thing: its own fit records that.

    Raises
    ------
    UserError
        If the data and the model do not fit together.
    """
    generator = world_of(task.settings)
    estimator = estimator_of(task.settings, task.estimator)
    check_arguments(estimator, generator, designs(task.settings)[0])
    try:
        data = _drawn(task).data
        check_data(generator, data)
        selected = estimator.select(data)
    except UserError:
        raise
    except Exception:
        return
    compiled_for(task, selected)
