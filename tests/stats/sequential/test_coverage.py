"""Coverage against any two bounds: outcomes, what is excluded, and error rates at any time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import bdtrik

from sbc.stats.sequential.coverage import interval, judge_bounds, log_e_share


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


def test_evidence_by_hand():
    found = log_e_share([1, 0, np.nan, 1, 0.5], 0.9, 0.8)
    steps = [
        9 / 8,
        9 / 8 / 2,
        9 / 8 / 2,
        9 / 8 / 2 * 9 / 8,
        9 / 8 / 2 * 9 / 8 * (9 / 8 + 1 / 2) / 2,
    ]
    np.testing.assert_allclose(np.exp(found), steps)


def test_evidence_refuses():
    for call in ((0.9, 0.9), (1, 0.9), (0.9, 0)):
        with pytest.raises(ValueError, match="no evidence"):
            log_e_share([1], *call)
    for bad in ([], [-0.1], 1, [2]):
        with pytest.raises(ValueError, match="hits are"):
            log_e_share(bad, 0.9, 0.8)


def test_at_the_nominal_level_it_takes_little_longer_than_the_sharpest_test():
    x = hits(0.95, 2000)
    sharpest = [np.argmax(log_e_share(x, 0.95, b) >= -np.log(0.05)) + 1 for b in (0.91, 0.99)]
    assert verdict(x, 0.91, 0.99).at < 1.1 * max(sharpest)


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


@pytest.mark.parametrize("correlated", [True, False])
def test_error_rates_of_shares_whatever_elements_have_in_common(correlated):
    rng = np.random.default_rng(4)
    passed = 0
    for _ in range(300):
        u = rng.uniform(size=(400, 1 if correlated else 20))
        share = (np.broadcast_to(u, (400, 20)) < 0.9).mean(axis=1)
        passed += verdict(share, 0.9, 0.99).outcome == "pass"
    assert passed <= most(300, 0.05)


def test_shares_of_many_elements_decide_sooner_than_one_element():
    share = (np.random.default_rng(5).uniform(size=(400, 20)) < 0.95).mean(axis=1)
    assert verdict(share, 0.9, 0.99).at < 0.6 * verdict(hits(0.95), 0.9, 0.99).at


@pytest.mark.slow
@pytest.mark.parametrize(
    ("nominal", "low", "high", "sharpest"),
    [
        (0.95, 0.91, 0.99, 286),
        (0.95, 0.92, 0.98, 515),
        (0.90, 0.85, 0.95, 337),
        (0.80, 0.70, 0.90, 146),
    ],
)
def test_coverage_in_many_studies(nominal, low, high, sharpest):
    def verdicts(coverage, n):
        return [
            verdict(np.random.default_rng(seed).uniform(size=n) < coverage, low, high, nominal)
            for seed in range(1000)
        ]

    at_nominal = verdicts(nominal, 4000)
    assert sum(v.outcome == "fail" for v in at_nominal) <= most(1000, 0.001)
    at = np.array([v.at or 4000 for v in at_nominal])
    # the mean that was measured without a mixture has an error of its own, about as large
    assert at.mean() < 1.1 * sharpest + 3.9 * np.sqrt(2) * at.std() / np.sqrt(at.size)
    for bound in (low, high):
        at_bound = verdicts(bound, 2000)
        assert sum(v.outcome == "fail" for v in at_bound) <= most(1000, 0.001)
        assert sum(v.outcome == "pass" for v in at_bound) <= most(1000, 0.05)
