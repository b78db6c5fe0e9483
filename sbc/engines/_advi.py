"""Automatic differentiation variational inference by PyMC, its step compiled once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pymc as pm
from pymc.pytensorf import reseed_rngs
from pytensor.tensor.random.type import RandomType

from sbc.engines._density import Approximation, Density
from sbc.engines._normal import draw
from sbc.engines._numba import without_dispatch
from sbc.plugins.data import Array, Data
from sbc.plugins.engine import Budget, Draws
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator

#: Iterations of the optimiser a warm-up step: the default of 200 makes 30,000. The
#: 10,000 of `pm.fit` leave the bound rising by nats in the examples.
ITERATIONS = 150
#: What the evidence lower bound may still rise in the last quarter of the iterations, in nats.
DRIFT = 0.5


@dataclass(frozen=True)
class Compiled(Approximation):
    """PyMC's own step, and everything that it changes as it was before the first."""

    step: Callable[[], Any]
    state: dict[Any, Array]  # parameters and the optimiser's memory, with their first values
    rngs: list[Any]
    parameters: dict[str, Any]  # mu, and rho or L_tril

    def fit(self, data: Data, budget: Budget, seed: int) -> Draws:
        """Maximise the evidence lower bound, and draw from the approximation.

        Raises
        ------
        FloatingPointError
            If the bound is no longer a number.
        """
        began = time.perf_counter()
        rng = np.random.default_rng(seed)
        self.density.set(data)
        for variable, value in self.state.items():
            variable.set_value(value)
        self.parameters["mu"].set_value(self.density.start())
        reseed_rngs(self.rngs, int(rng.integers(2**63)))
        losses = np.empty(ITERATIONS * budget.tune)
        losses[0] = self.step()  # which compiles the step, if it is the first ever
        step = without_dispatch(self.step)
        for i in range(1, len(losses)):
            losses[i] = step()
            if np.isnan(losses[i]):
                raise FloatingPointError(f"the evidence lower bound is NaN at iteration {i}")
        drift, error = rise(-losses)
        drawn = draw(self.density, self.parameters["mu"].get_value(), self._root(), budget, rng)
        late = f"the evidence lower bound still rises: {drift:.2f} nats in the last quarter"
        return replace(
            drawn,
            elbo_drift=drift,
            failure=late if drift - 2 * error > DRIFT else "",
            steps=len(losses),
            seconds=time.perf_counter() - began,
        )

    def _root(self) -> Array:
        """Give a root of the approximation's covariance: a diagonal, or a lower triangle."""
        if "rho" in self.parameters:
            return _softplus(self.parameters["rho"].get_value())
        size = len(self.parameters["mu"].get_value())
        root = np.zeros((size, size))
        root[np.tril_indices(size)] = self.parameters["L_tril"].get_value()
        np.fill_diagonal(root, _softplus(np.diagonal(root)))
        return root


def compile_step(
    inference: type[pm.Inference], estimator: Estimator, generator: Generator, data: Data
) -> Compiled:
    """Compile the density and one step of PyMC's optimiser.

    Parameters
    ----------
    inference : type
        ``pm.ADVI`` or ``pm.FullRankADVI``.
    estimator, generator, data
        As for every engine.
    """
    density = Density.build(estimator, generator, data)
    made = inference(model=density.model, random_seed=0)
    step = made.objective.step_function(score=True)
    shared = step.get_shared()
    data_names = {v.name for v in density.model.data_vars}
    rngs = [v for v in shared if isinstance(v.type, RandomType)]
    state = {v: v.get_value() for v in shared if v not in rngs and v.name not in data_names}
    return Compiled(density, step, state, rngs, made.approx.groups[0].params_dict)


def rise(elbo: Array) -> tuple[float, float]:
    """Estimate by how much the bound rose between the last two quarters, with its standard error.

    Parameters
    ----------
    elbo : ndarray of shape (iterations,)
        Noisy estimates, one an iteration, all of the same noise but for a few far outliers.
    """
    quarter = len(elbo) // 4
    before, last = elbo[-2 * quarter : -quarter], elbo[-quarter:]
    error = np.sqrt((before.var(ddof=1) + last.var(ddof=1)) / quarter)
    return float(last.mean() - before.mean()), float(error)


def longer(budget: Budget) -> list[Budget]:
    """Retry with three and nine times the iterations."""
    return [replace(budget, tune=factor * budget.tune) for factor in (1, 3, 9)]


def _softplus(rho: Array) -> Array:
    return np.logaddexp(0, rho)
