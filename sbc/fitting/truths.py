"""Truths out of a density, by a long run of NUTS: blocks of draws that lie far apart."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import RLock
from typing import Any

import numpy as np
import pymc as pm

from sbc.engines import _model
from sbc.plugins import registry
from sbc.plugins.data import Data, Truth
from sbc.plugins.engine import Budget, Draws
from sbc.plugins.errors import UserError
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.stats import seeds
from sbc.stats.diagnostics import diagnose

#: So many truths are taken out of one sample; a longer run draws another sample.
BLOCK = 250
#: Of that sample, attempt after attempt: one truth from every 40 draws.
BUDGETS = (
    Budget(draws=2500, tune=1000, chains=4, target_accept=0.9),
    Budget(draws=2500, tune=2000, chains=4, target_accept=0.95),
    Budget(draws=5000, tune=4000, chains=4, target_accept=0.99),
)


@dataclass
class Blocks:
    """Draws truths from the density of a model's free variables; for any threads.

    Attributes
    ----------
    estimator, generator : Estimator, Generator
        Whose model it is.
    data : dict of str to ndarray
        What it is given: see `sbc.engines._model.build`.
    model : pymc.Model
        That model.
    seed : int
        The run's.
    density : str
        What it is, in words: ``"the posterior given the real data"``.
    least_ess : int
        Bulk and tail effective sample size that every element must reach in a block.
    divergences : float
        The largest share of divergent draws, in the last attempt too; infinite where earlier
        attempts alone are held to half a percent.
    """

    estimator: Estimator
    generator: Generator
    data: Data
    model: pm.Model
    seed: int
    density: str
    least_ess: int = BLOCK
    divergences: float = np.inf
    _blocks: dict[int, list[Truth]] = field(default_factory=dict)
    _sampler: Any = None
    _lock: Any = field(default_factory=RLock)

    def truth(self, dataset: int) -> Truth:
        """Take truth number `dataset`: the same whatever was asked for before.

        Raises
        ------
        UserError
            If the density cannot be sampled.
        """
        block, place = divmod(dataset, BLOCK)
        with self._lock:
            if block not in self._blocks:
                self._blocks[block] = self._sampled(block)
            return self._blocks[block][place]

    def _sampled(self, block: int) -> list[Truth]:
        """Sample until it has converged, and take truths far apart from each other.

        The sampler is always the same, whatever engine is put to the test.
        """
        failure = ""
        for attempt, budget in enumerate(BUDGETS):
            seed = seeds.truth_seed(self.seed, block, self.estimator.name, attempt)
            draws = self._compiled().fit(self.data, budget, seed)
            failure = _failure(draws, self.least_ess)
            total = budget.chains * budget.draws
            last = budget is BUDGETS[-1]
            share = self.divergences if last else min(self.divergences, 0.005)
            if not failure and draws.divergences > share * total:
                failure = f"{draws.divergences} of {total} draws diverged"
            if not failure:
                return self._thinned(draws)
        raise UserError(
            f"'{self.estimator.name}': {self.density} has not converged in {len(BUDGETS)} attempts "
            f"({failure}); there are no truths to draw from it"
        )

    def _compiled(self) -> Any:
        if self._sampler is None:
            names = tuple(rv.name for rv in self.model.free_RVs)
            whole = replace(self.estimator, estimands=names, quantities={})
            engine = registry.engine("pymc" if _model.discrete(self.model) else "nutpie")
            self._sampler = engine.compile(whole, self.generator, self.data)
        return self._sampler

    def _thinned(self, draws: Draws) -> list[Truth]:
        """Take a block of truths, the chains in turn, evenly spaced in each."""
        chains, length = next(iter(draws.values.values())).shape[:2]
        each = -(-BLOCK // chains)
        kept = [(k % chains, (k // chains + 1) * length // each - 1) for k in range(BLOCK)]
        shaped = {
            rv.name: draws.values[rv.name]
            .reshape(chains, length, *_model.shape_of(rv))
            .astype(rv.dtype)
            for rv in self.model.free_RVs
        }
        return [{name: values[c, i] for name, values in shaped.items()} for c, i in kept]


def plain(truth: Truth) -> Truth:
    """Give numbers as Python's own."""
    return {name: v.item() if np.ndim(v) == 0 else v for name, v in truth.items()}


def _failure(draws: Draws, least_ess: int) -> str:
    """Say what is wrong with a sample, if anything is."""
    for name, values in draws.values.items():
        columns = np.moveaxis(values.reshape(*values.shape[:2], -1).astype(float), 2, 0)
        moving = np.ptp(columns, axis=(1, 2)) > 0
        if values.dtype.kind == "f" and len(columns) and not moving.any():
            return f"{name} never moves"
        # Elements may be constant by definition, and a discrete variable may stay at one value.
        columns = columns[moving]
        if not len(columns):
            continue
        found = diagnose(columns)
        ess = np.minimum(found.ess_bulk, found.ess_tail)
        if not ((found.rhat <= 1.01).all() and (ess >= least_ess).all()):  # NaN neither
            return f"{name}: R-hat {np.max(found.rhat):.2f}, ESS {np.min(ess):.0f}"
    return ""
