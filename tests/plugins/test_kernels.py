"""Elementary functions by plain arithmetic, against the C library's in extended precision."""

import math

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from scipy import special

from sbc.plugins import kernels


def softplus(x):
    """Compute log(1 + exp(x)) in extended precision."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def sigmoid(x):
    """Compute 1 / (1 + exp(-x)) in extended precision."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def erf(x):
    """Compute the error function by a series of positive terms, or as 1 - erfc(x)."""
    a = np.minimum(np.abs(x), 2)
    term = 2 / np.sqrt(np.longdouble(PI)) * a * np.exp(-a * a)
    series = np.zeros_like(a)
    for n in range(60):
        series += term
        term = term * 2 * a * a / (2 * n + 3)
    return np.sign(x) * np.where(np.abs(x) < 2, series, 1 - erfc_above(np.abs(x)))


def erfcx_above(x):
    """Compute exp(x**2) erfc(x) of numbers from 2 on by its continued fraction."""
    a = np.maximum(x, 2)
    fraction = a
    for n in range(150, 0, -1):
        fraction = a + np.longdouble(n) / 2 / fraction
    return 1 / fraction / np.sqrt(np.longdouble(PI))


def erfc_above(x):
    """Compute erfc(x) of numbers from 2 on."""
    return np.exp(-x * x) * erfcx_above(x)


def erfc(x):
    """Compute 1 - erf(x) in extended precision."""
    return np.where(x < 2, 1 - erf(np.minimum(x, 2)), erfc_above(x))


def erfcx(x):
    """Compute exp(x**2) erfc(x) in extended precision."""
    return np.where(x < 2, np.exp(np.minimum(x, 2) ** 2) * erfc(np.minimum(x, 2)), erfcx_above(x))


def log1mexp(x):
    """Compute log(1 - exp(x)) in extended precision."""
    return np.where(x > -0.69, np.log(-np.expm1(x)), np.log1p(-np.exp(x)))


PI = "3.14159265358979323846264338327950288"
EXACT = {"exp": np.exp, "log": np.log, "log1p": np.log1p, "softplus": softplus, "sigmoid": sigmoid}
EXACT |= {"expm1": np.expm1, "log1mexp": log1mexp, "erf": erf, "erfc": erfc, "erfcx": erfcx}
#: Units in the last place by which the result may be off.
ULPS = {"exp": 1, "log": 1, "log1p": 1.5, "softplus": 4, "sigmoid": 3}
ULPS |= {"expm1": 3, "log1mexp": 4, "erf": 3, "erfc": 6, "erfcx": 6}
TINY = np.finfo(float).tiny
SPECIAL = np.array(
    [
        *(0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 5e-324, 1e-310, TINY, -TINY),
        *(1e308, -1e308, 709.78, 709.79, -708.4, -745.1, -745.2, 1e-17, -1e-17, 1e-300),
        *(np.nextafter(1, 2), np.nextafter(1, 0), np.nextafter(-1, 0), -0.5, 2.0, math.sqrt(0.5)),
    ]
)
wide = np.longdouble


@pytest.fixture(scope="module")
def evaluate():
    """Give a function that evaluates a kernel in a loop, as models do."""
    made = {}

    def run(name, x):
        if name not in made:
            kernel = getattr(kernels, name)

            @njit(error_model="numpy")
            def loop(x, out):
                for i in range(x.shape[0]):
                    out[i] = kernel(x[i])

            made[name] = loop
        out = np.empty_like(x)
        made[name](x, out)
        return out

    return run


def numbers():
    """Draw numbers of all sizes, and many where the functions bend."""
    rng = np.random.default_rng(0)
    sizes = np.exp(rng.uniform(-745, 709, 50_000))
    bends = [1 + rng.normal(size=20_000) * scale for scale in (1e-9, 1e-4, 0.3)]
    return np.concatenate(
        [SPECIAL, sizes, -sizes, rng.uniform(-750, 715, 50_000), rng.normal(size=50_000), *bends]
    )


def off(found, exact):
    """Say by how many units in the last place each number is off; special values must be equal."""
    with np.errstate(all="ignore"):
        rounded = exact.astype(float)
        same = (found == rounded) | (np.isnan(found) & np.isnan(rounded))
        unit = np.spacing(np.maximum(np.abs(rounded), TINY))  # denormals: by the least normal one's
        by = np.abs((found.astype(wide) - exact) / unit)
    return np.where(same, 0, np.where(np.isfinite(by), by, np.inf)).astype(float)


@pytest.mark.parametrize("name", EXACT)
def test_a_kernel_is_as_exact_as_the_c_library(name, evaluate):
    x = numbers()
    with np.errstate(all="ignore"):
        exact = EXACT[name](x.astype(wide))
    by = off(evaluate(name, x), exact)
    worst = int(np.argmax(by))
    assert by[worst] <= ULPS[name], (x[worst], by[worst])


@pytest.mark.parametrize("name", ["gammaln", "psi"])
def test_the_gamma_function_s_logarithm_and_its_derivative_are_scipy_s(name, evaluate):
    rng = np.random.default_rng(0)
    x = np.concatenate([np.exp(rng.uniform(-700, 600, 20_000)), rng.uniform(1e-3, 40, 50_000)])
    wanted = getattr(special, name)(x)
    assert np.all(np.abs(evaluate(name, x) - wanted) < 1e-14 * (1 + np.abs(wanted)))
    below = -rng.uniform(0, 30, 20_000)
    below = below[np.abs(below - np.round(below)) > 1e-3]  # at the poles no digits are left
    wanted = getattr(special, name)(below)
    assert np.all(np.abs(evaluate(name, below) - wanted) < 1e-12 * (1 + np.abs(wanted)))


def test_the_gamma_function_s_special_values(evaluate):
    whole = np.arange(1, 21, dtype=float)
    factorials = [math.log(math.factorial(int(n) - 1)) for n in whole]
    assert evaluate("gammaln", whole) == pytest.approx(factorials, abs=2e-14)
    harmonic = np.cumsum([0, *(1 / n for n in range(1, 20))])
    assert evaluate("psi", whole) == pytest.approx(harmonic - np.euler_gamma, abs=1e-14)
    assert evaluate("gammaln", np.array([0.5]))[0] == pytest.approx(math.log(math.pi) / 2)
    odd = np.array([0.0, -0.0, -1.0, -7.0, math.inf, -math.inf, math.nan, 5e-324, -1e300])
    assert list(evaluate("gammaln", odd[:7])) == pytest.approx(
        [*[math.inf] * 6, math.nan], nan_ok=True
    )
    assert list(evaluate("psi", odd[:5])) == pytest.approx(
        [-math.inf, -math.inf, math.nan, math.nan, math.inf], nan_ok=True
    )
    assert np.isnan(evaluate("psi", odd[5:7])).all()


def test_the_comparison_sees_a_last_bit(evaluate):
    x = np.linspace(-5, 5, 1001)
    exact = np.exp(x.astype(wide))
    assert off(np.nextafter(np.nextafter(evaluate("exp", x), 9), 9), exact).max() > ULPS["exp"]
    assert off(np.array([math.inf]), np.array([1e308], dtype=wide)) == math.inf
    assert off(np.array([1.0]), np.array([math.nan], dtype=wide)) == math.inf


@pytest.mark.parametrize("name", [*EXACT, "gammaln", "psi"])
def test_a_loop_over_rows_is_vectorised(name):
    kernel = getattr(kernels, name)

    @njit(error_model="numpy")
    def loop(x, out):
        for i in range(x.shape[0]):
            out[i] = kernel(x[i])

    loop(np.ones(9), np.ones(9))
    [code] = loop.inspect_llvm().values()
    assert any(f"<{lanes} x double>" in code for lanes in (2, 4, 8))


@hypothesis.settings(deadline=None)  # the first call compiles
@given(st.lists(st.floats(-1e6, 1e6), max_size=200))
def test_a_sum_is_that_of_all_numbers(x):
    x = np.array(x, dtype=float)
    bound = 1e-15 * (1 + np.abs(x).sum()) * (1 + len(x))
    assert kernels.total(x) == pytest.approx(math.fsum(x), abs=bound)


def test_a_sum_of_what_is_no_number_is_none():
    x = np.ones(20)
    x[13] = math.nan
    assert math.isnan(kernels.total(x))
    assert kernels.total(np.empty(0)) == 0.0
