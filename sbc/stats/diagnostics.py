"""R-hat and effective sample sizes of all quantities of a fit at once.

ArviZ computes the same numbers one variable and one measure at a time, at about three milliseconds
a quantity: a quarter of a short fit. Here the quantities share one sort and one FFT. The tests hold
these functions to ArviZ's values.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import ndtri

Array = np.ndarray


class Diagnostics(NamedTuple):
    """Convergence of each quantity; every array has shape (n_quantities,)."""

    rhat: Array
    ess_bulk: Array
    ess_tail: Array


def diagnose(draws: Array) -> Diagnostics:
    """Compute rank-normalised split R-hat, bulk ESS and tail ESS.

    Parameters
    ----------
    draws : ndarray of shape (n_quantities, n_chains, n_draws)
        Draws after warm-up.

    Returns
    -------
    Diagnostics
        NaN for a quantity with a draw that is not finite, or with fewer than ten draws a chain.
        A quantity that never moves has R-hat NaN: it cannot be told from a stuck chain.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021, doi:10.1214/20-BA1221.
    """
    n_quantities, _, n_draws = draws.shape
    result = Diagnostics(*(np.full(n_quantities, np.nan) for _ in range(3)))
    usable = np.isfinite(draws).all(axis=(1, 2)) & (np.ptp(draws, axis=(1, 2)) > 0)
    if n_draws < 10 or not usable.any():
        return result
    used = draws[usable]
    flat = used.reshape(len(used), -1)
    low, high = np.quantile(flat, [0.05, 0.95], axis=1)[:, :, None, None]
    split = _split(used)
    bulk, middle = _normal_scores(split)
    folded, _ = _normal_scores(np.abs(split - middle))
    tails = [_split(used <= low).astype(float), _split(used <= high).astype(float)]
    ess_bulk, ess_low, ess_high = np.split(_ess(np.concatenate([bulk, *tails])), 3)
    result.rhat[usable] = np.maximum(_rhat(bulk), _rhat(folded))
    result.ess_bulk[usable] = ess_bulk
    result.ess_tail[usable] = np.minimum(ess_low, ess_high)
    return result


def _split(draws: Array) -> Array:
    """Cut each chain in two, so that a drift within it shows as a difference between halves."""
    half = draws.shape[-1] // 2
    return np.concatenate([draws[..., :half], draws[..., -half:]], axis=1)


def _normal_scores(draws: Array) -> tuple[Array, Array]:
    """Replace draws by the normal quantiles of their ranks, ties sharing their mean rank.

    Gives their median as well, of which there is one a quantity: shape (n_quantities, 1, 1).
    """
    flat = draws.reshape(len(draws), -1)
    size = flat.shape[1]
    order = np.argsort(flat, axis=1)
    ordered = np.take_along_axis(flat, order, axis=1)
    # NUTS repeats a draw when it does not move: ties are common. Each run of equal values shares
    # the mean of its first and last position.
    position = np.arange(size)
    differs = ordered[:, 1:] != ordered[:, :-1]
    edge = np.ones((len(flat), 1), dtype=bool)
    first = np.maximum.accumulate(np.where(np.hstack([edge, differs]), position, 0), axis=1)
    last = np.where(np.hstack([differs, edge]), position, size)
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    scores = np.empty_like(flat)
    np.put_along_axis(scores, order, _quantiles(size)[first + last], axis=1)
    middle = (ordered[:, (size - 1) // 2] + ordered[:, size // 2]) / 2
    return scores.reshape(draws.shape), middle[:, None, None]


@cache
def _quantiles(size: int) -> Array:
    """Give the normal quantile of each mean rank there can be, in steps of a half from 1."""
    return ndtri((np.arange(2, 2 * size + 1) / 2 - 0.375) / (size + 0.25))


def _rhat(draws: Array) -> Array:
    n_draws = draws.shape[-1]
    between = n_draws * draws.mean(axis=2).var(axis=1, ddof=1)
    within = draws.var(axis=2, ddof=1).mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):  # within = 0: halves that never move
        return np.sqrt((between / within + n_draws - 1) / n_draws)


def _ess(draws: Array) -> Array:
    """Compute the ESS from Geyer's initial monotone sequence of paired autocorrelations."""
    _, n_chains, n_draws = draws.shape
    total = n_chains * n_draws
    centred = draws - draws.mean(axis=2, keepdims=True)
    spectrum = rfft(centred, next_fast_len(2 * n_draws, real=True), axis=2)
    power = (spectrum.real**2 + spectrum.imag**2).mean(axis=1)
    autocov = irfft(power, next_fast_len(2 * n_draws, real=True), axis=1)[:, :n_draws] / n_draws
    mean_var = autocov[:, :1] * n_draws / (n_draws - 1)
    variance = autocov[:, :1] + draws.mean(axis=2).var(axis=1, ddof=1)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):  # a constant series is dealt with below
        rho = 1 - (mean_var - autocov) / variance
    rho[:, 0] = 1

    n_pairs = (n_draws - 1) // 2
    even, odd = rho[:, 0 : 2 * n_pairs : 2], rho[:, 1 : 2 * n_pairs : 2]
    pairs = even + odd
    # Pairs enter while their sum is positive; the first lag behind them enters alone if positive.
    kept = np.logical_and.accumulate(pairs > 0, axis=1)
    count = np.clip(kept.sum(axis=1), 1, n_pairs - 1)
    monotone = np.minimum.accumulate(pairs, axis=1)
    sums = np.where(np.arange(n_pairs) < count[:, None], monotone, 0).sum(axis=1)
    alone = np.maximum(np.take_along_axis(even, count[:, None], axis=1)[:, 0], 0)
    tau = np.maximum(-1 + 2 * sums + alone, 1 / np.log10(total))
    return np.where(np.ptp(draws, axis=(1, 2)) == 0, total, total / tau)
