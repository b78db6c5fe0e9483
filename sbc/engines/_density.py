"""A posterior's log density on the unconstrained scale, compiled once for many datasets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.initial_point import make_initial_point_fn
from pymc.pytensorf import compile, join_nonshared_inputs
from pytensor.graph.rewriting.utils import rewrite_graph

from sbc.engines import _model
from sbc.engines._at_truth import AtTruth
from sbc.engines._compared import agrees, tell
from sbc.engines._logit import with_logit_kernels
from sbc.plugins.data import Array, Data, Truth, is_density
from sbc.plugins.engine import Budget
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator


@dataclass(frozen=True)
class Density(AtTruth):
    """One estimator's posterior given the data that were set last; not for two threads at once.

    Attributes
    ----------
    log_density : callable
        Point to log p(theta, y), the transforms' Jacobian included, and its gradient.
    expand : callable
        Point to the wanted quantities, each as a flat array.
    """

    model: pm.Model
    quantities: tuple[str, ...]
    frozen: dict[str, int]
    log_density: Callable[[Array], tuple[Array, Array]]
    expand: Callable[[Array], list[Array]]
    unconstrain: Callable[[Truth, Data], Array]
    initial: Callable[[int], dict[str, Array]]

    @classmethod
    def build(cls, estimator: Estimator, generator: Generator, data: Data) -> Density:
        """Compile density, gradient and quantities.

        Raises
        ------
        UserError
            If a variable is discrete: it has no gradient.
        """
        model = _model.build(estimator, generator, data)
        _model.refuse_discrete(estimator, model, "approximations")
        wanted = _model.wanted(estimator, model)
        quantities = model.replace_rvs_by_values([model[name] for name in wanted])
        start = model.initial_point()
        [fast] = with_logit_kernels(
            rewrite_graph([model.logp()], include=("canonicalize", "stabilize"))
        )
        (fast, logp, *quantities), x = join_nonshared_inputs(
            start, [fast, model.logp(), *quantities], model.value_vars
        )
        log_density = _compiled(x, [fast, pt.grad(fast, x)])
        expand = _compiled(x, [q.ravel() for q in quantities])
        flat = np.concatenate([np.ravel(start[v.name]) for v in model.value_vars])
        if not agrees(model, (log_density, expand), wanted, flat):
            tell(estimator.name)
            log_density = _compiled(x, [logp, pt.grad(logp, x)])
        return cls(
            model=model,
            quantities=wanted,
            frozen=_model.frozen_lengths(model, generator, data),
            log_density=log_density,
            expand=expand,
            unconstrain=_model.unconstrain(model),
            initial=make_initial_point_fn(model=model, jitter_rvs=set(), return_transformed=True),
        )

    def accepts(self, data: Data) -> bool:
        """Say whether data of these lengths can be swapped in."""
        return all(len(data[name]) == length for name, length in self.frozen.items())

    def set(self, data: Data) -> None:
        """Condition on these data from now on."""
        _model.set_data(self.model, data)

    def densities(self, truth: Truth, data: Data) -> dict[str, float]:
        """Evaluate all that is ranked; NaN where the truth does not name every variable."""
        names = [name for name in self.quantities if is_density(name)]
        if not _model.is_complete(self.model, truth):
            return dict.fromkeys(names, np.nan)
        self.set(data)
        values = self.expand(self.unconstrain(truth, data))
        return {name: float(values[self.quantities.index(name)][0]) for name in names}

    def start(self) -> Array:
        """Give the point that the model itself would start from."""
        point = self.initial(0)
        return np.concatenate([np.ravel(point[v.name]) for v in self.model.value_vars])

    def negative(self, x: Array) -> tuple[float, Array]:
        """Evaluate what an optimiser minimises: −log p(theta, y) and its gradient."""
        value, gradient = self.log_density(x)
        return (-float(value), -gradient) if np.isfinite(value) else (np.inf, np.zeros_like(x))

    def log_densities(self, points: Array) -> Array:
        """Evaluate log p(theta, y) at each row of `points`."""
        return np.array([self.log_density(x)[0] for x in points])

    def quantities_at(self, points: Array, budget: Budget) -> dict[str, Array]:
        """Turn points, one a row, into draws of the quantities, shape (chains, draws[, size])."""
        columns = zip(*(self.expand(x) for x in points), strict=True)
        shape = (budget.chains, budget.draws)
        values = {}
        for name, column in zip(self.quantities, columns, strict=True):
            stacked = np.stack(column).reshape(*shape, -1)
            values[name] = stacked[..., 0] if stacked.shape[2] == 1 else stacked
        return values


def _compiled(x: Any, outputs: list[Any]) -> Callable[[Array], Any]:
    """Compile functions of one point, which is taken for the array of doubles that it is."""
    function = compile([x], outputs, on_unused_input="ignore")
    function.trust_input = True
    return function


@dataclass(frozen=True)
class Approximation(AtTruth):
    """What every approximation of a density has in common; each adds its own ``fit``."""

    density: Density

    def accepts(self, data: Data) -> bool:
        """Say whether data of these lengths can be swapped in."""
        return self.density.accepts(data)

    def densities(self, truth: Truth, data: Data) -> dict[str, float]:
        """Evaluate all that is ranked; NaN where the truth does not name every variable."""
        return self.density.densities(truth, data)
