"""Generators that nobody decorated."""

import numpy as np
import pytest

from sbc.plugins.errors import UserError
from sbc.plugins.plain import FIXED, PRIOR, plain


def joint(rng, *, n=8, sd=1.0):
    """Draw a mean and data around it."""
    mu = rng.normal()
    return {"mu": mu}, {"y": rng.normal(mu, sd, n), "k": 3}


def test_truth_and_data_are_those_of_the_function():
    found = plain(joint)
    drawn = found.draw(np.random.default_rng(4), PRIOR, n=5)
    truth, data = joint(np.random.default_rng(4), n=5)
    assert drawn.truth == truth
    np.testing.assert_array_equal(drawn.data["y"], data["y"])
    assert (found.sizes, found.dims) == ({"n": 8, "sd": 1.0}, {"y": "rows"})
    assert found.uniform_ranks == {PRIOR: ("*",)}


def test_a_truth_that_is_always_the_same_owes_nothing():
    found = plain(lambda rng: ({"mu": 1.0}, {"y": rng.normal(1, 1, 4)}))
    assert (list(found.regimes), found.uniform_ranks) == ([FIXED], {})


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda rng, truth: {}, "'truth' has no default"),
        (lambda rng: {"y": 1}, "must return .truth, data."),
        (lambda rng: (1.0, {}), "two dicts, not float and dict"),
        (lambda: ({}, {}), "must take rng"),
    ],
)
def test_what_is_no_generator_is_told(function, told):
    with pytest.raises(UserError, match=told):
        plain(function)
