import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.stats.fits import Estimate
from sbc.studies.lecture.judged import (
    LEVEL,
    UNKNOWN,
    Bounds,
    Measured,
    Verdict,
    from_estimate,
    from_mean,
    judge,
    overall,
)

HOLDS, FAILS, OPEN = Verdict.HOLDS, Verdict.FAILS, Verdict.OPEN


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.1, 0.4, HOLDS), (-0.1, 0.4, OPEN), (-0.4, -0.1, FAILS), (0.0, 0.4, HOLDS)],
)
def test_the_whole_interval_decides(low, high, verdict):
    assert judge(Measured((low + high) / 2, 0.1, low, high), Bounds(low=0)) is verdict


def test_two_bounds_are_left_on_either_side():
    bounds = Bounds(-0.1, 0.1)
    assert judge(Measured(0.0, 0.01, -0.05, 0.05), bounds) is HOLDS
    assert judge(Measured(0.3, 0.01, 0.2, 0.4), bounds) is FAILS
    assert judge(Measured(-0.3, 0.01, -0.4, -0.2), bounds) is FAILS
    assert judge(Measured(0.1, 0.01, 0.05, 0.15), bounds) is OPEN
    assert judge(Measured(0.0, 1.0, -2.0, 2.0), bounds) is OPEN


def test_what_is_not_known_is_open():
    assert judge(UNKNOWN, Bounds(0)) is OPEN
    assert judge(from_mean(np.array([])), Bounds(0)) is OPEN
    assert judge(from_mean(np.array([3.0])), Bounds(0)) is OPEN
    assert judge(from_mean(np.array([3.0, 3.0, 3.0])), Bounds(0)) is OPEN
    assert judge(from_mean(np.array([3.0, math.nan, 4.0])), Bounds(0)) is OPEN


def test_a_mean_of_two_has_students_interval():
    """Of 1 and 3: mean 2, sd √2, MCSE 1; t of one degree of freedom at .995 is 63.657."""
    found = from_mean(np.array([1.0, 3.0]))
    assert found[:2] == (2.0, pytest.approx(1.0))
    assert found.high - found.value == pytest.approx(63.657, abs=1e-3)
    assert found.value - found.low == pytest.approx(63.657, abs=1e-3)


def test_intervals_miss_as_often_as_they_say():
    """At N datasets the share of misses has an error of √(.01 · .99/N); five are allowed."""
    rng = np.random.default_rng(1)
    n = 20_000
    missed = 0
    for x in rng.normal(0.3, 1, size=(n, 12)):
        low, high = from_mean(x)[2:]
        missed += not low <= 0.3 <= high
    assert abs(missed / n - (1 - LEVEL)) < 5 * math.sqrt(0.01 * 0.99 / n)


def test_one_failure_is_enough_and_all_must_hold():
    assert overall([HOLDS, HOLDS]) is HOLDS
    assert overall([HOLDS, OPEN]) is OPEN
    assert overall([OPEN, FAILS]) is FAILS
    assert overall([]) is OPEN


@given(st.floats(-5, 5), st.floats(0.01, 3), st.integers(2, 500), st.floats(-3, 3))
def test_a_bound_and_its_opposite_never_both_hold(value, mcse, n, at):
    measured = from_estimate(Estimate(value, mcse), n)
    above, below = judge(measured, Bounds(low=at)), judge(measured, Bounds(high=at))
    assert (above, below) in {(HOLDS, FAILS), (FAILS, HOLDS), (OPEN, OPEN)}


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (Bounds(0), "above 0"),
        (Bounds(high=-0.5), "below −0.5"),
        (Bounds(-0.1, 0.1), "within ±0.1"),
        (Bounds(0.9, 1), "between 0.9 and 1"),
    ],
)
def test_bounds_are_told(bounds, words):
    assert bounds.describe() == words
