"""A compiled function that is called without Numba's dispatch does what it does with it."""

import numpy as np
import pytensor
import pytensor.tensor as pt

from sbc.engines._numba import without_dispatch


def walk():
    """Give a function that moves a shared vector by noise of its own, and the vector."""
    rng = pytensor.shared(np.random.default_rng(5))
    x = pytensor.shared(np.zeros(3), name="x")
    new_rng, step = pt.random.normal(0, 1, size=3, rng=rng, return_next_rng=True)
    moved = x + step
    return pytensor.function([], moved.sum(), updates={x: moved, rng: new_rng}), x


def test_it_gives_the_same_numbers_and_updates_what_is_shared():
    (plain, x), (repeated, y) = walk(), walk()
    expected = [float(plain()) for _ in range(6)]
    found = [float(repeated())]
    fast = without_dispatch(repeated)
    found += [float(fast()) for _ in range(5)]
    assert found == expected
    assert len(set(found)) == 6
    np.testing.assert_array_equal(x.get_value(), y.get_value())


def test_it_reads_shared_variables_that_were_set_in_between():
    function, x = walk()
    first = float(function())
    fast = without_dispatch(function)
    x.set_value(np.full(3, 1000.0))
    assert float(fast()) > 2900 > first
