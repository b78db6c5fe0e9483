"""Estimates with their uncertainty, and the intervals that follow from it."""

import numpy as np
import pytest

from sbc.plugins.estimates import Estimated

ENDS = (0.025, 0.25, 0.5, 0.75, 0.975)


def test_a_standard_error_makes_normal_intervals():
    # 1.959964 and 0.674490 are the normal deviates of 97.5 and 75 %.
    found = np.array(Estimated(1.0, se=2.0).quantiles(ENDS))
    np.testing.assert_allclose(
        found, 1 + 2 * np.array([-1.959964, -0.674490, 0, 0.674490, 1.959964]), atol=1e-5
    )


def test_degrees_of_freedom_make_t_intervals():
    # 2.228139 is the deviate of Student's t with 10 degrees of freedom at 97.5 %.
    assert Estimated(0.0, se=1.0, df=10).quantiles((0.975,))[0] == pytest.approx(2.228139, abs=1e-5)
    assert Estimated(0.0, se=1.0).quantiles((0.975,))[0] < 2  # and not the normal's


def test_an_interval_is_taken_as_it_is_and_says_nothing_of_other_levels():
    found = Estimated(1.0, low=0.5, high=3.0, level=0.5)
    ends = np.array(found.quantiles(ENDS))
    np.testing.assert_array_equal(ends, [np.nan, 0.5, 1.0, 3.0, np.nan])
    assert found.error == pytest.approx(2.5 / (2 * 0.674490), abs=1e-5)


def test_with_both_the_other_levels_follow_from_the_error():
    found = Estimated(1.0, se=1.0, low=-5.0, high=2.0)
    ends = np.array(found.quantiles(ENDS))
    np.testing.assert_allclose(ends, [-5, 1 - 0.674490, 1, 1 + 0.674490, 2], atol=1e-5)
    assert found.error == 1.0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"value": 1.0}, "standard error or an interval"),
        ({"value": 1.0, "se": 0.0}, "above 0"),
        ({"value": 1.0, "se": -1.0}, "above 0"),
        ({"value": np.nan, "se": 1.0}, "not finite"),
        ({"value": 1.0, "se": np.inf}, "not finite"),
        ({"value": 1.0, "low": 0.0}, "two ends"),
        ({"value": 1.0, "low": 2.0, "high": 1.0}, "below its high end"),
        ({"value": 1.0, "low": 0.0, "high": 2.0, "level": 0.7}, "0.5, 0.8, 0.9, 0.95, not 0.7"),
        ({"value": 1.0, "se": 1.0, "df": 0}, "above 0"),
        ({"value": [1.0, 2.0], "se": 1.0}, r"shape \(\), and the estimate \(2,\)"),
        ({"value": "text", "se": 1.0}, "a number, not str"),
    ],
)
def test_what_makes_no_sense_is_refused(given, told):
    with pytest.raises(ValueError, match=told):
        Estimated(**given)
