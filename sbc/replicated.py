"""Regime ``posterior``: truths from the posterior given real data, and data replicated from there.

The estimator is then fitted to both, the real data and the replicate, and the truth is a draw from
the very posterior that it is asked for: uniform ranks are owed (Säilynoja et al. 2025,
arXiv:2502.03279). Truths depend on the seed, the model and the real data alone.
"""

from __future__ import annotations

from dataclasses import replace
from threading import RLock
from typing import Any

import numpy as np
import pymc as pm
from pymc.pytensorf import compile, reseed_rngs
from pytensor.graph.replace import graph_replace
from pytensor.graph.traversal import ancestors
from pytensor.tensor.random.type import RandomType

from sbc import registry, seeds
from sbc.contracts import Budget, Data, Dataset, Draws, Estimator, Generator, Truth, again
from sbc.diagnostics import diagnose
from sbc.engines import _model
from sbc.errors import UserError

#: So many truths are taken out of one sample of the posterior; a longer run draws another sample.
BLOCK = 250
#: Of that sample, attempt after attempt: one truth from every 40 draws.
BUDGETS = (
    Budget(draws=2500, tune=1000, chains=4, target_accept=0.9),
    Budget(draws=2500, tune=2000, chains=4, target_accept=0.95),
    Budget(draws=5000, tune=4000, chains=4, target_accept=0.99),
)


class Replicated:
    """Draws truths from one estimator's posterior and replicates of the data; for any threads.

    Parameters
    ----------
    estimator : Estimator
        Whose posterior it is.
    generator : Generator
        Whose design is the real data.
    real : dict of str to ndarray
        These.
    seed : int
        The run's.
    """

    def __init__(self, estimator: Estimator, generator: Generator, real: Data, seed: int) -> None:
        self._estimator, self._generator, self._real, self._seed = estimator, generator, real, seed
        self._data = estimator.select(real)
        self._model = _model.build(estimator, generator, self._data)
        self._observed = [rv.name for rv in self._model.observed_RVs]
        self._function, self._streams = _replicating(self._model, estimator, self._data)
        self._blocks: dict[int, list[Truth]] = {}
        self._sampler: Any = None
        self._lock = RLock()

    def draw(self, dataset: int, rng: np.random.Generator) -> Dataset:
        """Take truth number `dataset` and draw a replicate of the real data given it.

        Raises
        ------
        UserError
            If the posterior given the real data cannot be sampled.
        """
        block, place = divmod(dataset, BLOCK)
        with self._lock:
            if block not in self._blocks:
                self._blocks[block] = self._sampled(block)
            truth = self._blocks[block][place]
            reseed_rngs(self._streams, int(rng.integers(2**63)))
            values = self._function(*(truth[rv.name] for rv in self._model.free_RVs))
        copies = {again(name): v for name, v in zip(self._observed, values, strict=True)}
        return Dataset(_plain(truth), self._real | copies)

    def _sampled(self, block: int) -> list[Truth]:
        """Sample the posterior until it has converged, and take truths far apart from each other.

        The sampler is always the same, whatever engine is put to the test.
        """
        for attempt, budget in enumerate(BUDGETS):
            draws = self._compiled().fit(
                self._data,
                budget,
                seeds.truth_seed(self._seed, block, self._estimator.name, attempt),
            )
            trouble = _trouble(draws)
            few = draws.divergences <= 0.005 * budget.chains * budget.draws
            if not trouble and (few or budget is BUDGETS[-1]):
                return self._thinned(draws)
        raise UserError(
            f"'{self._estimator.name}': the posterior given the real data has not converged in "
            f"{len(BUDGETS)} attempts ({trouble}); there are no truths to draw from it"
        )

    def _compiled(self) -> Any:
        if self._sampler is None:
            names = tuple(rv.name for rv in self._model.free_RVs)
            whole = replace(self._estimator, estimands=names, quantities={})
            engine = registry.engine("pymc" if _model.discrete(self._model) else "nutpie")
            self._sampler = engine.compile(whole, self._generator, self._data)
        return self._sampler

    def _thinned(self, draws: Draws) -> list[Truth]:
        """Take a block of truths, the chains in turn, evenly spaced in each."""
        chains, length = next(iter(draws.values.values())).shape[:2]
        each = -(-BLOCK // chains)
        kept = [(k % chains, (k // chains + 1) * length // each - 1) for k in range(BLOCK)]
        shaped = {
            rv.name: draws.values[rv.name]
            .reshape(chains, length, *rv.shape.eval())
            .astype(rv.dtype)
            for rv in self._model.free_RVs
        }
        return [{name: values[c, i] for name, values in shaped.items()} for c, i in kept]


def _replicating(model: pm.Model, estimator: Estimator, data: Data) -> tuple[Any, list[Any]]:
    """Compile the observed variables as functions of the free ones; and their random streams."""
    places = _model.places_of(model, estimator, data)
    simulated = {place: model[name] for place, name in places.items()}
    inputs = {rv: rv.type() for rv in model.free_RVs}
    drawn = [
        graph_replace(rv, {d: x for d, x in simulated.items() if x is not rv}, strict=False)
        for rv in model.observed_RVs
    ]
    drawn = graph_replace(drawn, inputs, strict=False)
    # In the order of the graph, which every process builds alike.
    streams = [v for v in ancestors(drawn) if isinstance(v.type, RandomType)]
    function = compile(list(inputs.values()), drawn, mode="FAST_COMPILE", on_unused_input="ignore")
    return function, streams


def _trouble(draws: Draws) -> str:
    """Say what is wrong with a sample of the posterior, if anything is."""
    for name, values in draws.values.items():
        columns = np.moveaxis(values.reshape(*values.shape[:2], -1).astype(float), 2, 0)
        if values.dtype.kind != "f":  # a discrete variable may well stay at one value
            columns = columns[np.ptp(columns, axis=(1, 2)) > 0]
        found = diagnose(columns)
        ess = np.minimum(found.ess_bulk, found.ess_tail)
        if not ((found.rhat <= 1.01).all() and (ess >= BLOCK).all()):  # NaN neither
            return f"{name}: R-hat {np.max(found.rhat):.2f}, ESS {np.min(ess):.0f}"
    return ""


def _plain(truth: Truth) -> Truth:
    return {name: v.item() if np.ndim(v) == 0 else v for name, v in truth.items()}
