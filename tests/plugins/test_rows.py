"""Sums and maxima of parts of a vector."""

import math

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.plugins import rows

numbers = st.lists(st.floats(-1e6, 1e6), max_size=60)


def part(function, x, first, length):
    """Evaluate for a part of a vector, whose place is given without a sign."""
    return function(np.array(x, dtype=float), np.uint64(first), np.uint64(length))


@hypothesis.settings(deadline=None)  # the first call compiles
@given(numbers, numbers, numbers)
def test_a_part_has_its_own_sum_and_maximum(before, x, after):
    everything, first = [*before, *x, *after], len(before)
    bound = 1e-15 * (1 + sum(map(abs, x))) * (1 + len(x))
    assert part(rows.total, everything, first, len(x)) == pytest.approx(math.fsum(x), abs=bound)
    assert part(rows.largest, everything, first, len(x)) == max(x, default=-math.inf)


@pytest.mark.parametrize("length", [1, 3, 7, 8, 9, 21])
def test_special_values_are_numpy_s(length):
    for place in range(length):
        for value in (math.nan, math.inf, -math.inf):
            x = np.zeros(length)
            x[place] = value
            assert part(rows.largest, x, 0, length) == pytest.approx(x.max(), nan_ok=True)
            assert part(rows.total, x, 0, length) == pytest.approx(x.sum(), nan_ok=True)
    assert part(rows.largest, np.full(length, -math.inf), 0, length) == -math.inf
