"""One fit: dataset k, one estimator, one engine, from the seed to a row."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

import numpy as np

from sbc import registry, seeds
from sbc.contracts import LOG_LIKELIHOOD, Budget, Data, Dataset, Draws
from sbc.diagnostics import diagnose
from sbc.metrics import crps_from_draws
from sbc.ranks import jitter, rank, thinning
from sbc.settings import Settings, owes_uniform
from sbc.validate import check_arguments, check_data

#: Posterior quantiles that are kept: the ends of the 50, 80, 90 and 95 % intervals, and the median.
PROBABILITIES = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)

OK, LOW_ESS, DIVERGENT = "ok", "low_ess", "divergent"
NONCONVERGED, ERROR = "nonconverged", "error"
#: Fits that are counted but not used in any estimate.
FAILED = (NONCONVERGED, ERROR, "timeout")


@dataclass(frozen=True)
class Task:
    """Names and numbers that a worker needs for one fit."""

    settings: Settings
    estimator: str
    engine: str
    dataset: int


@dataclass(frozen=True)
class Result:
    """One quantity of one fit."""

    quantity: str
    truth: float
    mean: float
    sd: float
    quantiles: tuple[float, ...]
    crps: float
    ess_bulk: float
    ess_tail: float
    rhat: float
    rank: int
    ties: int
    size: int
    jitter: float
    draws: bytes


@dataclass(frozen=True)
class Fit:
    """One row a fit, whatever became of it."""

    dataset: int
    estimator: str
    engine: str
    status: str
    error: str = ""
    attempt: int = 0
    divergences: int = 0
    steps: int = 0
    seconds: float = 0.0
    seed: int = 0
    chains: int = 0
    draws: int = 0
    results: tuple[Result, ...] = ()
    truth: dict[str, Any] = field(default_factory=dict)
    features: dict[str, float] = field(default_factory=dict)
    stream: str = ""


def draw_dataset(settings: Settings, dataset: int) -> Dataset:
    """Regenerate dataset number `dataset`: the same arrays wherever and whenever it is called."""
    generator = registry.generator(settings.generator)
    rng = np.random.default_rng(seeds.data_stream(settings.seed, dataset))
    return generator.draw(rng, settings.truth, **settings.parameters)


def fit(task: Task) -> Fit:
    """Draw the dataset, sample its posterior, climb the ladder if need be, and rank the truth.

    A failure of the model or the sampler becomes a row with its reason. The ladder is decided by
    diagnostics alone, with the same data and a new seed derived from the attempt's number.
    """
    settings = task.settings
    generator = registry.generator(settings.generator)
    estimator = registry.estimator(task.estimator)
    drawn = draw_dataset(settings, task.dataset)
    row = Fit(
        task.dataset,
        task.estimator,
        task.engine,
        ERROR,
        truth=drawn.truth,
        features={name: f(drawn.data) for name, f in generator.features.items()},
        stream=seeds.describe(seeds.data_stream(settings.seed, task.dataset)),
    )
    began = time.perf_counter()
    steps = 0
    for attempt, budget in enumerate(ladder(settings.budget)):
        seed = seeds.fit_seed(settings.seed, task.dataset, task.estimator, task.engine, attempt)
        row = replace(
            row, attempt=attempt, seed=seed, chains=budget.chains, draws=budget.draws, steps=steps
        )
        try:
            check_data(generator, drawn.data)
            data = estimator.select(drawn.data)
            compiled = compiled_for(task, data)
            draws = compiled.fit(data, budget, seed)
            truth = dict(drawn.truth)
            if owes_uniform(settings, task.estimator):
                truth[LOG_LIKELIHOOD] = compiled.log_likelihood(drawn.truth, data)
            results = summarise(task, draws, truth)
        except Exception as problem:  # whatever a model or a sampler raises is this fit's result
            text = f"{type(problem).__name__}: {problem}"
            row = replace(row, status=ERROR, error=text[:2000])
            break
        steps += draws.steps
        row = replace(
            row,
            status=judge(results, draws.divergences, budget),
            divergences=draws.divergences,
            steps=steps,
            results=results,
        )
        if row.status not in FAILED:
            break
    return replace(row, seconds=time.perf_counter() - began)


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


def judge(results: tuple[Result, ...], divergences: int, budget: Budget) -> str:
    """Give the status that a fit's worst quantity and its divergences deserve.

    Converged means R-hat ≤ 1.05 and bulk and tail ESS ≥ 160 throughout; with R-hat > 1.01 or an
    ESS < 400 the fit is kept as ``low_ess``. Divergences alone never drop a fit: more than 0.5 %
    of the draws flag it.
    """
    worst_rhat = max(r.rhat for r in results)
    least_ess = min(min(r.ess_bulk, r.ess_tail) for r in results)
    if not (worst_rhat <= 1.05 and least_ess >= 160):  # NaN fails too
        return NONCONVERGED
    if divergences > 0.005 * budget.chains * budget.draws:
        return DIVERGENT
    return OK if worst_rhat <= 1.01 and least_ess >= 400 else LOW_ESS


def summarise(task: Task, draws: Draws, truth: dict[str, Any]) -> tuple[Result, ...]:
    """Reduce the draws of all quantities to their rows, ranked in the same thinned draws.

    Raises
    ------
    ValueError
        If a draw is not finite.
    """
    columns = dict(_columns(draws, truth))
    stacked = np.stack([values for values, _ in columns.values()])
    if not np.isfinite(stacked).all():
        bad = [n for n, x in zip(columns, stacked, strict=True) if not np.isfinite(x).all()]
        raise ValueError(f"the sampler returned draws that are not finite: {', '.join(bad)}")
    truths = np.array([value for _, value in columns.values()])
    kept = thinning(*stacked.shape[1:])
    thinned = np.concatenate([stacked[:, c, index] for c, index in enumerate(kept)], axis=1)
    below, equal = (np.asarray(counts) for counts in rank(thinned, truths))
    flat = stacked.reshape(len(stacked), -1)
    quantiles = np.quantile(flat, PROBABILITIES, axis=1).T
    checks = diagnose(stacked)
    mean, sd = flat.mean(axis=1), flat.std(axis=1, ddof=1)
    crps = crps_from_draws(thinned, truths)
    settings = task.settings
    return tuple(
        Result(
            quantity=name,
            truth=float(truths[i]),
            mean=float(mean[i]),
            sd=float(sd[i]),
            quantiles=tuple(quantiles[i].tolist()),
            crps=float(crps[i]),
            ess_bulk=float(checks.ess_bulk[i]),
            ess_tail=float(checks.ess_tail[i]),
            rhat=float(checks.rhat[i]),
            rank=int(below[i]),
            ties=int(equal[i]),
            size=thinned.shape[1],
            jitter=jitter(settings.seed, task.dataset, task.estimator, name, task.engine),
            draws=np.ascontiguousarray(thinned[i], dtype="<f8").tobytes(),
        )
        for i, name in enumerate(columns)
    )


def _columns(draws: Draws, truth: dict[str, Any]) -> Any:
    """Yield (name, (draws, truth)) of every scalar that is ranked, vectors by their elements."""
    for name, values in draws.values.items():
        if name == LOG_LIKELIHOOD and name not in truth:
            continue  # the truth is not a point of this model's joint distribution
        if name not in truth:
            raise ValueError(f"the generator states no truth for '{name}'")
        true = np.ravel(truth[name])
        if values.ndim == 2:
            yield name, (values, float(true[0]))
        else:
            for j in range(values.shape[2]):
                yield f"{name}[{j}]", (values[..., j], float(true[j]))


_compiled: dict[tuple[str, ...], list[Any]] = {}
_locks: dict[tuple[str, ...], Lock] = {}
_guard = Lock()


def compiled_for(task: Task, data: Data) -> Any:
    """Give a compiled model that takes data of these shapes, compiling only if there is none.

    Nothing that a compiled model keeps of the dataset that it was compiled on, but its shapes,
    reaches the draws of another.
    """
    key = (task.settings.generator, task.estimator, task.engine)
    with _guard:
        lock = _locks.setdefault(key, Lock())
    with lock:
        known = _compiled.setdefault(key, [])
        for compiled in known:
            if compiled.accepts(data):
                return compiled
        engine = registry.engine(task.engine)
        estimator = registry.estimator(task.estimator)
        known.append(engine.compile(estimator, registry.generator(task.settings.generator), data))
        return known[-1]


def prepare(task: Task) -> None:
    """Compile a task's model on its dataset, so that a model that cannot work is told at once.

    Raises
    ------
    UserError
        If the data and the model do not fit together.
    """
    generator, estimator = (
        registry.generator(task.settings.generator),
        registry.estimator(task.estimator),
    )
    data = draw_dataset(task.settings, task.dataset).data
    check_arguments(estimator, generator, data)
    check_data(generator, data)
    compiled_for(task, estimator.select(data))
