"""Normal approximations: their draws, and how far they are from what they approximate."""

from __future__ import annotations

import numpy as np
from arviz_stats.base import array_stats

from sbc.engines._density import Density
from sbc.plugins.data import Array
from sbc.plugins.engine import Budget, Draws


def draw(
    density: Density, mean: Array, root: Array, budget: Budget, rng: np.random.Generator
) -> Draws:
    """Draw from Normal(mean, root root^T) on the unconstrained scale.

    Parameters
    ----------
    density : Density
        What is approximated.
    mean : ndarray of shape (d,)
        Of the approximation q.
    root : ndarray of shape (d, d) or (d,)
        A lower triangular matrix, or the diagonal of one.
    budget : Budget
        Of which chains times draws are made, all independent.
    rng : numpy.random.Generator
        The only source of randomness.

    Returns
    -------
    Draws
        With the k̂ of the importance ratios p(theta, y) / q(theta).
    """
    noise = rng.normal(size=(budget.chains * budget.draws, len(mean)))
    diagonal = root if root.ndim == 1 else np.diagonal(root)
    points = mean + (noise * root if root.ndim == 1 else noise @ root.T)
    log_q = -0.5 * (noise**2).sum(axis=1) - np.log(np.abs(diagonal)).sum()
    return Draws(
        values=density.quantities_at(points, budget),
        independent=True,
        pareto_k=smoothed_weights(density.log_densities(points) - log_q)[1],
    )


def smoothed_weights(log_ratios: Array) -> tuple[Array, float]:
    """Smooth the largest importance ratios by a generalised Pareto distribution.

    Parameters
    ----------
    log_ratios : ndarray of shape (draws,)
        Up to a constant.

    Returns
    -------
    weights : ndarray of shape (draws,)
        Which sum to 1.
    k : float
        The distribution's shape k̂: −inf where all ratios are equal, as those of an approximation
        without error are; inf where some are not finite, which have no weight then.

    References
    ----------
    Vehtari, Simpson, Gelman, Yao & Gabry 2024, arXiv:1507.02646; Yao, Vehtari, Simpson & Gelman
    2018, arXiv:1802.02538.
    """
    finite = np.isfinite(log_ratios)
    if not finite.all() or np.ptp(log_ratios) < 1e-6:
        return finite / max(finite.sum(), 1), -np.inf if finite.all() else np.inf
    log_weights, shape = array_stats.psislw(-log_ratios)  # it takes what leave-one-out has
    weights = np.exp(log_weights)
    return weights / weights.sum(), float(shape)
