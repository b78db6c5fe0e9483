"""The categorical kernel against SciPy, by hand, and at the edges of what it takes."""

import math

import numpy as np
import pytest
from scipy import special

from sbc.plugins.categorical import _likelihood

RNG = np.random.default_rng(3)


def exactly(eta, y):
    """Compute the sum and the gradient by SciPy, in extended precision."""
    wide = eta.astype(np.longdouble)
    logs, shares = special.log_softmax(wide, axis=1), special.softmax(wide, axis=1)
    rows = np.arange(len(eta))
    slopes = -shares
    slopes[rows, y] += 1
    return logs[rows, y].sum(), slopes


@pytest.mark.parametrize("scale", [1e-8, 1, 30, 700])
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (1, 4), (50, 1), (50, 2), (31, 7), (20, 40)])
def test_the_sum_and_the_gradient_are_those_of_softmax(shape, scale):
    eta = RNG.normal(size=shape) * scale
    y = RNG.integers(0, shape[1], shape[0])
    total, slopes = _likelihood(eta, y)
    wanted, exact = exactly(eta, y)
    assert total == pytest.approx(float(wanted), rel=1e-14, abs=1e-15 * shape[0])
    assert slopes == pytest.approx(exact.astype(float), rel=1e-13, abs=1e-15)


def test_two_categories_by_hand():
    # softmax(0, log 3) = (1/4, 3/4)
    total, slopes = _likelihood(np.array([[0, math.log(3)]]), np.array([1]))
    assert total == pytest.approx(math.log(0.75))
    assert slopes == pytest.approx(np.array([[-0.25, 0.25]]))


def test_arrays_in_any_order_and_of_any_whole_numbers_are_taken():
    eta = RNG.normal(size=(12, 5))
    y = RNG.integers(0, 5, 12)
    wanted = _likelihood(eta, y)
    apart = np.repeat(eta, 3, axis=1)[:, ::3]
    for same, answers in ((np.asfortranarray(eta), y.astype(np.uint8)), (apart, y.astype("int32"))):
        total, slopes = _likelihood(same, answers)
        assert total == wanted[0]
        assert np.array_equal(slopes, wanted[1])


def test_a_single_row_and_a_single_answer_stand_for_all():
    eta, y = RNG.normal(size=(6, 4)), RNG.integers(0, 4, 6)
    for few, many in (
        ((eta[:1], y), (np.repeat(eta[:1], 6, 0), y)),
        ((eta, y[:1]), (eta, y[[0] * 6])),
    ):
        total, slopes = _likelihood(*few)
        wanted, all_slopes = _likelihood(*many)
        assert total == pytest.approx(wanted)
        expected = all_slopes.sum(axis=0, keepdims=True) if len(slopes) == 1 else all_slopes
        assert slopes == pytest.approx(expected)


def test_what_is_no_number_stays_none():
    for bad in (math.nan, math.inf):
        total, _ = _likelihood(np.array([[0, bad, 1], [0, 1, 2]]), np.array([0, 0]))
        assert math.isnan(total)
    total, slopes = _likelihood(np.array([[0, -math.inf]]), np.array([1]))
    assert total == -math.inf
    assert slopes == pytest.approx(np.array([[-1.0, 1.0]]))


def test_what_does_not_fit_is_refused():
    eta = np.zeros((3, 2))
    for y in ([0, 1], [0, 1, 0, 1]):
        with pytest.raises(ValueError, match="as many answers as rows"):
            _likelihood(eta, np.array(y))
    for wrong in (-1, 2):
        with pytest.raises(IndexError, match="no category"):
            _likelihood(eta, np.array([0, wrong, 0]))
