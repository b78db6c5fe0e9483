"""Posterior of sigma and leave-one-out scores of tanks by sums over a grid: no sampling, no PSIS.

Tanks are independent given alpha_bar and sigma, and tanks of one density and one number of
survivors have one likelihood. With alpha integrated out there are two parameters left, or one where
sigma is given: a grid holds their posterior, and leaving a tank out divides it by that tank's
likelihood. Nothing is approximated but the integrals, and their grids give four decimals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from scipy.special import expit, logsumexp

from sbc.plugins.data import Array, Data
from sbc.studies.lecture.loo import binomial_log_likelihood

#: Of alpha_bar ~ Normal(0, 1.5), of sigma ~ Exponential(1), and of alpha, in log odds.
ALPHA_BAR = np.linspace(-7.5, 7.5, 151)
SIGMA = np.concatenate([np.linspace(0.05, 3, 60), np.linspace(3.2, 9, 30)])
_LEARNT = tuple(float(sigma) for sigma in SIGMA)
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
        pairs = np.column_stack([data["D"], data["S"]])
        self._pairs, self._times = np.unique(pairs, axis=0, return_counts=True)

    def given(self, sigma: float) -> Scores:
        """Score the model whose sigma is given."""
        return self._scored((sigma,), *self._marginal((sigma,), _log_prior_of_alpha_bar()))

    def multilevel(self) -> Scores:
        """Score the model that learns sigma."""
        return self._scored(_LEARNT, *self._learnt)

    @cached_property
    def _learnt(self) -> tuple[Array, Array]:
        """What `_marginal` gives where sigma is learnt."""
        both = _log_prior_of_sigma()[:, None] + _log_prior_of_alpha_bar()
        return self._marginal(_LEARNT, both.ravel())

    def best_sigma(self, sigmas: Sequence[float]) -> float:
        """Give the sigma whose model scores best."""
        prior = _log_prior_of_alpha_bar()

        def elpd(sigma: float) -> float:
            return float(self._elpd(*self._marginal((sigma,), prior)) @ self._times)

        return max(sigmas, key=elpd)

    def sigma_interval(self, level: float) -> tuple[float, float]:
        """Give the central interval of the posterior of sigma."""
        joint, _ = self._learnt
        mass = np.exp(joint - joint.max()).reshape(len(SIGMA), -1).sum(axis=1)
        below = np.cumsum(mass) / mass.sum()
        low, high = np.interp([(1 - level) / 2, (1 + level) / 2], below, _edges(SIGMA)[1:])
        return float(low), float(high)

    def _marginal(self, sigmas: tuple[float, ...], log_prior: Array) -> tuple[Array, Array]:
        """Joint log density on the grid, and each pair's own part of it, alpha integrated out."""
        marginal = self._part(sigmas, fitted=False)
        return log_prior + marginal @ self._times, marginal

    def _part(self, sigmas: tuple[float, ...], fitted: bool) -> Array:
        columns = [_table(sigmas, int(d))[int(fitted)][:, s] for d, s in self._pairs]
        return np.stack(columns, axis=1)

    @staticmethod
    def _elpd(joint: Array, marginal: Array) -> Array:
        """Score one tank of each pair, left out: the log of p(all) / p(all but it)."""
        without = joint[:, None] - marginal
        return logsumexp(joint) - _log_sums(without)

    def _scored(self, sigmas: tuple[float, ...], joint: Array, marginal: Array) -> Scores:
        elpd = self._elpd(joint, marginal)
        posterior = joint - logsumexp(joint)
        told = _log_sums(posterior[:, None] + self._part(sigmas, fitted=True))
        return Scores(float(elpd @ self._times), float((told - elpd) @ self._times))


def _log_sums(x: Array) -> Array:
    """Log of the sums of exp(x) over rows: SciPy's does the same, in three times the time."""
    most = x.max(axis=0)
    return np.log(np.exp(x - most).sum(axis=0)) + most


@cache
def _table(sigmas: tuple[float, ...], density: int) -> tuple[Array, Array]:
    """Log likelihoods of a tank, by (sigma, alpha_bar) and by its survivors.

    The first has alpha integrated out. The second is the log of the tank's likelihood averaged over
    the posterior of its alpha, given alpha_bar and sigma: E[L²] / E[L] over the population. Below
    sigma = 0.05 the grid of alpha would miss the bell; it is not asked for.

    Returns
    -------
    array of shape (n_sigma n_alpha_bar, density + 1), twice
    """
    survivors = np.arange(density + 1)
    each = binomial_log_likelihood(expit(_ALPHA)[:, None], np.array(density), survivors)
    powers = np.exp(each), np.exp(2 * each)
    found = []
    for sigma in sigmas:
        weights = np.exp(-0.5 * ((_ALPHA - ALPHA_BAR[:, None]) / sigma) ** 2)
        weights /= weights.sum(axis=1, keepdims=True)
        once, twice = (np.log(weights @ power) for power in powers)
        found.append((once, twice - once))
    once, fitted = (np.concatenate(part) for part in zip(*found, strict=True))
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
