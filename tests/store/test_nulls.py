import math

import numpy as np
import pytest

from sbc.store.nulls import plain


@pytest.mark.parametrize("none", [math.nan, math.inf, -math.inf, np.float64("nan")])
def test_a_number_that_is_none_is_null(none):
    assert plain(none) is None


def test_everything_else_stays_what_it_is_as_python_has_it():
    assert [type(plain(x)) for x in (np.int64(3), np.float64(0.5), np.bool_(True), "x", None)] == [
        *(int, float, bool, str, type(None))
    ]
