import math

import numpy as np
import pytest

from sbc.studies.lecture.measures import shrinkage


def test_shrinkage_by_hand():
    """Two tanks of 10 with shares .2 and .8, told .35 and .65: slope .5; of 35 as they are."""
    data = {
        "D": np.array([10, 10, 35, 35]),
        "S": np.array([2, 8, 7, 28]),
        "tank": np.arange(4),
    }
    found = shrinkage(data, np.array([0.35, 0.65, 0.2, 0.8]))
    assert found == {10.0: pytest.approx(0.5), 35.0: pytest.approx(0.0)}


def test_estimates_go_by_tank_and_not_by_row():
    data = {"D": np.array([10, 10]), "S": np.array([2, 8]), "tank": np.array([1, 0])}
    assert shrinkage(data, np.array([0.8, 0.2]))[10.0] == pytest.approx(0.0)


def test_equal_shares_have_no_slope():
    data = {"D": np.array([10, 10]), "S": np.array([3, 3]), "tank": np.arange(2)}
    assert math.isnan(shrinkage(data, np.array([0.3, 0.4]))[10.0])
