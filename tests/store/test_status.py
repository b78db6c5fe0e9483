"""Statuses and their words stand in one place, and judge as they say."""

from dataclasses import replace

import pandas as pd
import pytest

from sbc.fitting.convergence import judge
from sbc.plugins.engine import Budget
from sbc.store.reasons import reasons
from sbc.store.rows import DIVERGENT, FAILED, LOW_ESS, NONCONVERGED, OK, Result
from sbc.store.status import STATUSES, did, meanings, why

GOOD = Result("x", 0.0, 0.0, 1.0, (), ess_bulk=400.0, ess_tail=400.0, rhat=1.01)


def test_every_status_has_words_and_the_failed_ones_a_reason():
    assert all(one.head and one.did and one.meaning for one in STATUSES.values())
    assert {name for name, one in STATUSES.items() if one.reason} == set(FAILED)


@pytest.mark.parametrize(
    ("changed", "divergences", "expected"),
    [
        ({}, 0, OK),
        ({"rhat": 1.011}, 0, LOW_ESS),
        ({"ess_tail": 399.0}, 0, LOW_ESS),
        ({"rhat": 1.05, "ess_bulk": 160.0}, 0, LOW_ESS),
        ({"rhat": 1.051}, 0, NONCONVERGED),
        ({"ess_bulk": 159.0}, 0, NONCONVERGED),
        ({"rhat": float("nan")}, 0, NONCONVERGED),
        ({}, 5, OK),  # 0.5 % of 1000 draws
        ({}, 6, DIVERGENT),
    ],
)
def test_fits_are_judged_by_the_limits_that_the_words_name(changed, divergences, expected):
    budget = Budget(chains=2, draws=500)
    assert judge((replace(GOOD, **changed),), divergences, budget) == expected


def test_the_words_name_the_limits():
    (low,) = meanings([LOW_ESS, LOW_ESS])
    assert low == "low_ess = R-hat is at most 1.05 and the ESS at least 160; the fit is used."
    assert "1.05" in why(NONCONVERGED)
    assert "160" in why(NONCONVERGED)
    assert did("a status of a later version") == "a status of a later version"


def test_a_failed_fit_without_a_text_says_what_its_status_means():
    fits = pd.DataFrame({"dataset": [0, 1], "status": [NONCONVERGED] * 2, "error": ["", ""]})
    (reason,) = reasons(fits)
    assert reason.text == why(NONCONVERGED)
