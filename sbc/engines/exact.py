"""Independent draws from a posterior that the estimator states in closed form."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sbc.plugins.data import LOG_LIKELIHOOD, Array, Data, Truth, replicates
from sbc.plugins.engine import Budget, Draws, engine
from sbc.plugins.errors import UserError
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator


@dataclass(frozen=True)
class Compiled:
    """An estimator whose posterior is known; nothing is compiled, any data will do."""

    estimator: Estimator

    def accepts(self, data: Data) -> bool:
        """Take data of any lengths."""
        return True

    def fit(self, data: Data, budget: Budget, seed: int) -> Draws:
        """Draw from the posterior, as many draws as the budget has chains times draws."""
        began = time.perf_counter()
        shape = (budget.chains, budget.draws)
        size = budget.chains * budget.draws
        theta = self.estimator.closed_form["posterior"](data, np.random.default_rng(seed), size)
        missing = [name for name in self.estimator.estimands if name not in theta]
        if missing:
            raise ValueError(f"the posterior of '{self.estimator.name}' lacks '{missing[0]}'")
        values = {name: np.asarray(draws, dtype=float) for name, draws in theta.items()}
        if LOG_LIKELIHOOD not in values and "log_likelihood" in self.estimator.closed_form:
            values[LOG_LIKELIHOOD] = self._log_likelihood(theta, data)
        folded = {name: _fold(draws, shape) for name, draws in values.items()}
        return Draws(folded, independent=True, seconds=time.perf_counter() - began)

    def log_likelihood(self, truth: Truth, data: Data) -> float:
        """Evaluate the log likelihood at the truth; NaN if it or an estimand is not stated."""
        named = set(self.estimator.estimands) <= truth.keys()
        if not named or "log_likelihood" not in self.estimator.closed_form:
            return np.nan
        theta = {name: np.asarray(value, dtype=float)[None] for name, value in truth.items()}
        return float(self._log_likelihood(theta, data)[0])

    def _log_likelihood(self, theta: Mapping[str, Array], data: Data) -> Array:
        return np.asarray(self.estimator.closed_form["log_likelihood"](dict(theta), data))


@engine(backend="threading")
def exact(estimator: Estimator, generator: Generator, data: Data) -> Compiled:
    """Draws from a posterior in closed form, as conjugate estimators declare it.

    Raises
    ------
    UserError
        If the estimator declares none.
    """
    if "posterior" not in estimator.closed_form:
        raise UserError(
            f"engine 'exact' needs a posterior in closed form; "
            f"'{estimator.name}' declares none with @{estimator.name}.posterior"
        )
    if replicates(data):
        raise UserError(
            "engine 'exact' knows the posterior given one set of data, not given real data and "
            "their replicate ({option('truth', 'posterior')})"
        )
    return Compiled(estimator)


def _fold(draws: Array, shape: tuple[int, int]) -> Array:
    """Arrange draws as an engine gives them: (chains, draws), or with a vector's size behind."""
    if draws.shape[:1] != (shape[0] * shape[1],):
        raise ValueError(f"{shape[0] * shape[1]} draws were asked for, not {draws.shape[:1]}")
    return draws.reshape(*shape, -1) if draws.ndim > 1 else draws.reshape(shape)
