"""Loops over the draws of one quantity after the other, compiled by Numba.

With hundreds of ranked quantities, diagnostics by whole arrays took longer than the sampling: each
of their steps reads and writes all draws again. Here a quantity's draws stay at hand, and of its
autocorrelations those alone are computed that Geyer's sequence asks for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray


def compiled(function: Callable[..., Any]) -> Any:
    """Compile, and keep the code on disk where there is a place for it."""
    how: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        return njit(cache=True, **how)(function)
    except RuntimeError:  # neither the package's folder nor the user's can be written
        return njit(**how)(function)


@compiled
def _scores(values: Array, order: Array, quantiles: Array, out: Array) -> None:
    """Give each draw the quantile of its rank; equal draws share their mean rank."""
    size, first = len(order), 0
    while first < size:
        last = first
        while last + 1 < size and values[order[last + 1]] == values[order[first]]:
            last += 1
        for i in range(first, last + 1):
            out[order[i]] = quantiles[first + last]
        first = last + 1


@compiled
def _folded(values: Array, order: Array, distance: Array, out: Array) -> None:
    """Order draws by their distance from the median, out of their own order."""
    size = len(order)
    middle = (values[order[(size - 1) // 2]] + values[order[size // 2]]) / 2
    for i in range(size):
        distance[i] = abs(values[i] - middle)
    below, above = size // 2 - 1, size // 2
    for i in range(size):
        lower = above >= size or (below >= 0 and distance[order[below]] <= distance[order[above]])
        if lower:
            out[i] = order[below]
            below -= 1
        else:
            out[i] = order[above]
            above += 1


@compiled
def _centred(values: Array, start: int, length: int) -> float:
    """Subtract its mean from one chain, and give the mean."""
    total = 0.0
    for i in range(start, start + length):
        total += values[i]
    mean = total / length
    for i in range(start, start + length):
        values[i] -= mean
    return mean


@compiled
def _variance(means: Array) -> float:
    """Give the variance of the chains' means."""
    centre, total = 0.0, 0.0
    for mean in means:
        centre += mean / len(means)
    for mean in means:
        total += (mean - centre) ** 2
    return total / (len(means) - 1)


@compiled
def _lagged(values: Array, chains: int, lag: int) -> float:
    """Average the products of draws of one chain that are so far apart, over all draws.

    Eight sums stand side by side: one alone would wait for each addition.
    """
    length = len(values) // chains
    n = length - lag
    total = 0.0
    for chain in range(chains):
        x, y = chain * length, chain * length + lag
        a = b = c = d = e = f = g = h = 0.0
        whole = n - n % 8
        for i in range(0, whole, 8):
            a += values[x + i] * values[y + i]
            b += values[x + i + 1] * values[y + i + 1]
            c += values[x + i + 2] * values[y + i + 2]
            d += values[x + i + 3] * values[y + i + 3]
            e += values[x + i + 4] * values[y + i + 4]
            f += values[x + i + 5] * values[y + i + 5]
            g += values[x + i + 6] * values[y + i + 6]
            h += values[x + i + 7] * values[y + i + 7]
        for i in range(whole, n):
            total += values[x + i] * values[y + i]
        total += ((a + e) + (c + g)) + ((b + f) + (d + h))
    return total / len(values)


@compiled
def _convergence(values: Array, chains: int, with_ess: bool) -> tuple[float, float]:
    """Compute R-hat, and the ESS from Geyer's initial monotone sequence, of draws in chains.

    The draws, shape (chains times draws,), are centred in place.
    """
    size = len(values)
    length = size // chains
    constant = True
    for i in range(size):
        constant = constant and values[i] == values[0]
    if constant:
        return math.nan, float(size)
    means = np.empty(chains)
    for chain in range(chains):
        means[chain] = _centred(values, chain * length, length)
    between = _variance(means)
    start = _lagged(values, chains, 0)
    within = start * length / (length - 1)
    variance = start + between
    rhat = math.sqrt((length * between / within + length - 1) / length)
    if not with_ess:
        return rhat, math.nan
    # Pairs enter while their sum is positive; the first lag behind them enters alone if positive.
    most = (length - 1) // 2 - 1
    pair = 2 - (within - _lagged(values, chains, 1)) / variance
    even = 1 - (within - _lagged(values, chains, 2)) / variance
    least, sums, count, lag = pair, pair, 1, 3
    while pair > 0 and count < most:
        odd = 1 - (within - _lagged(values, chains, lag)) / variance
        pair = even + odd
        if not pair > 0:
            break
        least = min(least, pair)
        sums += least
        count += 1
        even = 1 - (within - _lagged(values, chains, lag + 1)) / variance
        lag += 2
    tau = max(-1 + 2 * sums + max(even, 0.0), 1 / math.log10(size))
    return rhat, size / tau


@compiled
def diagnose(
    split: Array, order: Array, tails: Array, quantiles: Array, chains: int, found: Array
) -> None:
    """Fill in R-hat, bulk ESS and tail ESS of each quantity.

    Parameters
    ----------
    split : ndarray of shape (n_quantities, n)
        Draws of chains that are cut in two, one half after the other.
    order : ndarray of int, shape (n_quantities, n)
        What sorts the draws of each quantity.
    tails : ndarray of shape (2, n_quantities)
        Quantiles beyond which the tails lie.
    quantiles : ndarray of shape (2 n - 1,)
        The normal quantile of each mean rank, in steps of a half.
    chains : int
        Halves that there are.
    found : ndarray of shape (3, n_quantities)
        Takes the result.
    """
    number, size = split.shape
    scores, distance = np.empty(size), np.empty(size)
    by_distance = np.empty(size, dtype=np.intp)
    for i in range(number):
        values = split[i]
        _folded(values, order[i], distance, by_distance)
        _scores(distance, by_distance, quantiles, scores)
        folded, _ = _convergence(scores, chains, False)
        _scores(values, order[i], quantiles, scores)
        bulk, found[1, i] = _convergence(scores, chains, True)
        found[0, i] = max(bulk, folded)
        found[2, i] = math.inf
        for tail in range(2):
            for j in range(size):
                scores[j] = 1.0 if values[j] <= tails[tail, i] else 0.0
            _, ess = _convergence(scores, chains, True)
            found[2, i] = min(found[2, i], ess)
