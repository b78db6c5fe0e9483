"""NUTS by ``pm.sample``, as users run it: compiled anew for each fit, in processes."""

from __future__ import annotations

import logging
import time
import warnings
from dataclasses import dataclass, field
from typing import Any

import pymc as pm

from sbc.engines import _model
from sbc.engines._at_truth import ModelAtTruth
from sbc.plugins.data import Data
from sbc.plugins.engine import Budget, Draws
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator


@dataclass(frozen=True)
class Compiled(ModelAtTruth):
    """A model whose data are set anew for each fit; ``pm.sample`` compiles it again each time."""

    quantities: tuple[str, ...]
    frozen: dict[str, int]
    sampler: str
    options: dict[str, Any] = field(default_factory=dict)

    def accepts(self, data: Data) -> bool:
        """Say whether data of these lengths can be swapped in."""
        return all(len(data[name]) == length for name, length in self.frozen.items())

    def fit(self, data: Data, budget: Budget, seed: int) -> Draws:
        """Sample the posterior of one dataset."""
        self._set(data)
        began = time.perf_counter()
        logging.getLogger("pymc").setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # R-hat, ESS and divergences are judged by sbc
            tree = pm.sample(
                draws=budget.draws,
                tune=budget.tune,
                chains=budget.chains,
                cores=1,
                **self._nuts(budget),
                nuts_sampler=self.sampler,
                random_seed=seed,
                progressbar=False,
                compute_convergence_checks=False,
                model=self.model,
            )
        seconds = time.perf_counter() - began
        posterior, stats = tree["posterior"], tree["sample_stats"]
        values = {name: posterior[name].to_numpy() for name in self.quantities}
        counts = {n: int(stats[n].sum()) if n in stats else 0 for n in ("diverging", "n_steps")}
        return Draws(values, counts["diverging"], counts["n_steps"], seconds)

    def _nuts(self, budget: Budget) -> dict[str, Any]:
        """Set up NUTS, unless all variables are discrete and it has no part."""
        if len(_model.discrete(self.model)) == len(self.model.free_RVs):
            return {}
        return {"nuts": {"target_accept": budget.target_accept, **self.options}}

    def _set(self, data: Data) -> None:
        _model.set_data(self.model, data)


def build(
    estimator: Estimator, generator: Generator, data: Data, sampler: str, **options: Any
) -> Compiled:
    """Build the model once.

    Parameters
    ----------
    estimator, generator, data
        As for every engine.
    sampler : str
        What ``pm.sample`` calls ``nuts_sampler``.
    **options
        Further keys of its argument ``nuts``.
    """
    model = _model.build(estimator, generator, data)
    if sampler != "pymc":
        _model.refuse_discrete(estimator, model, "gradients")
    quantities = _model.wanted(estimator, model)
    frozen = _model.frozen_lengths(model, generator, data)
    return Compiled(model, quantities, frozen, sampler, options)
