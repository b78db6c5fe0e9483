"""The error functions by plain arithmetic, as `kernels` has the elementary ones."""

from __future__ import annotations

import math

from numba import njit

from sbc.plugins.instructions import at_least, at_most, fma, polynomial, select
from sbc.plugins.kernels import EXACT, exp

#: (1 + 2x) exp(x²) erfc(x) for x >= 0 by powers of (x - 4) / (x + 4), highest first: interpolated
#: at Chebyshev points in 60 digits, after Shepherd and Laframboise (1981), Math. Comp. 36:249.
_ERFCX = (
    *(
        -2.659599690242689e-10,
        9.311744978232572e-10,
        3.1695881915648173e-09,
        -1.234686604382353e-08,
    ),
    *(-2.05606492756992e-08, 1.0633855618594884e-07, 7.746992727017941e-08, -8.210939042560568e-07),
    *(
        2.919733377963012e-07,
        5.706604414895734e-06,
        -1.1221287012353486e-05,
        -2.4397746422436416e-05,
    ),
    *(0.0001506214900124047, -0.00019925714661091188, -0.0007577732613730956, 0.005031970067657489),
    *(-0.016197734059799265, 0.03716751552655567, -0.06633036581218697, 0.0937328349990944),
    *(-0.10103906603630056, 0.06809705425466908, 0.015379652102619604, -0.1396211168405623),
    1.2329951186255526,
)
#: erf(x) / x by powers of x squared, at most 1.
_ERF = tuple(
    2 / math.sqrt(math.pi) * (-1) ** n / (math.factorial(n) * (2 * n + 1))
    for n in range(18, -1, -1)
)

_erfcx_series, _erf_series = map(polynomial, (_ERFCX, _ERF))


@njit(**EXACT)
def _squared(x: float) -> tuple[float, float]:
    """Compute x squared, and what its rounding loses."""
    square = x * x
    return square, fma(x, x, -square)


@njit(**EXACT)
def _erfcx_above(x: float) -> float:
    """Compute exp(x squared) erfc(x) of a number from 0 on."""
    a = at_most(x, 1e300)
    return 0.5 * _erfcx_series((a - 4.0) / (a + 4.0)) / (x + 0.5)


@njit(**EXACT)
def erfcx(x: float) -> float:
    """Compute exp(x squared) erfc(x); infinity below -26.63."""
    square, rest = _squared(at_least(at_most(x, 1e150), -30.0))
    grown = exp(square)
    below = 2.0 * fma(grown, rest, grown) - _erfcx_above(abs(x))
    y = select(x < 0.0, below, _erfcx_above(abs(x)))
    return select(x < -26.628735713751488, math.inf, y)


@njit(**EXACT)
def erfc(x: float) -> float:
    """Compute 1 - erf(x), small values as exact as large ones."""
    square, rest = _squared(at_least(at_most(x, 30.0), -30.0))
    shrunk = exp(-square)
    y = fma(shrunk, -rest, shrunk) * _erfcx_above(abs(x))
    return select(x < 0.0, 2.0 - y, y)


@njit(**EXACT)
def erf(x: float) -> float:
    """Compute the error function, by its Taylor polynomial up to 1 in size."""
    a = at_least(at_most(x, 30.0), -30.0)
    z = a * a
    tail = erfc(abs(a))
    beyond = select(x < 0.0, tail - 1.0, 1.0 - tail)
    return select(z < 1.0, x * _erf_series(z), beyond)
