"""Posterior of sigma and leave-one-out scores of tanks by sums over a grid: no sampling, no PSIS.

Tanks are independent given alpha_bar and sigma, and tanks of one density and one number of
survivors have one likelihood. With alpha integrated out there are two parameters left, or one where
sigma is given: a grid holds their posterior, and leaving a tank out divides it by that tank's
likelihood. Nothing is approximated but the integrals, whose grids are fine enough for six digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import expit, logsumexp

from sbc.plugins.data import Array, Data
from sbc.studies.lecture.loo import binomial_log_likelihood

#: Of alpha_bar ~ Normal(0, 1.5), of sigma ~ Exponential(1), and of alpha, in log odds.
ALPHA_BAR = np.linspace(-7.5, 7.5, 151)
SIGMA = np.concatenate([np.linspace(0.05, 3, 60), np.linspace(3.2, 9, 30)])
_ALPHA = np.arange(-45.0, 45.01, 0.05)
#: The given sigmas that a multilevel model is held against, and those among which one is best.
GIVEN = (0.1, 0.5, 1.0, 2.0, 5.0)
SEARCHED = tuple(float(x) for x in np.round(np.linspace(0.1, 5, 50), 3))


@dataclass(frozen=True)
class Scores:
    """Leave-one-out scores of one model: elpd, more is better, and effective parameters."""

    elpd: float
    p: float


class Tanks:
    """Everything that one dataset of tanks says under partial pooling.

    Parameters
    ----------
    data : dict of str to array
        ``D`` and ``S`` of shape (n,), one row a tank.
    """

    def __init__(self, data: Data) -> None:
        self._pairs = tuple((int(d), int(s)) for d, s in zip(data["D"], data["S"], strict=True))

    def given(self, sigma: float) -> Scores:
        """Score the model whose sigma is given."""
        marginal, fitted = _likelihoods(sigma, self._pairs)
        return _scores(marginal, fitted, _log_prior_of_alpha_bar())

    def multilevel(self) -> Scores:
        """Score the model that learns sigma."""
        both = [_likelihoods(float(sigma), self._pairs) for sigma in SIGMA]
        marginal, fitted = (np.concatenate(part) for part in zip(*both, strict=True))
        prior = _log_prior_of_sigma()[:, None] + _log_prior_of_alpha_bar()
        return _scores(marginal, fitted, prior.ravel())

    def best_sigma(self, sigmas: Sequence[float]) -> float:
        """Give the sigma whose model scores best."""
        return max(sigmas, key=lambda sigma: self.given(sigma).elpd)

    def sigma_interval(self, level: float) -> tuple[float, float]:
        """Give the central interval of the posterior of sigma."""
        prior = _log_prior_of_alpha_bar()
        height = [
            logsumexp(_likelihoods(float(sigma), self._pairs)[0].sum(axis=1) + prior)
            for sigma in SIGMA
        ]
        log = np.array(height) + _log_prior_of_sigma()
        mass = np.cumsum(np.exp(log - logsumexp(log)))
        low, high = np.interp([(1 - level) / 2, (1 + level) / 2], mass, _edges(SIGMA)[1:])
        return float(low), float(high)


def _scores(marginal: Array, fitted: Array, log_prior: Array) -> Scores:
    """Score n tanks from log likelihoods of shape (n_grid, n), with alpha out and given alpha."""
    joint = log_prior + marginal.sum(axis=1)
    posterior = joint - logsumexp(joint)
    without = joint[:, None] - marginal
    elpd = logsumexp(joint) - logsumexp(without, axis=0)
    told = logsumexp(posterior[:, None] + fitted, axis=0)
    return Scores(float(elpd.sum()), float((told - elpd).sum()))


@cache
def _table(sigma: float, density: int) -> tuple[Array, Array]:
    """Log likelihoods of a tank, shape (n_alpha_bar, density + 1): by alpha_bar and survivors.

    The first has alpha integrated out. The second is the log of the tank's likelihood averaged over
    the posterior of its alpha, given alpha_bar and sigma: E[L²] / E[L] over the population. Below
    sigma = 0.05 the grid of alpha would miss the bell; it is not asked for.
    """
    weights = np.exp(-0.5 * ((_ALPHA - ALPHA_BAR[:, None]) / sigma) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    survivors = np.arange(density + 1)
    each = binomial_log_likelihood(expit(_ALPHA)[:, None], np.array(density), survivors)
    once, twice = (np.log(weights @ np.exp(power * each)) for power in (1, 2))
    return once, twice - once


def _likelihoods(sigma: float, pairs: Sequence[tuple[int, int]]) -> tuple[Array, Array]:
    both = [[part[:, survivors] for part in _table(sigma, d)] for d, survivors in pairs]
    once, fitted = (np.stack(part, axis=1) for part in zip(*both, strict=True))
    return once, fitted


def _log_prior_of_alpha_bar() -> Array:
    return -0.5 * (ALPHA_BAR / 1.5) ** 2


def _log_prior_of_sigma() -> Array:
    return -SIGMA + np.log(_widths(SIGMA))


def _widths(points: Array) -> Array:
    """Width of the cell round each point: from 0 on, its ends halfway to its neighbours."""
    return np.diff(_edges(points))


def _edges(points: Array) -> Array:
    between = (points[1:] + points[:-1]) / 2
    return np.concatenate([[0.0], between, [2 * points[-1] - between[-1]]])


def scored(data: Data, level: float = 0.89) -> dict[str, float]:
    """Score one dataset as a row of `Evidence.exact`; `level` is of the interval of sigma."""
    tanks = Tanks(data)
    learnt = tanks.multilevel()
    low, high = tanks.sigma_interval(level)
    row = {"elpd": learnt.elpd, "p": learnt.p, "low": low, "high": high}
    for sigma in GIVEN:
        given = tanks.given(sigma)
        row |= {f"elpd {sigma:g}": given.elpd, f"p {sigma:g}": given.p}
    return row | {"best": tanks.best_sigma(SEARCHED)}
