"""The posterior of one given dataset, kept as arrays so that pages are drawn without fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np

from sbc.fitting.fit import retry_schedule
from sbc.plugins import registry
from sbc.plugins.data import Array, Data
from sbc.plugins.engine import Budget, Draws
from sbc.report.labels import slug
from sbc.stats import seeds
from sbc.stats.diagnostics import diagnose
from sbc.store.publish import publish
from sbc.studies.lecture.loo import (
    Loo,
    Score,
    binomial_log_likelihood,
    integrated,
    left_out,
    loo,
    score,
)
from sbc.studies.lecture.plan import sigma_of

BUDGET = Budget(draws=1000, tune=500, chains=4, target_accept=0.9)
ENGINE = "nutpie"
#: Of the intervals that the lecture draws.
LEVEL = 0.89


@dataclass(frozen=True)
class Single:
    """A posterior as the page needs it.

    Attributes
    ----------
    estimator : str
        Whose.
    draws : mapping of str to array of shape (n_chains, n_draws)
        Of the scalar estimands.
    vectors : mapping of str to mapping of str to array
        Of each vector estimand: ``mean``, ``mcse``, ``low`` and ``high`` of its elements.
    rhat, ess : float
        The worst of all.
    divergences : int
        After warm-up, over all chains.
    scores : mapping of str to Score
        Leave-one-out scores of tanks: ``psis`` as the lecture has them, ``integrated`` to be relied
        on. None of a model that lets survival depend on more than the tank.
    """

    estimator: str
    draws: Mapping[str, Array]
    vectors: Mapping[str, Mapping[str, Array]]
    rhat: float
    ess: float
    divergences: int
    scores: Mapping[str, Score] = field(default_factory=dict)


def sample(estimator: str, generator: str, data: Data, seed: int) -> Single:
    """Fit one estimator to one dataset, with smaller steps if the chains do not agree.

    Parameters
    ----------
    estimator, generator : str
        As they are named on the command line.
    data : dict of str to array
        What the generator would hand over.
    seed : int
        Of the lecture.
    """
    made = registry.estimator(estimator)
    selected = made.select(data)
    compiled = registry.engine(ENGINE).compile(made, registry.generator(generator), selected)
    for attempt, budget in enumerate(retry_schedule(BUDGET)):
        drawn = compiled.fit(selected, budget, seeds.fit_seed(seed, 0, estimator, ENGINE, attempt))
        rhat, ess = worst(drawn)
        if rhat <= 1.01 and ess >= 400:
            break
    return summed_up(estimator, drawn, made.estimands, data, (rhat, ess))


def worst(drawn: Draws) -> tuple[float, float]:
    """Give the largest R-hat and the smallest ESS, bulk or tail, of all variables."""
    columns = [np.moveaxis(np.atleast_3d(values), -1, 0) for values in drawn.values.values()]
    checks = diagnose(np.concatenate(columns))
    return float(checks.rhat.max()), float(min(checks.ess_bulk.min(), checks.ess_tail.min()))


def summed_up(
    estimator: str,
    drawn: Draws,
    estimands: tuple[str, ...],
    data: Data,
    quality: tuple[float, float],
) -> Single:
    """Keep of the draws what the page needs."""
    values = {name: drawn.values[name] for name in estimands}
    scores: dict[str, Score] = {}
    if "p_survived" in values and "beta_P" not in values:
        given, marginal = tank_log_likelihoods(estimator, values, data)
        scores["psis"] = score(lambda some: loo(given[some]), len(given))
        scores["integrated"] = score(lambda some: left_out(marginal[some], given[some]), len(given))
    return Single(
        estimator=estimator,
        draws={name: x for name, x in values.items() if x.ndim == 2},
        vectors={name: _summary(x) for name, x in values.items() if x.ndim == 3},
        rhat=quality[0],
        ess=quality[1],
        divergences=drawn.divergences,
        scores=scores,
    )


def tank_log_likelihoods(
    estimator: str, draws: Mapping[str, Array], data: Data
) -> tuple[Array, Array]:
    """Log likelihood of each row given its tank's alpha, and with alpha integrated out.

    Parameters
    ----------
    estimator : str
        One whose alpha_j ~ Normal(alpha_bar, sigma), sigma estimated or given by its name.
    draws : mapping of str to array of shape (n_chains, n_draws) or (n_chains, n_draws, n_tanks)
        ``alpha_bar``, ``p_survived`` and, if it is estimated, ``sigma``.
    data : dict of str to array
        ``tank``, ``D`` and ``S`` of shape (n,), one row a tank.

    Returns
    -------
    given, marginal : array of shape (n_chains, n_draws, n)
    """
    given = binomial_log_likelihood(draws["p_survived"][..., data["tank"]], data["D"], data["S"])
    told = sigma_of(estimator)
    alpha_bar = draws["alpha_bar"]
    sigma = draws["sigma"] if told is None else np.full(alpha_bar.shape, told)
    return given, integrated(alpha_bar, sigma, data)


def _summary(x: Array) -> dict[str, Array]:
    ess = diagnose(np.moveaxis(x, -1, 0)).ess_bulk
    flat = x.reshape(-1, x.shape[-1])
    low, high = np.quantile(flat, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    mean, sd = flat.mean(axis=0), flat.std(axis=0, ddof=1)
    return {"mean": mean, "mcse": sd / np.sqrt(ess), "low": low, "high": high}


def file_of(folder: Path, estimator: str) -> Path:
    """Name the file that keeps a posterior."""
    return folder / f"{slug(estimator)}.npz"


def save(single: Single, folder: Path) -> None:
    """Write plain arrays, whole or not at all."""
    arrays = {f"draws/{name}": x for name, x in single.draws.items()}
    for name, summary in single.vectors.items():
        arrays |= {f"vector/{name}/{part}": x for part, x in summary.items()}
    for way, found in single.scores.items():
        numbers = {**vars(found.loo), "elpd_mcse": found.elpd_mcse, "p_mcse": found.p_mcse}
        arrays |= {f"score/{way}/{name}": np.asarray(x) for name, x in numbers.items()}
    arrays |= {name: np.asarray(getattr(single, name)) for name in ("rhat", "ess", "divergences")}

    def write(place: Path) -> None:
        with place.open("wb") as out:
            np.savez_compressed(out, **cast(dict[str, Any], arrays))

    publish(file_of(folder, single.estimator), write)


def load(folder: Path, estimator: str) -> Single:
    """Read what `save` wrote."""
    with np.load(file_of(folder, estimator), allow_pickle=False) as file:
        arrays = dict(file)
    vectors, scores = (_nested(arrays, kind) for kind in ("vector", "score"))
    return Single(
        estimator=estimator,
        draws={k.removeprefix("draws/"): x for k, x in arrays.items() if k.startswith("draws/")},
        vectors=vectors,
        rhat=float(arrays["rhat"]),
        ess=float(arrays["ess"]),
        divergences=int(arrays["divergences"]),
        scores={way: _score(parts) for way, parts in scores.items()},
    )


def _nested(arrays: Mapping[str, Array], kind: str) -> dict[str, dict[str, Array]]:
    found: dict[str, dict[str, Array]] = {}
    for key, x in arrays.items():
        if key.startswith(f"{kind}/"):
            _, name, part = key.split("/")
            found.setdefault(name, {})[part] = x
    return found


def _score(parts: Mapping[str, Array]) -> Score:
    plain: dict[str, Any] = {name: x if x.ndim else float(x) for name, x in parts.items()}
    errors = plain.pop("elpd_mcse"), plain.pop("p_mcse")
    return Score(Loo(**plain), *errors)
