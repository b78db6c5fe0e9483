"""Normal probabilities of intervals against SciPy in other formulas, and by hand."""

import math

import numpy as np
import pytest
from numba import njit
from scipy.special import log_ndtr, logsumexp
from scipy.stats import norm

from sbc.plugins.probit import _BEYOND, _ROOT_HALF, _intervals, interval

#: By how much more a number counts, PyMC's square root of two being one of single precision.
FACTOR = _ROOT_HALF * math.sqrt(2)


def exactly(a, b):
    """Compute log(Phi(a) - Phi(b)) by logarithms, on the side of the smaller ones."""
    a, b = (np.where(a + b > 0, -low, high) for high, low in ((a, b), (b, a)))
    logs = np.stack([log_ndtr(a * FACTOR), log_ndtr(b * FACTOR)])
    return logsumexp(logs, axis=0, b=[[1.0], [-1.0]])


def grid():
    """Give intervals of all sizes at all places."""
    middles, widths = np.meshgrid(np.linspace(-37, 37, 149), np.geomspace(0.01, 60, 25))
    return (middles + widths / 2).ravel(), (middles - widths / 2).ravel()


def one_by_one(a, b):
    """Evaluate each interval."""
    return np.array([interval(*ends) for ends in zip(a, b, strict=True)]).T


def test_the_logarithm_is_scipy_s_and_the_derivatives_are_densities_over_it():
    a, b = grid()
    value, by_a, by_b = one_by_one(a, b)
    exact = exactly(a, b)
    assert value == pytest.approx(exact, rel=1e-11, abs=1e-11)
    log_factor = math.log(FACTOR)
    assert by_a == pytest.approx(np.exp(norm.logpdf(a * FACTOR) + log_factor - exact), rel=1e-10)
    assert by_b == pytest.approx(-np.exp(norm.logpdf(b * FACTOR) + log_factor - exact), rel=1e-10)


def test_an_open_end_is_a_tail():
    z = np.linspace(-300, 300, 601)
    value, slope, _ = one_by_one(z, np.full_like(z, -_BEYOND))
    assert value == pytest.approx(log_ndtr(z * FACTOR), rel=1e-13, abs=1e-16)
    other, _, mirrored = one_by_one(np.full_like(z, _BEYOND), -z)
    assert np.array_equal(other, value)
    assert np.array_equal(mirrored, -slope)


def test_known_probabilities_by_hand():
    # Phi(1) - Phi(-1) = .6826894921 and Phi(0) = 1/2, up to PyMC's square root of two
    assert math.exp(interval(1.0, -1.0)[0]) == pytest.approx(0.6826894921370859, rel=2e-8)
    assert interval(0.0, -_BEYOND)[0] == pytest.approx(-math.log(2))
    assert interval(0.0, -_BEYOND)[1] == pytest.approx(2 / math.sqrt(2 * math.pi), rel=2e-8)


def test_what_is_no_interval_has_no_probability():
    assert interval(1.0, 1.0)[0] == -math.inf
    assert not math.isfinite(interval(-1.0, 1.0)[0])
    for ends in ((math.nan, 0.0), (0.0, math.nan)):
        assert math.isnan(interval(*ends)[0])


def test_sums_take_vectors_of_equal_length():
    a, b = grid()
    total, by_a, by_b = _intervals(a, b)
    value, *slopes = one_by_one(a, b)
    assert total == pytest.approx(value.sum())
    assert np.array_equal([by_a, by_b], slopes)
    assert _intervals(a[:0], b[:0])[0] == 0
    with pytest.raises(ValueError, match="as many lower ends"):
        _intervals(a, b[1:])


def test_a_loop_over_rows_is_vectorised():
    @njit(error_model="numpy")
    def loop(a, b, out):
        for i in range(a.shape[0]):
            out[i] = interval(a[i], b[i])[0]

    loop(np.ones(9), np.zeros(9), np.ones(9))
    [code] = loop.inspect_llvm().values()
    assert any(f"<{lanes} x double>" in code for lanes in (2, 4, 8))
