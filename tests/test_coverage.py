"""Coverage against any two bounds: outcomes, what is excluded, and error rates at any time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import bdtrik

from sbc.coverage import interval, judge_bounds
from sbc.sequential import judge_coverage


def most(n, p):
    """Return the count that n trials of chance p exceed once in 10⁴ times."""
    return int(np.ceil(bdtrik(1 - 1e-4, n, p)))


def hits(share, n=400):
    """Spread misses evenly."""
    return (np.floor(np.arange(1, n + 1) * share) > np.floor(np.arange(n) * share)).astype(float)


def verdict(x, low, high, level=0.95):
    return judge_bounds(x, level, low, high, alpha_fail=0.001, alpha_pass=0.05)


@pytest.mark.parametrize(
    ("share", "low", "high", "outcome"),
    [
        (0.95, 0.9, 0.99, "pass"),
        (0.95, 0.94, 0.96, "inconclusive"),
        (0.8, 0.9, 0.99, "fail"),
        (1.0, 0.9, 0.96, "fail"),
        (1.0, 0.9, 1.0, "pass"),
        (0.9, 0.8, 0.97, "pass"),  # within bounds, though not where it is expected
        (0.3, -np.inf, 0.5, "pass"),
        (0.95, -np.inf, 0.5, "fail"),
        (0.95, 0.5, np.inf, "pass"),
    ],
)
def test_the_three_outcomes(share, low, high, outcome):
    found = verdict(hits(share), low, high)
    assert found.outcome == outcome
    assert (found.at is None) == (outcome == "inconclusive")


def test_failed_fits_add_nothing():
    x = hits(0.95, 300)
    with_failed = np.insert(x, [10, 10, 100], np.nan)
    assert verdict(with_failed, 0.9, 0.99).at == verdict(x, 0.9, 0.99).at + 3
    assert verdict(np.full(50, np.nan), 0.9, 0.99) == ("inconclusive", None, None)


def test_needed_is_about_right():
    assert verdict(hits(0.95, 100), 0.9, 0.99).needed == pytest.approx(
        verdict(hits(0.95, 2000), 0.9, 0.99).at - 100, rel=0.3
    )


def test_at_the_nominal_level_it_takes_little_longer_than_the_sharpest_test():
    x = hits(0.95, 2000)
    assert verdict(x, 0.91, 0.99).at < 1.1 * judge_coverage(x, 0.95, 0.91, 0.99).at


def test_the_interval_is_what_bounds_would_pass():
    x = hits(0.95)
    low, high = interval(x, 0.95, 0.05)
    assert low < 0.95 < high
    assert verdict(x, low, np.inf).outcome == verdict(x, -np.inf, high).outcome == "pass"
    assert verdict(x, low + 0.01, np.inf).outcome == "inconclusive"
    assert interval(np.full(3, np.nan), 0.95, 0.05) == (0, 1)


def errors(share, low, high, outcome, studies=300, n=400):
    rng = np.random.default_rng(3)
    return sum(
        judge_bounds(
            (rng.uniform(size=n) < share).astype(float),
            *(0.95, low, high),
            alpha_fail=0.05,
            alpha_pass=0.05,
        ).outcome
        == outcome
        for _ in range(studies)
    )


@pytest.mark.parametrize(
    ("share", "outcome"), [(0.9, "pass"), (0.99, "pass"), (0.9, "fail"), (0.99, "fail")]
)
def test_error_rates_on_the_bounds(share, outcome):
    assert errors(share, 0.9, 0.99, outcome) <= most(300, 0.05)


def test_error_rates_see_what_is_beyond_them():
    assert errors(0.8, 0.9, 0.99, "fail", studies=50) > most(50, 0.05)
    assert errors(0.95, 0.9, 0.99, "pass", studies=50) > most(50, 0.05)
