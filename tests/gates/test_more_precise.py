"""A gain in precision over another estimator, as a gate asks for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import bdtrik

from sbc.gates.decisions import Levels
from sbc.gates.expectations import Better, parse
from sbc.gates.history import history
from sbc.gates.judge import Check, judge_check
from sbc.gates.values import squares
from sbc.plugins.errors import UserError
from sbc.stats.sequential.means import log_e_positive
from sbc.stats.sequential.moments import moments

N = 400


def errors_of(sharp, rng, n=N):
    """Draw errors of two estimators, correlated by half, one with this sd and one with 1."""
    common = rng.normal(size=n)
    one, two = (np.sqrt(0.5) * (common + rng.normal(size=n)) for _ in range(2))
    return sharp * one, two


def histories(one, two, failed=()):
    """Give both as estimators of 0 in the same datasets; failed fits are the first's."""
    found = {}
    for name, errors in (("sharp", one), ("other", two)):
        frame = pd.DataFrame({"dataset": range(len(errors)), "mean": errors, "sd": 1.0})
        frame = frame.assign(truth=0.0, pit=np.nan, crps=np.nan, ess_bulk=np.nan, estimator=name,
                             engine="function", quantity="a")  # fmt: skip
        fits = frame[["dataset", "estimator", "engine"]].assign(status="ok", attempt=0)
        if name == "sharp":
            fits.loc[list(failed), "status"] = "error"
            frame = frame[~frame.dataset.isin(failed)]
        found[name, "function"] = history(fits, frame, name, "function")
    return found


def judged(sharp, gain, failed=(), bias=0.0):
    one, two = errors_of(sharp, np.random.default_rng(3))
    check = Check("sharp", "function", "a", Better("other", "function", gain), ("a",))
    return judge_check(check, histories(one + bias, two, failed), Levels(0.001, 0.05))


@pytest.mark.parametrize(
    ("sharp", "gain", "outcome"),
    [
        (0.6, 0.2, "pass"),  # 1/.36 - 1 = 178 %
        (0.6, 4.0, "fail"),
        (1.6, -0.8, "pass"),  # 1/2.56 - 1 = -61 %
        (1.6, 0.0, "fail"),
        (0.99, 0.0, "inconclusive"),
    ],
)
def test_the_outcomes(sharp, gain, outcome):
    assert judged(sharp, gain).outcome == outcome


def test_a_bias_is_no_imprecision():
    assert judged(0.6, 0.2, bias=5.0).outcome == "pass"


def test_failed_fits_may_turn_it():
    assert judged(0.6, 0.2, failed=[7]).outcome == "pass"
    assert judged(0.6, 0.2, failed=range(60)).outcome == "inconclusive"


def test_the_evidence_is_about_variances():
    told = judged(0.6, 0.2).evidence
    assert told.found.startswith("own variance × 1.2 less the other's -0.")


def test_how_it_is_written():
    words = {"CC": 0.0, "mundlak by advi": 25}
    assert str(parse({"more_precise_than": "CC"}, 0.1)[0]) == "more precise than CC"
    found = parse({"more_precise_than": {"CC": words["mundlak by advi"]}}, 0.1)[0]
    assert found == Better("CC", "", 0.25)
    assert str(found) == "more precise than CC by 25 %"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (3, "takes an estimator's name, or a table of one"),
        ({"a": 1, "b": 2}, "takes an estimator's name, or a table of one"),
        ({}, "takes an estimator's name, or a table of one"),
        ({"a": "much"}, "takes a number, not 'much'"),
        ({"a": -100}, "a gain in precision is above -100 %, not -100 %"),
    ],
)
def test_what_makes_no_sense_is_told(value, told):
    with pytest.raises(UserError, match=told):
        parse({"more_precise_than": value}, 0.1)


def most(n, p):
    """Return the count that n trials of chance p exceed once in 10⁴ times."""
    return int(np.ceil(bdtrik(1 - 1e-4, n, p)))


def passes(sharp, gain, studies):
    rng, alpha, found = np.random.default_rng(8), 0.05, 0
    for _ in range(studies):
        one, two = errors_of(sharp, rng)
        x = squares(two[None])[0] - (1 + gain) * squares(one[None])[0]
        found += (log_e_positive(moments(x), alpha) >= -np.log(alpha)).any()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("gain", [0.0, 0.5])
def test_size_at_the_bound(gain):
    assert passes((1 + gain) ** -0.5, gain, 800) <= most(800, 0.05)


@pytest.mark.slow
def test_beyond_the_bound_it_passes_more_often():
    assert passes(0.7, 0.5, 40) > most(40, 0.05)
