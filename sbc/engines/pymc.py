"""NUTS by ``pm.sample``, as users run it: the reference, in processes."""

from __future__ import annotations

import logging
import time
import warnings
from dataclasses import dataclass

import numpy as np
import pymc as pm

from sbc.contracts import LOG_LIKELIHOOD, Budget, Data, Draws, Estimator, Generator, Truth
from sbc.engines import _model

BACKEND = "loky"


@dataclass(frozen=True)
class Compiled:
    """A model whose data are set anew for each fit; ``pm.sample`` compiles it again each time."""

    model: pm.Model
    quantities: tuple[str, ...]
    frozen: dict[str, int]

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
                nuts={"target_accept": budget.target_accept},
                nuts_sampler="pymc",
                random_seed=seed,
                progressbar=False,
                compute_convergence_checks=False,
                model=self.model,
            )
        seconds = time.perf_counter() - began
        posterior, stats = tree["posterior"], tree["sample_stats"]
        values = {name: posterior[name].to_numpy() for name in self.quantities}
        divergences = int(stats["diverging"].sum())
        return Draws(values, divergences, int(stats["n_steps"].sum()), seconds)

    def log_likelihood(self, truth: Truth, data: Data) -> float:
        """Evaluate the log likelihood at the truth; NaN where it does not name every variable."""
        if not _model.is_complete(self.model, truth):
            return np.nan
        self._set(data)
        free = self.model.free_RVs
        quantity = self.model[LOG_LIKELIHOOD]
        function = pm.compile(free, quantity, mode="FAST_COMPILE", on_unused_input="ignore")
        return float(function(*(np.asarray(truth[rv.name], dtype=rv.dtype) for rv in free)))

    def _set(self, data: Data) -> None:
        pm.set_data({_model.data_name(n): v for n, v in data.items()}, model=self.model)


def compile(estimator: Estimator, generator: Generator, data: Data) -> Compiled:
    """Build the model once."""
    model = _model.build(estimator, generator, data)
    quantities = _model.wanted(estimator, model)
    return Compiled(model, quantities, _model.frozen_lengths(model, generator, data))
