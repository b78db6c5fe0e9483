"""From posterior draws to one number per fit that is exactly uniform when the fit is calibrated.

The truth of a data set is ranked among a thinned set of posterior draws, and the rank is spread
over its bin by a random number that depends on nothing but the names of what is ranked. Both steps
matter: autocorrelated draws make the ranks of an exact posterior bulge at both ends, and a rank
that sits at the edge or the middle of its bin is not uniform, as large studies find out.

References
----------
.. [1] Talts et al. (2018). Validating Bayesian inference algorithms with simulation-based
   calibration. arXiv:1804.06788
.. [2] Modrák et al. (2023). Simulation-based calibration checking for Bayesian computation: the
   choice of test quantities shapes sensitivity. arXiv:2211.02383
"""

from __future__ import annotations

import json
from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike, NDArray

THINNED_SIZE = 127
"""Draws kept of each fit, so that ranks fall into 128 equally likely bins."""

_JITTER_BITS = 52
_PERSON = b"sbc.ranks.jitter"
_OPEN_UNIT = (np.finfo(float).tiny, np.nextafter(1.0, 0.0))


def thin_indices(n_draws: int, size: int = THINNED_SIZE) -> NDArray[np.intp]:
    """Choose evenly spaced draws of one chain, the last draw always among them.

    Parameters
    ----------
    n_draws : int
        Draws that the chain has, at least 1.
    size : int
        Draws wanted, at least 0.

    Returns
    -------
    array of int, shape (min(size, n_draws),)
        Increasing positions in ``0 … n_draws − 1``; all of them when the chain is too short.

    Raises
    ------
    ValueError
        For a chain without draws or a negative size.
    """
    if n_draws < 1 or size < 0:
        raise ValueError(f"cannot choose {size} of {n_draws} draws")
    size = min(size, n_draws)
    if size == 0:
        return np.empty(0, dtype=np.intp)
    return np.arange(1, size + 1, dtype=np.intp) * n_draws // size - 1


def thinning(n_chains: int, n_draws: int, size: int = THINNED_SIZE) -> tuple[NDArray[np.intp], ...]:
    """Share the wanted draws among chains as evenly as possible.

    Parameters
    ----------
    n_chains, n_draws : int
        Chains, and draws of each; both at least 1.
    size : int
        Draws wanted from all chains together, at least 1.

    Returns
    -------
    tuple of n_chains arrays of int
        What to keep of each chain. Together they hold ``L = min(size, n_chains · n_draws)``
        positions, and two chains never differ by more than one; the first ones get more.

    Raises
    ------
    ValueError
        When one of the three numbers is below 1.
    """
    if min(n_chains, n_draws, size) < 1:
        raise ValueError(f"cannot choose {size} draws of {n_chains} chains of {n_draws} draws")
    share, more = divmod(min(size, n_chains * n_draws), n_chains)
    return tuple(thin_indices(n_draws, share + (chain < more)) for chain in range(n_chains))


def rank(
    draws: ArrayLike, truth: ArrayLike
) -> tuple[NDArray[np.int64] | np.int64, NDArray[np.int64] | np.int64]:
    """Count the draws below the truth, and those equal to it.

    Parameters
    ----------
    draws : array_like of float, shape (..., L)
        The thinned draws along the last axis. Infinite values are fine, NaN is not.
    truth : array_like of float, shape (...)
        The true values, broadcast against all but the last axis of `draws`.

    Returns
    -------
    r, ties : int or array of int, shape (...)
        ``r`` draws are smaller than the truth and ``ties`` are equal to it, ``r + ties ≤ L``.

    Raises
    ------
    ValueError
        For NaN among draws or truths, and when there are no draws.

    Examples
    --------
    >>> r, ties = rank([0.0, 1.0, 1.0, 2.0, 3.0], 1.0)
    >>> int(r), int(ties)
    (1, 2)
    """
    draws, truth = np.asarray(draws), np.asarray(truth)
    if draws.ndim == 0 or draws.shape[-1] == 0:
        raise ValueError("no draws to rank the truth among")
    if np.isnan(draws).any():
        raise ValueError("NaN among the posterior draws: their rank means nothing")
    if np.isnan(truth).any():
        raise ValueError("the truth is NaN: it has no rank")
    at = truth[..., np.newaxis]
    return (draws < at).sum(axis=-1, dtype=np.int64), (draws == at).sum(axis=-1, dtype=np.int64)


def pit(
    rank: ArrayLike, ties: ArrayLike, L: ArrayLike, v: ArrayLike
) -> NDArray[np.float64] | np.float64:
    """Spread a rank over its bin: the randomised probability integral transform.

    ``u = (rank + v (ties + 1)) / (L + 1)``. If truth and draws are exchangeable and `v` is
    uniform, `u` is uniform on (0, 1), for any `L` and however many draws equal the truth.

    Parameters
    ----------
    rank, ties : array_like of int
        As :func:`rank` returns them; ``0 ≤ rank``, ``0 ≤ ties``, ``rank + ties ≤ L``.
    L : array_like of int
        How many draws the truth was ranked among, at least 1.
    v : array_like of float
        The spread, in the open interval (0, 1): see :func:`jitter`.

    Returns
    -------
    float or array of float, the broadcast shape
        Strictly between 0 and 1, also where rounding would say otherwise.

    Raises
    ------
    ValueError
        When an argument is outside its range.
    """
    rank, ties, L, v = np.asarray(rank), np.asarray(ties), np.asarray(L), np.asarray(v)
    if not np.all((L >= 1) & (rank >= 0) & (ties >= 0) & (rank + ties <= L)):
        raise ValueError("a rank and its ties must be counts that together do not exceed L ≥ 1")
    if not np.all((v > 0) & (v < 1)):
        raise ValueError("v must lie strictly between 0 and 1")
    return np.clip((rank + v * (ties + 1)) / (L + 1), *_OPEN_UNIT)


def jitter(seed: int, dataset: int, estimator: str, quantity: str, engine: str) -> float:
    """Give the random number that spreads one rank over its bin.

    It is a function of its arguments alone: the order in which fits finish, the number of workers
    and the platform do not matter, and no generator is created (a call takes a few µs).

    Exactly: the five arguments are written as a JSON list in ASCII without spaces, hashed with
    BLAKE2b (digest of 8 bytes, personalised with ``sbc.ranks.jitter``, no key), and the first 52
    bits k of the big-endian digest give ``(k + ½) / 2⁵²``, which a double holds without rounding.

    Parameters
    ----------
    seed : int
        The run's seed, of any size.
    dataset : int
        The data set's number.
    estimator, quantity, engine : str
        Names of what was fitted, ranked, and by which sampler.

    Returns
    -------
    float
        In the open interval (0, 1).
    """
    key = json.dumps(
        [int(seed), int(dataset), str(estimator), str(quantity), str(engine)],
        separators=(",", ":"),
    )
    digest = blake2b(key.encode("ascii"), digest_size=8, person=_PERSON).digest()
    bits = int.from_bytes(digest, "big") >> (64 - _JITTER_BITS)
    return (2 * bits + 1) / 2.0 ** (_JITTER_BITS + 1)
