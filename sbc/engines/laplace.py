"""The Laplace approximation: a normal distribution around the mode on the unconstrained scale."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize

from sbc.engines._density import Approximation, Density
from sbc.engines._normal import draw
from sbc.plugins.data import Array, Data
from sbc.plugins.engine import Budget, Draws, engine
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator

_NEWTON_STEPS = 20


@dataclass(frozen=True)
class Compiled(Approximation):
    """A density with its gradient; curvature is taken from differences of the gradient."""

    def fit(self, data: Data, budget: Budget, seed: int) -> Draws:
        """Climb to the mode from a random start, and draw from the normal around it.

        Raises
        ------
        RuntimeError
            If the density at the start is not finite.
        """
        began = time.perf_counter()
        rng = np.random.default_rng(seed)
        self.density.set(data)
        start = self.density.start()
        start = start + rng.uniform(-1, 1, size=len(start))
        if not np.isfinite(self.density.log_density(start)[0]):
            raise RuntimeError("the log density at the start is not finite")
        found = minimize(self.density.negative, start, jac=True, method="L-BFGS-B")
        mode, root, decrement = self._climb(found.x)
        drawn = draw(self.density, mode, root, budget, rng)
        failure = "" if decrement < 1e-6 else "no mode with curvature in all directions was found"
        return replace(
            drawn, failure=failure, steps=found.nfev, seconds=time.perf_counter() - began
        )

    def _climb(self, x: Array) -> tuple[Array, Array, float]:
        """Take Newton's steps to the mode; give it, a root of the covariance and what is left.

        What is left is Newton's decrement, twice the distance in log density to the mode; infinite
        where the curvature is not that of a maximum.
        """
        for _ in range(_NEWTON_STEPS):
            gradient, precision = self._curvature(x)
            try:
                factor = cho_factor(precision, lower=True)
            except (LinAlgError, ValueError):  # not positive definite, or not finite
                return x, np.eye(len(x)), np.inf
            step = cho_solve(factor, gradient)
            decrement = float(gradient @ step)
            if decrement < 1e-9:
                break
            x = x + step
        return x, solve_triangular(np.tril(factor[0]), np.eye(len(x)), lower=True).T, decrement

    def _curvature(self, x: Array) -> tuple[Array, Array]:
        """Give the gradient and, by central differences of it, minus the Hessian."""
        gradient = self.density.log_density(x)[1]
        width = 1e-5 * np.maximum(np.abs(x), 1)
        rows = [
            (self.density.log_density(x - e)[1] - self.density.log_density(x + e)[1]) / (2 * h)
            for h, e in zip(width, np.diag(width), strict=True)
        ]
        return gradient, (np.array(rows) + np.array(rows).T) / 2


def _starts(budget: Budget) -> list[Budget]:
    """Try from three random starts; there is nothing else to be more careful with."""
    return [budget] * 3


@engine(backend="loky", retry_schedule=_starts)
def laplace(estimator: Estimator, generator: Generator, data: Data) -> Compiled:
    """Laplace's normal approximation at the posterior's mode, on the unconstrained scale.

    The mode is that of the density of the unconstrained variables, Jacobian included; one gradient
    is compiled once, and the Hessian at the mode is its central difference.

    Raises
    ------
    UserError
        If a variable of the model is discrete.

    References
    ----------
    Tierney & Kadane 1986, doi:10.1080/01621459.1986.10478240.
    """
    return Compiled(Density.build(estimator, generator, data))
