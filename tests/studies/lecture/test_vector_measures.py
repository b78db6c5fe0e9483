"""Numbers about vectors, by hand on a few datasets of two or three elements."""

import math

import numpy as np
import pandas as pd
import pytest

from sbc.stats.fits import Fits
from sbc.studies.lecture import vector_measures as v
from sbc.studies.lecture.evidence import Evidence
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

    errors = Evidence.errors

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


def test_a_gain_here_beyond_one_there_is_taken_dataset_by_dataset():
    """Gains of log 2 and log 4 here, of log 2 and log 2 there."""
    here = Told([[0.0], [0.0]], {"p": [[1.0], [2.0]], "n": [[2.0], [8.0]]})
    there = Told([[0.0], [0.0]], {"p": [[1.0], [3.0]], "n": [[2.0], [6.0]]})
    here._others[EVEN.name] = there
    found = v.extra_gain("x", "p", "n", EVEN)(here)
    assert found.value == pytest.approx(math.log(2) / 2)
    assert found.mcse == pytest.approx(math.log(2) / math.sqrt(2) / math.sqrt(2))


class Fitted:
    """Evidence of scalar estimates: errors by estimator, in scenarios of the same datasets."""

    def __init__(self, errors, others=None, seconds=None):
        self._errors, self._others, self._seconds = errors, others or {}, seconds

    def _fits(self, name):
        error = np.array(self._errors[name])
        ones = np.ones(error.size)
        return Fits(0 * ones, error, ones, 0.5 * ones)

    def pair(self, a, b, quantity):
        return self._fits(a), self._fits(b)

    def rows(self, name, quantity):
        return pd.DataFrame(index=range(len(self._errors[name])))

    def seconds(self, name):
        return pd.Series(self._seconds[name])

    def beside(self, scenario):
        return self._others[scenario.name]


def test_an_average_over_scenarios_knows_that_they_share_their_luck():
    """The same errors in both scenarios: as much is known as from one of them, and no more."""
    rng = np.random.default_rng(1)
    one, other = ({"a": rng.normal(0.3, 1, 50), "b": rng.normal(0, 1, 50)} for _ in range(2))
    same = Fitted({}, {EVEN.name: Fitted(one), UNEVEN.name: Fitted(one)})
    alone = Fitted({}, {EVEN.name: Fitted(one)})
    both = v.average_difference("bias", "a", "b", "x", (EVEN, UNEVEN))(same)
    single = v.average_difference("bias", "a", "b", "x", (EVEN,))(alone)
    assert both == pytest.approx(single)
    assert single.value == pytest.approx(np.mean(one["a"] - one["b"]))
    assert single.mcse == pytest.approx(np.std(one["a"] - one["b"], ddof=1) / math.sqrt(50))
    apart = Fitted({}, {EVEN.name: Fitted(one), UNEVEN.name: Fitted(other)})
    assert v.average_difference("bias", "a", "b", "x", (EVEN, UNEVEN))(apart).mcse < single.mcse


def test_a_ratio_of_times_is_a_geometric_mean():
    times = {"a": [2.0, 8.0], "b": [1.0, 1.0]}
    evidence = Fitted({}, {EVEN.name: Fitted({}, seconds=times)})
    assert v.average_time_ratio("a", "b", (EVEN,))(evidence).value == pytest.approx(4.0)


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


def test_intervals_that_hold_everything_have_an_interval_all_the_same():
    evidence = Told([[0.0]] * 50, {"a": [[0.0]] * 50})
    found = v.coverage_of("x", "a", "q025", "q975")(evidence)
    assert (found.value, found.mcse, found.high) == (1, 0, 1)
    assert 0.85 < found.low < 0.9  # by Wilson: 50 / (50 + 2.576²)


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
