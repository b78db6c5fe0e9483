import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sbc.stats.diagnostics import diagnose
from sbc.stats.intervals import hdi
from sbc.stats.ordered import Ordered
from sbc.store.rows import LEVELS, PROBABILITIES

draws = arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 60)), elements=st.floats(-9, 9))


@given(draws)
def test_quantiles_are_those_of_numpy_to_the_last_bit(x):
    found = Ordered.of(x).quantiles((0, *PROBABILITIES, 1))
    np.testing.assert_array_equal(found, np.quantile(x, (0, *PROBABILITIES, 1), axis=1).T)


@given(draws)
def test_order_says_where_each_draw_stood(x):
    found = Ordered.of(x)
    np.testing.assert_array_equal(np.take_along_axis(x, found.order, axis=1), found.values)
    assert (np.diff(found.values, axis=1) >= 0).all()
    np.testing.assert_array_equal(hdi(found, LEVELS), hdi(x, LEVELS))


@pytest.mark.parametrize(("chains", "length"), [(1, 100), (2, 250), (2, 251), (4, 33), (3, 10)])
def test_diagnostics_do_not_depend_on_who_sorted(chains, length):
    x = np.random.default_rng(length).normal(size=(4, chains, length))
    x[1] = np.round(x[1])  # ties
    x[2, 0, 3] = np.nan
    x[3] = 1
    there = diagnose(x, Ordered.of(x.reshape(4, -1)))
    for a, b in zip(diagnose(x), there, strict=True):
        np.testing.assert_array_equal(a, b)
