"""Multi-path Pathfinder: normals along paths of L-BFGS to the mode, resampled by importance."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.linalg import LinAlgError
from scipy.optimize import minimize

from sbc.engines._density import Approximation, Density
from sbc.engines._normal import smoothed_weights
from sbc.plugins.data import Array, Data
from sbc.plugins.engine import Budget, Draws, engine
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator

#: Stan's: paths, draws from the best normal of each, draws for each ELBO, updates that are kept.
PATHS, POOL, ELBO_DRAWS, HISTORY = 4, 1000, 25, 6


@dataclass(frozen=True)
class Compiled(Approximation):
    """A density with its gradient; everything else is linear algebra."""

    def fit(self, data: Data, budget: Budget, seed: int) -> Draws:
        """Follow the paths, and resample their draws by smoothed importance weights.

        Raises
        ------
        RuntimeError
            If no path leads to a normal whose draws have a finite density.
        """
        began = time.perf_counter()
        rng = np.random.default_rng(seed)
        self.density.set(data)
        start = self.density.start()
        starts = start + rng.uniform(-1, 1, size=(PATHS, len(start)))
        ends = [end for x in starts if (end := self._follow(x, rng)) is not None]
        if not ends:
            raise RuntimeError("no path led to a normal whose draws have a finite density")
        points = np.concatenate([points for points, _ in ends])
        weights, shape = smoothed_weights(np.concatenate([ratios for _, ratios in ends]))
        chosen = rng.choice(len(points), size=budget.chains * budget.draws, p=weights)
        return Draws(
            values=self.density.quantities_at(points[chosen], budget),
            seconds=time.perf_counter() - began,
            independent=True,
            pareto_k=shape,
        )

    def _follow(self, start: Array, rng: np.random.Generator) -> tuple[Array, Array] | None:
        """Climb from a start; give draws of the normal of highest ELBO and their log ratios."""
        best, best_elbo = None, -np.inf
        for mean, root in normals_along(self._path(start)):
            elbo = self._sample(mean, root, ELBO_DRAWS, rng)[1].mean()
            if elbo > best_elbo:
                best, best_elbo = (mean, root), elbo
        return None if best is None else self._sample(*best, POOL, rng)

    def _sample(
        self, mean: Array, root: Array, size: int, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        noise = rng.normal(size=(size, len(mean)))
        points = mean + noise @ root.T
        log_q = -0.5 * (noise**2).sum(axis=1) - np.log(np.diagonal(root)).sum()
        log_q -= 0.5 * len(mean) * np.log(2 * np.pi)
        return points, self.density.log_densities(points) - log_q

    def _path(self, start: Array) -> list[tuple[Array, Array]]:
        """List where L-BFGS passes: points, and gradients of minus the log density."""
        points = [start]
        minimize(
            self.density.negative,
            start,
            jac=True,
            method="L-BFGS-B",
            callback=lambda x: points.append(x.copy()),
            options={"maxcor": HISTORY},
        )
        return [(x, self.density.negative(x)[1]) for x in points]


def normals_along(path: list[tuple[Array, Array]]) -> list[tuple[Array, Array]]:
    """Approximate the posterior at each point of a path by a normal, as L-BFGS sees curvature.

    Parameters
    ----------
    path : list of (ndarray, ndarray)
        Points, each of shape (d,), and gradients of minus the log density there.

    Returns
    -------
    list of (ndarray, ndarray)
        Means, and lower triangular roots of the covariances. Points where curvature is not that of
        a maximum are left out.
    """
    found = []
    diagonal = np.ones_like(path[0][0])
    updates: list[tuple[Array, Array]] = []
    for (x0, g0), (x, g) in pairwise(path):
        s, y = x - x0, g - g0
        if 0 < y @ y <= 1e12 * (s @ y):
            updates = [*updates, (s, y)][-HISTORY:]
            diagonal = _diagonal_update(diagonal, s, y)
        covariance = np.diag(diagonal)
        for s, y in updates:
            reflect = np.eye(len(x)) - np.outer(s, y) / (s @ y)
            covariance = reflect @ covariance @ reflect.T + np.outer(s, s) / (s @ y)
        try:
            root = np.linalg.cholesky(covariance)
        except LinAlgError:
            continue
        found.append((x - covariance @ g, root))
    return found


def _diagonal_update(alpha: Array, s: Array, y: Array) -> Array:
    """Update the diagonal inverse Hessian (Gilbert & Lemaréchal 1989, doi:10.1007/BF01589113)."""
    a, b, c = y @ (alpha * y), y @ s, s @ (s / alpha)
    return 1 / (a / (b * alpha) + y**2 / b - a * s**2 / (b * c * alpha**2))


def _starts(budget: Budget) -> list[Budget]:
    """Try from three sets of random starts; there is nothing else to be more careful with."""
    return [budget] * 3


@engine(backend="loky", retry_schedule=_starts)
def pathfinder(estimator: Estimator, generator: Generator, data: Data) -> Compiled:
    """Multi-path Pathfinder: the best of the normals along paths to the mode, resampled.

    Raises
    ------
    UserError
        If a variable of the model is discrete.

    References
    ----------
    Zhang, Carpenter, Gelman & Vehtari 2022, arXiv:2108.03782.
    """
    return Compiled(Density.build(estimator, generator, data))
