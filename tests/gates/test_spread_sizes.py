"""How often gates on empirical SEs and on z say so wrongly, the estimand exactly at its bound."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import bdtrik

from sbc.gates.values import _squares
from sbc.stats.sequential.means import log_e_positive
from sbc.stats.sequential.moments import UNSEEN, moments

ALPHA = 0.05
N = 400


def most(n, p):
    """Return the count that n trials of chance p exceed once in 10⁴ times."""
    return int(np.ceil(bdtrik(1 - 1e-4, n, p)))


def t5(rng):
    return np.sqrt(3 / 5) * rng.standard_t(5, size=N)


def exponential(rng):
    return rng.exponential(size=N) - 1


def varying(rng):
    """Draw errors whose log-sd varies by .5, and whose variance is 1."""
    return rng.normal(size=N) * np.exp(0.5 * rng.normal(size=N) - 0.25)


def z_of_means(rng):
    """Divide means of ten numbers by standard errors that are estimated from them, as t has it."""
    return np.sqrt(7 / 9) * rng.standard_t(9, size=N)


#: Errors of variance 1, as functions of data make them, and shifted: a bias is no spread.
LAWS = {
    "normal": lambda rng: 3 + rng.normal(size=N),
    "t5": t5,
    "exponential": exponential,
    "varying sds": varying,
    "z of means": z_of_means,
}


def share(law, studies, sign, unseen=UNSEEN, squares=_squares, scale=1.0):
    """Say how often a variance is ever shown to lie below 1, or above it, in 400 datasets."""
    rng = np.random.default_rng(8)
    return sum(
        (log_e_positive(moments(sign * (squares(scale * law(rng)) - 1)), ALPHA, unseen)
         >= -np.log(ALPHA)).any()
        for _ in range(studies)
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("sign", [-1, 1])
def test_size_at_the_bound(name, sign):
    assert share(LAWS[name], 800, sign) <= most(800, ALPHA)


@pytest.mark.slow
def test_without_the_unseen_value_heavy_tails_exceed_it():
    assert share(t5, 800, -1, unseen=0) > most(800, ALPHA)


@pytest.mark.slow
def test_squares_about_zero_would_count_the_bias():
    assert share(LAWS["normal"], 20, 1, squares=np.square) == 20


def test_a_spread_beyond_the_bound_is_shown():
    assert share(LAWS["normal"], 10, 1, scale=1.5) >= 9
    assert share(LAWS["normal"], 10, -1, scale=1.5) == 0
