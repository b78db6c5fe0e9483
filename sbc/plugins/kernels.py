"""Elementary functions by plain arithmetic, which the compiler vectorises over the rows of a loop.

Numba calls the C library once a number, some 5 to 20 ns each, and a loop with such a call in it is
not vectorised at all. These take 1 to 3 ns. They have neither branches nor tables; special values
come out by clamping and selecting, so that NaN stays NaN and infinities go where they belong. Every
function is within a few units in the last place of the C library's, over the whole range
(`tests/plugins/test_kernels.py`).

The logarithm is that of FreeBSD's ``e_log.c`` (Sun Microsystems, 1993), whose polynomial is a
minimax one; the exponential is a Taylor polynomial on |r| <= log(2) / 2.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from sbc.plugins.instructions import (
    ROUND,
    ROUND_BITS,
    at_least,
    at_most,
    bits,
    double,
    fma,
    polynomial,
    scaled,
    select,
)

#: By NumPy's rules of division no row is searched for a zero divisor. Without ``fastmath`` the bits
#: do not depend on where the compiler puts the code.
EXACT: dict[str, Any] = {"error_model": "numpy", "forceinline": True}

#: 1/13!, 1/12!, ..., 1/0!: the Taylor polynomial of exp, highest power first.
_TAYLOR = tuple(1 / math.factorial(j) for j in range(13, -1, -1))
#: 1/35, ..., 1/3, 1: atanh(s) / s by powers of s squared, which is at most 1/9.
_ATANH = tuple(1 / (2 * j + 1) for j in range(17, -1, -1))
#: log 2 in two parts, the first of which is exact when multiplied by a whole number below 2**20.
_LOG2_HIGH, _LOG2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
#: log 2 as the nearest double, and what that leaves.
_LOG2, _LOG2_REST = 0.6931471805599453, 2.3190468138462996e-17
#: R(z) of ``e_log.c``, highest power first.
_LOG_SERIES = (
    *(1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01),
    *(2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01),
    6.666666666666735130e-01,
)
_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
#: Bernoulli's numbers B_2n for n = 8, ..., 1.
_BERNOULLI = tuple(
    zip(
        range(8, 0, -1),
        (-3617 / 510, 7 / 6, -691 / 2730, 5 / 66, -1 / 30, 1 / 42, -1 / 30, 1 / 6),
        strict=True,
    )
)
_STIRLING = tuple(b / (2 * n * (2 * n - 1)) for n, b in _BERNOULLI)
_DIGAMMA = tuple(b / (2 * n) for n, b in _BERNOULLI)
#: Taylor polynomials of sin(pi r) / r and cos(pi r) by powers of r squared, at most 1/4.
_TURN = tuple((-1) ** (n // 2) * math.pi**n / math.factorial(n) for n in range(23, -1, -1))
_SINE, _COSINE = _TURN[::2], _TURN[1::2]
#: 1/13!, ..., 1/2!, 1: (exp(r) - 1) / r.
_TAYLOR_REST = tuple(1 / math.factorial(j) for j in range(14, 0, -1))
#: The bits of sqrt(1/2): below it a number's exponent is one less than it seems.
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD


_taylor, _log_series, _atanh = map(polynomial, (_TAYLOR, _LOG_SERIES, _ATANH))
_expm1_series = polynomial(_TAYLOR_REST)
_stirling, _digamma, _sine, _cosine = map(polynomial, (_STIRLING, _DIGAMMA, _SINE, _COSINE))


@njit(**EXACT)
def exp(x: float) -> float:
    """Compute exp(x) = 2**k exp(r), k the nearest whole number to x / log 2; 0 and inf beyond.

    What is 0 is chosen: a product too small for a double takes as long as a hundred others.
    """
    nothing = x < -745.2
    a = select(nothing, 0.0, at_most(x, 710.0))
    rounded = fma(a, 1.4426950408889634, ROUND)
    k = rounded - ROUND
    r = fma(k, -_LOG2_REST, fma(k, -_LOG2, a))
    series = _taylor(r)
    return select(nothing, 0.0, scaled(series, rounded))


@njit(**EXACT)
def _log_positive(x: float, small: float) -> float:
    """Compute log(x) + small of a normal number x = 2**k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2)."""
    shifted = (bits(x) - _SQRT_HALF_BITS) >> 52
    k = double(shifted + ROUND_BITS) - ROUND
    f = double(bits(x) - (shifted << 52)) - 1.0
    s = f / (2.0 + f)
    z = s * s
    series = _log_series(z)
    half = 0.5 * f * f
    return k * _LOG2_HIGH - ((half - (s * (half + z * series) + (k * _LOG2_LOW + small))) - f)


@njit(**EXACT)
def log(x: float) -> float:
    """Compute log(x); minus infinity at 0, NaN below."""
    tiny = x < 2.2250738585072014e-308  # a denormal number has no exponent to take
    y = _log_positive(select(tiny, x * 18014398509481984.0, x), 0.0)
    y = y - select(tiny, 37.42994775023705, 0.0)
    y = select(x == 0.0, -math.inf, y)
    y = select(x < 0.0, math.nan, y)
    return select(x < math.inf, y, x)


@njit(**EXACT)
def log1p(x: float) -> float:
    """Compute log(1 + x), with what 1 + x loses of x put back."""
    u = 1.0 + x
    lost = x - (u - 1.0)
    y = _log_positive(u, lost / u)
    y = select(u == 1.0, x, y)
    y = select(x == -1.0, -math.inf, y)
    y = select(x < -1.0, math.nan, y)
    return select(x < math.inf, y, x)


@njit(**EXACT)
def softplus(x: float) -> float:
    """Compute log(1 + exp(x)) as max(x, 0) + 2 atanh(e / (2 + e)), e = exp(-|x|)."""
    y = log1p_share(exp(-abs(x)))
    return select(x > 0.0, x + y, y)


@njit(**EXACT)
def log1p_share(e: float) -> float:
    """Compute log(1 + e) of a number between 0 and 1."""
    s = e / (2.0 + e)
    return 2.0 * s * _atanh(s * s)


@njit(**EXACT)
def sigmoid(x: float) -> float:
    """Compute 1 / (1 + exp(-x)), small values as exact as large ones."""
    e = exp(-abs(x))
    share = 1.0 / (1.0 + e)
    return select(x < 0.0, e * share, share)


@njit(**EXACT)
def _shifted(z: float) -> tuple[float, float, float]:
    """Give a w of at least 8, Gamma(w) / Gamma(z), and the derivative of that one's logarithm.

    Below 8, w is z + 8 and the factor z (z + 1) ... (z + 7); from there on w is z.
    """
    product, slope = z, 1.0
    for i in range(1, 8):
        slope = fma(slope, z + i, product)
        product *= z + i
    small = z < 8.0
    factor = select(small, product, 1.0)
    return select(small, z + 8.0, z), factor, select(small, slope / product, 0.0)


@njit(**EXACT)
def _sine_and_cosine(x: float) -> tuple[float, float]:
    """Compute sin(pi r) and cos(pi r), r the distance from x to the nearest whole number."""
    r = x - (x + ROUND - ROUND)
    r = select(abs(x) < 4503599627370496.0, r, 0.0)  # beyond 2**52 all numbers are whole
    z = r * r
    return r * _sine(z), _cosine(z)


@njit(**EXACT)
def gammaln(x: float) -> float:
    """Compute log |Gamma(x)| by Stirling's series from x + 8 on; infinity at 0, -1, -2, ...

    The absolute error is below 1e-14, or a few units in the last place: between 0 and 3, where
    the logarithm goes through 0, it is small beside 1, not beside the result. Below 0 it is the
    reflection log(pi / |sin(pi x)|) - log Gamma(1 - x).
    """
    below = x <= 0.0
    w, factor, _ = _shifted(select(below, 1.0 - x, x))
    sine, _ = _sine_and_cosine(x)
    log_factor = log(select(below, math.pi * factor / abs(sine), factor))
    u = 1.0 / w
    stirling = fma(w - 0.5, log(w) - 1.0, _HALF_LOG_2PI - 0.5) + u * _stirling(u * u)
    y = select(below, log_factor - stirling, stirling - log_factor)
    return select(abs(x) < math.inf, y, abs(x))


@njit(**EXACT)
def psi(x: float) -> float:
    """Compute the derivative of log Gamma(x), by its series from x + 8 on; NaN at -1, -2, ...

    The error is below 4e-15 times 1 + |psi(x)|. Below 0 it is psi(1 - x) - pi / tan(pi x).
    """
    below = x <= 0.0
    w, _, rate = _shifted(select(below, 1.0 - x, x))
    sine, cosine = _sine_and_cosine(x)
    u = 1.0 / w
    y = log(w) - 0.5 * u - u * u * _digamma(u * u) - rate
    y = y - select(below, math.pi * cosine / sine, 0.0)
    y = select(below & (sine == 0.0), math.nan, y)
    return select(x == 0.0, -math.inf, y)


@njit(**EXACT)
def expm1(x: float) -> float:
    """Compute exp(x) - 1 as 2**k (exp(r) - 1) + (2**k - 1), r as in `exp`; -1 from -60 down."""
    a = at_least(at_most(x, 710.0), -60.0)
    rounded = fma(a, 1.4426950408889634, ROUND)
    k = rounded - ROUND
    high = fma(k, -_LOG2, a)
    r = fma(k, -_LOG2_REST, high)
    # By halves: 2**1024 is too large.
    y = scaled(r * _expm1_series(r), rounded - 1.0) + (scaled(1.0, rounded - 1.0) - 0.5)
    y = select(k == 0.0, a * _expm1_series(a), 2.0 * y)
    return select(x > 709.782712893384, math.inf, y)


@njit(**EXACT)
def log1mexp(x: float) -> float:
    """Compute log(1 - exp(x)); NaN above 0."""
    small = x > -_LOG2
    inside = select(small, -expm1(x), 1.0)
    return select(small, log(inside), log1p(-exp(x)))


@njit(**EXACT)
def total(x: Any) -> float:
    """Add up a vector in eight sums, each of every eighth number."""
    a = b = c = d = e = f = g = h = 0.0
    whole = x.shape[0] - x.shape[0] % 8
    for i in range(0, whole, 8):
        a += x[i]
        b += x[i + 1]
        c += x[i + 2]
        d += x[i + 3]
        e += x[i + 4]
        f += x[i + 5]
        g += x[i + 6]
        h += x[i + 7]
    rest = 0.0
    for i in range(whole, x.shape[0]):
        rest += x[i]
    return ((a + e) + (c + g)) + ((b + f) + (d + h)) + rest


@njit(**EXACT)
def switch(condition: Any, a: float, b: float) -> float:
    """Choose one of two numbers, both of which are there: a branch would end the vectorising."""
    return select(condition != 0, float(a), float(b))
