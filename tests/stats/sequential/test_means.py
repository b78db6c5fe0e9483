"""Means judged while datasets come in: worked cases, what must hold, and measured error rates."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.special import bdtrik

from sbc.stats.sequential.means import (
    START,
    contraction_excess,
    estimate,
    interval,
    judge_mean,
    log_e_positive,
    mean_excess,
)
from sbc.stats.sequential.moments import UNSEEN, Moments, moments, with_unseen


def most(n, p):
    """Return the count that n trials of chance p exceed once in 10⁴ times."""
    return int(np.ceil(bdtrik(1 - 1e-4, n, p)))


def verdict(x, low, high, alpha_fail=0.001, alpha_pass=0.05):
    return judge_mean(mean_excess(x), low, high, alpha_fail=alpha_fail, alpha_pass=alpha_pass)


def test_moments_by_hand():
    # 1, 3, 8: mean 4, squared deviations 9 + 1 + 16 = 26, cubes −27 − 1 + 64 = 36
    found = moments(np.array([1.0, np.nan, 3.0, 8.0]))
    np.testing.assert_allclose(found.n, [1, 1, 2, 3])
    np.testing.assert_allclose(found.mean, [1, 1, 2, 4])
    np.testing.assert_allclose(found.sd, [0, 0, np.sqrt(2), np.sqrt(13)], atol=1e-12)
    assert found.skew[-1] == pytest.approx((36 / 3) / (26 / 3) ** 1.5)


def test_moments_keep_their_digits_far_from_zero():
    x = np.random.default_rng(0).exponential(size=500)
    near, far = moments(x), moments(x + 1e6)
    np.testing.assert_allclose(far.sd[10:], near.sd[10:], rtol=1e-6)
    np.testing.assert_allclose(far.skew[10:], near.skew[10:], rtol=1e-5)


def test_evidence_is_the_half_normal_mixture():
    # without skewness: the mean of exp(λS − λ²n/2) over λ ~ |Normal(0, rho²)|, S = √n T
    n, mean, alpha = 80.0, 0.2, 0.01
    level = -2 * np.log(alpha)
    rho = np.sqrt((level + np.log(level + 1)) / 100)
    S = n * mean
    expected, _ = quad(
        lambda x: np.exp(x * S - x * x * n / 2) * 2 * stats.norm.pdf(x, scale=rho), 0, 5
    )
    one = Moments(*(np.array([v]) for v in (n, mean, 1.0, 0.0, -2.0)))
    assert log_e_positive(one, alpha, unseen=0)[0] == pytest.approx(np.log(expected), rel=1e-8)


def test_the_value_that_has_not_been_seen_is_one_more_value():
    # NumPy's own moments of the values and of one that lies 1.5 times as far down as the least
    x = np.random.default_rng(3).exponential(size=60) - 0.4
    x[[7, 30]] = np.nan
    found = with_unseen(moments(x), UNSEEN)
    for i in (9, 40, 59):
        seen = x[: i + 1][np.isfinite(x[: i + 1])]
        more = np.append(seen, seen.mean() - 1.5 * (seen.mean() - seen.min()))
        expected = more.size, more.mean(), more.std(ddof=1), stats.skew(more), seen.min()
        np.testing.assert_allclose([column[i] for column in found], expected, rtol=1e-10)


def test_the_evidence_by_plain_formulas():
    # Hall's transformation and the mixture, written out for the values and the one that is added
    x, alpha = stats.expon.rvs(size=120, random_state=5) - 0.5, 0.05
    y = np.append(x, x.mean() + 1.5 * (x.min() - x.mean()))
    t = stats.ttest_1samp(y, 0).statistic
    a = stats.skew(y) / np.sqrt(y.size)
    t += a * t**2 / 3 + a**2 * t**3 / 27 + a / 6
    level = 2 * np.log(1 / alpha)
    v = 1 + y.size * (level + np.log(level + 1)) / 100
    z = t * np.sqrt(1 - 1 / v)
    expected = 2 / np.sqrt(v) * np.exp(z**2 / 2) * stats.norm.cdf(z)
    assert log_e_positive(moments(x), alpha)[-1] == pytest.approx(np.log(expected), rel=1e-10)


def test_without_values_nothing_is_added():
    found = with_unseen(moments(np.array([np.nan, 2.0, 2.0])))
    np.testing.assert_allclose(found.n, [1, 2, 3])
    np.testing.assert_allclose(found.sd, [0, 0, 0])
    np.testing.assert_allclose(found.mean[1:], [2, 2])


def test_nothing_is_known_before_the_start():
    x = np.full(START - 1, 5.0) + np.tile([0.1, -0.1], START)[: START - 1]
    found = verdict(x, -1, 1)
    assert found.outcome == "inconclusive"
    assert interval(mean_excess(x), 0.05) == (-np.inf, np.inf)
    assert verdict(np.append(x, 5.0), -1, 1) == ("fail", START, None)


@pytest.mark.parametrize(
    ("mean", "outcome"), [(0.0, "pass"), (0.3, "fail"), (-0.3, "fail"), (0.1, "inconclusive")]
)
def test_the_three_outcomes(mean, outcome):
    x = mean + 0.3 * stats.norm.ppf((np.random.default_rng(0).permutation(400) + 0.5) / 400)
    assert verdict(x, -0.1, 0.1).outcome == outcome


def test_one_bound_is_enough():
    x = 0.3 + 0.1 * np.sin(np.arange(100.0))
    assert verdict(x, 0.1, np.inf).outcome == "pass"
    assert verdict(x, -np.inf, 0.1).outcome == "fail"
    for bounds in ((-np.inf, np.inf), (1, 1), (2, 1)):
        with pytest.raises(ValueError, match="bounds"):
            verdict(x, *bounds)


def test_failed_fits_keep_their_places():
    x = np.sin(np.arange(200.0)) + 0.5
    gaps = np.full(250, np.nan)
    kept = np.sort(np.random.default_rng(0).permutation(250)[:200])
    gaps[kept] = x
    plain, with_gaps = verdict(x, -0.1, 0.1), verdict(gaps, -0.1, 0.1)
    assert with_gaps.outcome == plain.outcome == "fail"
    assert with_gaps.at == kept[plain.at - 1] + 1


def test_needed_is_about_right():
    rng = np.random.default_rng(4)
    x = rng.normal(0.02, 0.5, size=3000)
    after = verdict(x[:80], -0.1, 0.1)
    decided = verdict(x, -0.1, 0.1)
    assert after.outcome == "inconclusive"
    assert 0.2 < (80 + after.needed) / decided.at < 5


def test_an_estimate_between_the_bounds_needs_no_luck_and_one_on_a_bound_much():
    x = np.tile([1.0, -1.0], 60)
    assert verdict(x, -0.3, 0.3).outcome == "pass"
    assert verdict(x, -0.1, 0.1).needed < 1000
    assert verdict(x + 0.1, -0.1, 0.1).needed is None


def test_values_all_the_same_are_known():
    assert verdict(np.zeros(START), -0.1, 0.1).outcome == "pass"
    assert verdict(np.ones(START), -0.1, 0.1).outcome == "fail"
    assert interval(mean_excess(np.ones(START)), 0.05) == (1, 1)
    assert np.isnan(estimate(mean_excess(np.full(5, np.nan))))


def test_values_that_differ_by_rounding_alone_are_as_if_they_were_the_same():
    """Far below the bound nothing speaks for a mean above it: no e-value exceeds 1."""
    noise = np.random.default_rng(1).normal(size=(20, 100))
    for size in (1e-16, 1e-12, 1e-9, 1e-6):
        for x in size * noise + 1 / 3:
            assert (log_e_positive(moments(x - 0.5), 1e-3) < 1).all()
            assert log_e_positive(moments(x + 0.5), 1e-3)[-1] > 100
            assert verdict(x, -0.5, 0.5).outcome == "pass"
            assert verdict(x, -0.5, 0.3).outcome == "fail"


def test_interval_agrees_with_the_verdict():
    x = np.random.default_rng(1).exponential(size=300)
    low, high = interval(mean_excess(x), 0.05)
    assert low < x.mean() < high
    for bound, shown in ((low - 0.01, True), (low + 0.01, False)):
        log_e = log_e_positive(moments(x - bound), 0.05)[-1]
        assert (log_e >= -np.log(0.05)) == shown


def test_contraction_by_hand():
    # truths 0, 2, 1, NaN, 5: squared deviations from the mean so far times (i − 1)/i are
    # 4/2, 0, 16 · 3/4, which sum to 14 as the squared deviations from the mean 2 do
    truth = np.array([0.0, 2.0, 1.0, np.nan, 5.0])
    sd = np.array([9.0, 1.0, 1.0, 1.0, 2.0])
    excess = contraction_excess(truth, sd)
    np.testing.assert_allclose(excess(0.0), [np.nan, 2 - 1, 0 - 1, np.nan, 12 - 4])
    np.testing.assert_allclose(excess(0.5), [np.nan, 1 - 1, 0 - 1, np.nan, 6 - 4])
    assert estimate(excess) == pytest.approx(1 - (1 + 1 + 4) / 14)


LAWS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "squares": lambda rng, n: 1 - rng.normal(size=n) ** 2,
    "exponential": lambda rng, n: 1 - rng.exponential(size=n),
}


def crossing_share(law, alpha, studies, shift=0.0, n=400, unseen=UNSEEN):
    rng = np.random.default_rng(8)
    threshold = -np.log(alpha)
    return sum(
        (log_e_positive(moments(law(rng, n) + shift), alpha, unseen) >= threshold).any()
        for _ in range(studies)
    )


@pytest.mark.parametrize("name", LAWS)
def test_size_at_any_time(name):
    assert crossing_share(LAWS[name], 0.05, 400) <= most(400, 0.055)


def test_size_sees_a_mean_that_is_not_zero():
    assert crossing_share(LAWS["normal"], 0.05, 100, shift=0.2) > most(100, 0.055)


HEAVY = {
    "RMSE, t5": lambda rng, n: 5 / 3 - rng.standard_t(5, size=n) ** 2,
    "RMSE, varying sds": lambda rng, n: 1 - (varying(rng, n) * rng.normal(size=n)) ** 2,
    "ordering, t5 against normal": lambda rng, n: (
        rng.normal(size=n) ** 2 - 3 / 5 * rng.standard_t(5, size=n) ** 2
    ),
    "contraction, t5 and varying sds": lambda rng, n: (
        -contraction_excess(
            np.sqrt(3 / 5) * rng.standard_t(5, size=n), np.sqrt(0.2) * varying(rng, n)
        )(0.8)
    ),
}


def varying(rng, n):
    """Draw sds whose squares have the mean 1, and the log-sd .5."""
    return np.exp(0.5 * rng.normal(size=n) - 0.25)


@pytest.mark.slow
@pytest.mark.parametrize("name", HEAVY)
def test_size_at_a_bound_under_heavy_tails(name):
    assert crossing_share(HEAVY[name], 0.05, 4000, n=1000) <= most(4000, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("name", HEAVY)
def test_without_the_unseen_value_heavy_tails_exceed_their_level(name):
    assert crossing_share(HEAVY[name], 0.05, 4000, n=1000, unseen=0) > most(4000, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize(("errors", "failed"), [("normal", 0.95), ("t5", 0.5)])
def test_an_estimand_beyond_its_bound_is_failed(errors, failed):
    # RMSE 1.5 times its bound: the twin of the size at the bound
    rng = np.random.default_rng(6)
    draw = {"normal": rng.normal, "t5": lambda size: np.sqrt(3 / 5) * rng.standard_t(5, size)}
    outcomes = [
        verdict((1.5 * draw[errors](size=1000)) ** 2, -np.inf, 1.0).outcome for _ in range(100)
    ]
    assert outcomes.count("fail") >= 100 * failed
    assert "pass" not in outcomes


@pytest.mark.slow
@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize(("alpha", "allowed"), [(0.05, 0.05), (0.001, 0.0025)])
def test_size_at_any_time_in_many_studies(name, alpha, allowed):
    assert crossing_share(LAWS[name], alpha, 5000, n=1000) <= most(5000, allowed)
