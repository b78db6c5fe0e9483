"""Leave-one-out scores by ArviZ's PSIS-LOO, with the Monte Carlo error of their sum.

A tank with a parameter of its own is hard to leave out: without its data that parameter falls back
on the population, far from its posterior, and the importance weights have tails of index
k ≈ σ²/(σ² + v), v the variance of what the data say of alpha; here .9. PSIS then flags most tanks.
The same scores come out reliably if alpha is integrated over the population first, so that only
alpha_bar and sigma are left to be reweighted [2]_. Both are taken: the one as lectures have it, the
other to be relied on.

References
----------
.. [1] Vehtari, Gelman & Gabry (2017). Practical Bayesian model evaluation using leave-one-out
   cross-validation and WAIC. Statistics and Computing 27:1413. doi:10.1007/s11222-016-9696-4
.. [2] Vehtari, Mononen, Tolvanen, Sivula & Winther (2016). Bayesian leave-one-out cross-validation
   approximations for Gaussian latent variable models. Journal of Machine Learning Research 17:103.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from scipy.special import expit, gammaln, logsumexp, xlog1py, xlogy

from sbc.plugins.data import Array, Data

_STEPS, _REACH = (0.02, 0.1), 8.0  # of the grid over alpha: in log odds, in sds of the population
_alone = Lock()


@dataclass(frozen=True)
class Loo:
    """Leave-one-out scores of n observations.

    Attributes
    ----------
    elpd_i, k_i : array of shape (n,)
        Expected log predictive density of each observation given the others, and the Pareto k of
        its importance weights.
    p : float
        Effective number of parameters.
    good_k : float
        Above which k an observation's score is not to be relied on.
    """

    elpd_i: Array
    k_i: Array
    p: float
    good_k: float

    @property
    def elpd(self) -> float:
        """Sum the scores; more is better."""
        return float(self.elpd_i.sum())

    @property
    def se(self) -> float:
        """Standard error of `elpd` over observations: that of n draws from their population."""
        return float(np.sqrt(self.elpd_i.size * self.elpd_i.var()))

    @property
    def bad(self) -> int:
        """Count the observations whose score is not to be relied on."""
        return int((self.k_i > self.good_k).sum())


def loo(log_likelihood: Array) -> Loo:
    """Score by PSIS-LOO [1]_, as ArviZ does.

    Parameters
    ----------
    log_likelihood : array of shape (n_chains, n_draws, n)
        Of each observation at each posterior draw.
    """
    import arviz as az

    # ArviZ takes the draws' efficiency from a posterior; that of the log likelihood is what counts.
    posterior = {"log_likelihood": log_likelihood.sum(axis=-1)}
    tree = az.from_dict({"posterior": posterior, "log_likelihood": {"y": log_likelihood}})
    with _alone, warnings.catch_warnings():  # which threads share
        warnings.simplefilter("ignore", UserWarning)  # of high k: counted and shown instead
        found = az.loo(tree, pointwise=True)
    score, k = (np.asarray(x, dtype=float).ravel() for x in (found.elpd_i, found.pareto_k))
    return Loo(score, k, float(found.p), float(found.good_k))


def binomial_log_likelihood(p: Array, n: Array, k: Array) -> Array:
    """Log density of k successes of n at probability p; they broadcast."""
    choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return choose + xlogy(k, p) + xlog1py(n - k, -p)


def integrated(alpha_bar: Array, sigma: Array, data: Data) -> Array:
    """Log likelihood of each tank with its alpha integrated over Normal(alpha_bar, sigma).

    The trapezoidal rule with steps of half a sigma is exact to many digits for a bell; below
    sigma = 0.04 the likelihood is all but constant over the bell and coarser steps do.

    Parameters
    ----------
    alpha_bar, sigma : array of shape (n_chains, n_draws)
        Posterior draws, sigma > 0.
    data : dict of str to array
        ``D`` and ``S`` of shape (n,), one row a tank.

    Returns
    -------
    array of shape (n_chains, n_draws, n)
    """
    step = float(np.clip(0.5 * sigma.min(), *_STEPS))
    reach = _REACH * float(sigma.max())
    alpha = np.arange(alpha_bar.min() - reach, alpha_bar.max() + reach + step, step)
    each = np.exp(binomial_log_likelihood(expit(alpha)[:, None], data["D"], data["S"]))
    z = (alpha - alpha_bar.reshape(-1, 1)) / sigma.reshape(-1, 1)
    height = -0.5 * z**2
    weights = np.exp(height - height.max(axis=1, keepdims=True))
    mean = (weights @ each) / weights.sum(axis=1, keepdims=True)
    return np.log(mean).reshape(*alpha_bar.shape, -1)


def left_out(marginal: Array, conditional: Array) -> Loo:
    """Score by the integrated likelihood; parameters are counted against the conditional one.

    Parameters
    ----------
    marginal, conditional : array of shape (n_chains, n_draws, n)
        Log likelihoods with alpha integrated out, and given alpha.
    """
    found = loo(marginal)
    flat = conditional.reshape(-1, conditional.shape[-1])
    fitted = logsumexp(flat, axis=0) - np.log(len(flat))
    return replace(found, p=float(fitted.sum()) - found.elpd)


@dataclass(frozen=True)
class Score:
    """Leave-one-out scores with the Monte Carlo errors of elpd and of p."""

    loo: Loo
    elpd_mcse: float
    p_mcse: float


def score(take: Callable[[slice], Loo], chains: int) -> Score:
    """Score the draws of all chains; arguments as in `chain_error`."""
    return Score(take(slice(None)), *chain_error(take, chains))


def chain_error(take: Callable[[slice], Loo], chains: int) -> tuple[float, float]:
    """Monte Carlo standard errors of the elpd and of the effective number of parameters.

    Each chain is scored alone; the spread of the chains' scores over √n_chains is the error of
    their mean, which a score from all the draws does not exceed.

    Parameters
    ----------
    take : callable
        Scores the draws of some chains.
    chains : int
        How many there are, at least two.
    """
    each = [take(slice(c, c + 1)) for c in range(chains)]
    root = np.sqrt(chains)
    elpd, p = (np.std(x, ddof=1) / root for x in ([e.elpd for e in each], [e.p for e in each]))
    return float(elpd), float(p)
