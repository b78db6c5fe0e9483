"""Sums and maxima of parts of a vector, such as the rows of a matrix that lie one after another."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from sbc.plugins import kernels
from sbc.plugins.kernels import EXACT

# Where numbers stand is given without a sign: Numba looks for negative indices otherwise.


@njit(**EXACT)
def total(x: Any, first: int, length: int) -> float:
    """Add up `length` numbers from `first` on, eight side by side if there are as many."""
    if length >= 8:
        return kernels.total(x[np.intp(first) : np.intp(first + length)])
    rest = 0.0
    for i in range(first, first + length):
        rest += x[i]
    return rest


@njit(**EXACT)
def greater(a: float, x: float) -> float:
    """Give the greater of two numbers; NaN if one of them is."""
    return x if (a < x) | math.isnan(x) else a


@njit(**EXACT)
def largest(x: Any, first: int, length: int) -> float:
    """Give the largest of `length` numbers from `first` on; -inf of none, NaN if one of them is."""
    a = b = c = d = -math.inf
    last = first + length
    if length < 8:
        for i in range(first, last):
            a = greater(a, x[i])
        return a
    whole = last - length % 4
    for i in range(first, whole, 4):
        a = greater(a, x[i])
        b = greater(b, x[i + 1])
        c = greater(c, x[i + 2])
        d = greater(d, x[i + 3])
    for i in range(whole, last):
        a = greater(a, x[i])
    return greater(greater(a, c), greater(b, d))


__all__ = ["largest", "total"]
