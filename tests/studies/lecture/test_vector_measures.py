"""Numbers about vectors, by hand on a few datasets of two or three elements."""

import math

import numpy as np
import pandas as pd
import pytest

from sbc.studies.lecture import vector_measures as v
from sbc.studies.lecture.judged import Measured
from sbc.studies.lecture.scenarios import EVEN, UNEVEN


class Told:
    """Evidence of given means and truths: a row a dataset, a column an element."""

    def __init__(self, truth, means, low=None, high=None, data=None, others=None):
        index = range(len(truth))
        self._columns = {"truth": dict.fromkeys(means, truth), "mean": means}
        self._columns |= {"q025": low or means, "q975": high or means}
        self._index, self._data, self._others = index, data, others or {}
        self.datasets = len(truth)

    def means(self, estimator, vector, column="mean"):
        return pd.DataFrame(self._columns[column][estimator], index=self._index, dtype=float)

    def data(self, k):
        return self._data[k]

    def beside(self, scenario):
        return self._others[scenario.name]


TRUTH = [[0.0, 0.0], [1.0, 1.0]]
#: Errors of 1 and 1, then 0 and 2: root mean squares of 1 and of √2. And of 0 and 0.
MEANS = {"a": [[1.0, -1.0], [1.0, 3.0]], "b": [[0.0, 0.0], [1.0, 1.0]]}


def test_the_typical_error_is_a_root_mean_square_a_dataset():
    evidence = Told(TRUTH, MEANS)
    assert v.typical(evidence, "a", "x").tolist() == pytest.approx([1, math.sqrt(2)])
    found = v.error_difference("x", "a", "b")(evidence)
    assert found.value == pytest.approx((1 + math.sqrt(2)) / 2)
    assert found.mcse == pytest.approx((math.sqrt(2) - 1) / math.sqrt(2) / math.sqrt(2))
    assert v.error_difference("x", "b", "a")(evidence).value == pytest.approx(-found.value)


def test_who_takes_every_effect_for_0_errs_by_the_effects():
    evidence = Told([[3.0, -3.0], [2.0, -2.0]], {"a": [[3.0, -3.0], [2.0, -1.0]]})
    found = v.error_below_zero_effects("x", "a")(evidence)
    assert found.value == pytest.approx((0 - 3 + math.sqrt(0.5) - 2) / 2)


def test_a_gain_is_the_logarithm_of_a_ratio():
    evidence = Told([[0.0], [0.0]], {"pooled": [[1.0], [2.0]], "none": [[2.0], [8.0]]})
    found = v.gain("x", "pooled", "none")(evidence)
    assert found.value == pytest.approx((math.log(2) + math.log(4)) / 2)


def test_a_gain_here_beyond_one_there():
    here = Told([[0.0]] * 3, {"p": [[1.0]] * 3, "n": [[2.0], [2.2], [1.8]]})
    there = Told([[0.0]] * 3, {"p": [[1.0]] * 3, "n": [[4.0], [4.4], [3.6]]})
    here._others[EVEN.name] = there
    measure = v.gain("x", "p", "n")
    found = v.beyond(measure, EVEN)(here)
    one, other = measure(here), measure(there)
    assert found.value == pytest.approx(-math.log(2))
    assert found.mcse == pytest.approx(math.hypot(one.mcse, other.mcse))


def test_an_average_over_scenarios():
    evidence = Told([[0.0]] * 5, {}, others={EVEN.name: 1.0, UNEVEN.name: 3.0})

    def measure(value):
        return Measured(value, 0.3, value - 1, value + 1)

    found = v.average_over(measure, (EVEN, UNEVEN))(evidence)
    assert found.value == 2.0
    assert found.mcse == pytest.approx(math.hypot(0.3, 0.3) / 2)


def test_to_fit_is_to_be_near_what_was_seen():
    data = [{"seen": np.array([1.0, -1.0])}, {"seen": np.array([1.0, 3.0])}]
    evidence = Told(TRUTH, MEANS, data=data)
    found = v.fit_difference("x", "a", "b", lambda one: one["seen"], lambda x: x)(evidence)
    assert found.value == pytest.approx(-(1 + math.sqrt(2)) / 2)  # a is what was seen, exactly


def test_the_share_of_elements_that_an_interval_holds():
    low, high = {"a": [[-1.0, 0.5], [0.0, 0.0]]}, {"a": [[1.0, 1.0], [2.0, 1.0]]}
    evidence = Told(TRUTH, {"a": TRUTH}, low=low, high=high)
    found = v.coverage_of("x", "a", "q025", "q975")(evidence)
    assert found.value == pytest.approx((0.5 + 1) / 2)  # a truth on the edge is held


def test_errors_that_fall_with_the_root_have_a_power_of_minus_one_half():
    answers = np.array([1, 4, 16])
    errors = np.array([[2.0, -1.0, 0.5], [-4.0, 2.0, 1.0]])
    evidence = Told(np.zeros((2, 3)).tolist(), {"a": errors.tolist()})
    found = v.improvement_with_answers("x", "a", answers)(evidence)
    assert found.value == pytest.approx(-0.5)


def odds(p):
    return np.log(p / (1 - p))


@pytest.mark.parametrize(("weight", "sign"), [(0.3, 1.0), (None, -1.0)])
def test_who_is_far_is_pulled_far(weight, sign):
    """Pulled by three tenths of the way, or by less the farther away: ranks agree, or oppose."""
    seen = np.array([0.2, 0.4, 0.55, 0.7, 0.9])
    middle = odds(seen).mean()
    distance = odds(seen) - middle
    pull = weight * distance if weight else np.sign(distance) * (0.02 - 0.005 * np.abs(distance))
    p = 1 / (1 + np.exp(-(odds(seen) - pull)))
    data = [{"D": np.full(5, 10), "seen": seen}] * 2
    evidence = Told([p.tolist()] * 2, {"a": [p.tolist()] * 2}, data=data)
    found = v.pull_by_distance("x", "a", lambda one: one["seen"])(evidence)
    assert found.value == pytest.approx(sign)


class Scored:
    def __init__(self, **columns):
        self.exact = pd.DataFrame(columns)


def test_scores_and_the_best_sigma():
    found = v.exact_difference("elpd", 0.5)(Scored(**{"elpd": [1.0, 3.0], "elpd 0.5": [0.5, 0.5]}))
    assert found.value == 1.5
    inside = Scored(best=[1.0, 2.0, 3.0, 4.0], low=[0.5] * 4, high=[2.0] * 4)
    share = v.best_sigma_inside(inside)
    assert share.value == 0.5
    assert share.mcse == 0.25
    assert share.low < 0.5 < share.high
