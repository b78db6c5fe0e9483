"""Dataset after dataset of a generator, ranked among what a model draws: streams of PITs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sbc.engines import _model
from sbc.fitting.forward import ModelDraws
from sbc.fitting.forward_plan import Plan, plan_of
from sbc.fitting.setup import Setup
from sbc.plugins.data import Array, Data, Dataset, as_replicated, structure_of
from sbc.plugins.errors import UserError, option
from sbc.stats import seeds
from sbc.stats.exchangeable import pits
from sbc.stats.ranks import jitter
from sbc.store.regime import SELF

#: What stands for the engine in the streams of random numbers.
_NAME = "forward"


@dataclass
class Streams:
    """What was compared of one estimator.

    Attributes
    ----------
    plan : Plan
        Of the first dataset.
    pit : dict of (kind, variable, statistic) to array, shape (datasets,)
        Randomised PITs in the order of the datasets; NaN where there is none.
    differing : dict of str to int
        Parameters that the model computes from the truth to other values, and in how many datasets.
    impossible : dict of (kind, variable) to int
        What the model gives no chance, and in how many datasets.
    failed : dict of str to int
        Reasons for which something could not be compared, and in how many datasets.
    """

    plan: Plan
    pit: dict[tuple[str, str, str], Array] = field(default_factory=dict)
    differing: dict[str, int] = field(default_factory=dict)
    impossible: dict[tuple[str, str], int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)


def streams_of(setup: Setup, datasets: int) -> Streams:
    """Rank the truths and the data of many datasets among draws of an estimator's model.

    Parameters
    ----------
    setup : Setup
        The estimator in its run.
    datasets : int
        The numbers 0 to `datasets` - 1 are looked at: those that a run would fit.

    Raises
    ------
    UserError
        Where truth and data come from the model itself, so that there is nothing to compare.
    """
    regime = setup.settings.regime
    if regime.own and not setup.settings.simulator:
        raise UserError(
            f"with {option('truth', setup.settings.truth)} truth and data are drawn from "
            f"'{setup.spec}' itself, so that there is nothing to compare it with; name a regime of "
            f"a generator, or simulate the data by your own function: {option('simulator')}"
        )
    models: dict[str, ModelDraws] = {}
    found: Streams | None = None
    for dataset in range(datasets):
        try:
            drawn = setup.draw(dataset)
        except UserError:
            raise
        except Exception as problem:  # as a fit of it would fail: counted, never drawn again
            if found is not None:
                _count(found.failed, f"{type(problem).__name__}: {problem}")
                continue
            raise UserError(f"dataset {dataset} cannot be drawn: {problem}") from problem
        try:
            data = setup.estimator.select(as_replicated(drawn.data))
            draws = _draws(setup, models, drawn, data)
        except UserError:
            raise
        except Exception as problem:  # a dataset without rows, for one
            if found is None:
                raise
            _count(found.failed, f"{type(problem).__name__}: {problem}".partition("\n")[0])
            continue
        if found is None:
            found = Streams(draws.plan)
        _rank(setup, found, draws, drawn, data, dataset, datasets)
        found.plan.skipped |= draws.skipped
    assert found is not None  # there is at least one dataset
    return found


def _draws(setup: Setup, models: dict[str, ModelDraws], drawn: Dataset, data: Data) -> ModelDraws:
    """State the model for the first dataset of its kind; the next ones swap their data in."""
    anew = bool(getattr(setup.estimator, "anew", False))
    key = structure_of(data) or str({name: np.ndim(v) for name, v in drawn.truth.items()})
    if anew or key not in models:
        model = _model.build(setup.estimator, setup.generator, data)
        from_model = setup.settings.truth == SELF.name
        models[key] = ModelDraws(model, plan_of(model, drawn.truth, likelihood_only=from_model))
    return models[key]


def _rank(
    setup: Setup,
    found: Streams,
    draws: ModelDraws,
    drawn: Dataset,
    data: Data,
    dataset: int,
    datasets: int,
) -> None:
    """Rank one dataset; what cannot be computed of it is counted."""
    seed = setup.settings.seed
    rng = np.random.default_rng(seeds.fit_seed(seed, dataset, setup.spec, _NAME, 0))
    try:
        ranked = draws.ranked(drawn.truth, data, rng)
    except Exception as problem:
        _count(found.failed, f"{type(problem).__name__}: {problem}".partition("\n")[0])
        return
    for name in ranked.differing:
        _count(found.differing, name)
    for target in ranked.impossible:
        found.impossible[target.what] = found.impossible.get(target.what, 0) + 1
    for target, reason in ranked.failed.items():
        _count(found.failed, f"{target.name}: {reason}")
    pools = {
        (*target.what, statistic): pool
        for target, statistics in ranked.pools.items()
        for statistic, pool in statistics.items()
    }
    if not pools:
        return
    spread = [jitter(seed, dataset, setup.spec, " ".join(key), _NAME) for key in pools]
    for key, u in zip(pools, pits(np.stack(list(pools.values())), np.array(spread)), strict=True):
        found.pit.setdefault(key, np.full(datasets, np.nan))[dataset] = u


def _count(counts: dict[str, int], what: str) -> None:
    counts[what] = counts.get(what, 0) + 1
