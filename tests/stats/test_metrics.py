"""Metrics: by hand for a few numbers, by property, and by simulation for their errors."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from dataclasses import replace
from functools import cache
from statistics import NormalDist

import numpy as np
import pytest
from arviz_stats.base import array_stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import ndtr, ndtri

from sbc.report import strata
from sbc.stats import intervals, metrics
from sbc.stats.fits import Estimate, Fits, Proportion
from sbc.stats.metrics import METRICS
from sbc.stats.paired import paired, precision_gain

# A loaded machine must not fail a test; the inputs are small, so fifty show what there is.
quick = settings(deadline=None, max_examples=50)

LEVELS = (0.5, 0.9, 0.95)
TAILS = [p for level in LEVELS for p in ((1 - level) / 2, (1 + level) / 2)]

FOUR = Fits(
    truth=np.array([0.0, 0.0, 2.0, 2.0]),
    mean=np.array([1.0, -1.0, 3.0, 5.0]),
    sd=np.array([1.0, 1.0, 2.0, 2.0]),
    pit=np.array([0.1, 0.5, 0.9, 0.98]),
    quantiles={0.05: np.array([0, -2, 1.5, 3.5]), 0.95: np.array([2, 0, 4.5, 6.0])},
    crps=np.array([0.2, 0.4, 0.6, 0.8]),
    prior_var=5.0,
)
A = 2 * math.log(2)
ROPES = ("rope_inside", "rope_outside")
#: A region that intervals of the simulated studies lie in, now and then.
WIDE = {"rope_inside": {"rope": (-2.0, 2.0)}}

# For FOUR: e = (1, −1, 1, 3), mean 1, deviations (0, −2, 0, 2), so var(e) = 8/3.
BY_HAND = {
    # 8/3/4 = 2/3
    "bias": (1, math.sqrt(2 / 3)),
    # e in order −1, 1, 1, 3; c = 1, and 1/16 of samples have their median below the least of four
    "median_bias": (1, 4 / (2 * NormalDist().inv_cdf(15 / 16))),
    # x = truth − 1 = (−1, −1, 1, 1), Σx² = 4, Σxm = −1 + 1 + 3 + 5 = 8: slope 2. Residuals
    # (−1, −3, 1, 3) − 2x = (1, −1, −1, 1), leverage 1/4 + 1/4: HC3 = Σ x² 2² / 4² = 1
    "proportional_bias": (1, 1),
    # z = (1, −1, ½, 3/2), deviations (½, −3/2, 0, 1), squares sum to 3.5, var(z) = 7/6
    "bias_sd": (0.5, math.sqrt(7 / 24)),
    # var 3.5/3 = 7/6, m4 = (.0625 + 5.0625 + 0 + 1)/4 = 1.53125
    "z_sd": (math.sqrt(7 / 6), math.sqrt((1.53125 - (7 / 6) ** 2) / (4 * 4 * 7 / 6))),
    # √(8/3)/√6 = 2/3
    "empirical_se": (math.sqrt(8 / 3), 2 / 3),
    # e² = (1, 1, 1, 9), mean 3, squared deviations 4 + 4 + 4 + 36 = 48, sd 4, 4/√4 = 2
    "mse": (3, 2),
    "rmse": (math.sqrt(3), 2 / (2 * math.sqrt(3))),
    # s² = (1, 1, 4, 4), mean 2.5, var 4 · 1.5²/3 = 3
    "model_se": (math.sqrt(2.5), math.sqrt(3 / (4 * 4 * 2.5))),
    # 2.5/(8/3) = 15/16; 3/(4 · 4 · 2.5²) = .03; 1/(2 · 3) = 1/6
    "model_se_error": (math.sqrt(15 / 16) - 1, math.sqrt(15 / 16 * (0.03 + 1 / 6))),
    # 1 − s²/5 = (.8, .8, .2, .2), var 4 · .3²/3 = .12
    "contraction": (0.5, math.sqrt(0.12 / 4)),
    # squared deviations .09 + .01 + .01 + .09 = .2
    "crps": (0.5, math.sqrt(0.2 / 3 / 4)),
    # 1, 1, A + 1/4, A + 9/4 with A = 2 log 2: mean A/2 + 9/8
    "dawid_sebastiani": (
        A / 2 + 9 / 8,
        math.sqrt((2 * (A / 2 + 1 / 8) ** 2 + (A / 2 - 7 / 8) ** 2 + (A / 2 + 9 / 8) ** 2) / 12),
    ),
    # deviations (−.52, −.12, .28, .36): .2704 + .0144 + .0784 + .1296 = .4928
    "pit_mean": (0.62, math.sqrt(0.4928 / 12)),
    # w = (.8, 0, .8, .96), deviations (.16, −.64, .16, .32): .5632
    "pit_spread": (0.64, math.sqrt(0.5632 / 12)),
}
BY_HAND_90 = {
    # w ≤ .9 three times
    ("coverage", "pit"): (0.75, math.sqrt(3) / 8),
    # 0 in [0, 2], 0 in [−2, 0], 2 in [1.5, 4.5], 2 not in [3.5, 6]
    ("coverage", "quantile"): (0.75, math.sqrt(3) / 8),
    # moved by −1: 0 in [−1, 1], 0 not in [−3, −1], 2 in [.5, 3.5], 2 not in [2.5, 5]
    ("bias_eliminated_coverage", None): (0.5, 0.25),
    # [0, 2] and [−2, 0] hold 0, [1.5, 4.5] and [3.5, 6] do not
    ("power", None): (0.5, 0.25),
    # none of [0, 2], [−2, 0], [1.5, 4.5] and [3.5, 6] within ±.1; the last two are beyond it
    ("rope_inside", None): (0, 0),
    ("rope_outside", None): (0.5, 0.25),
    # 2, 2, 3, 2.5: mean 2.375, squared deviations 2 · .140625 + .390625 + .015625 = .6875
    ("width", None): (2.375, math.sqrt(0.6875 / 12)),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_metric_by_hand(name):
    assert METRICS[name](FOUR) == pytest.approx(BY_HAND[name])


@pytest.mark.parametrize(("name", "kind"), BY_HAND_90)
def test_metric_with_a_level_by_hand(name, kind):
    result = METRICS[name](FOUR, level=0.9, **({} if kind is None else {"kind": kind}))
    assert result[:2] == pytest.approx(BY_HAND_90[name, kind])


def test_every_metric_is_worked_by_hand():
    assert {*BY_HAND, *(name for name, _ in BY_HAND_90), "relative_bias"} == set(METRICS)


@pytest.mark.parametrize("theta", [2.0, -2.0])
def test_relative_bias_by_hand(theta):
    # e = (1, −1, 2), mean 2/3, deviations (1, −5, 4)/3, var 42/9/2 = 7/3, √(7/3/3) = √7/3
    truth = np.full(3, theta)
    fits = Fits(truth, truth + np.array([1, -1, 2]), np.ones(3), np.full(3, 0.5))
    assert metrics.relative_bias(fits) == pytest.approx((2 / 3 / theta, math.sqrt(7) / 6))


def test_relative_and_proportional_bias_need_one_and_several_truths():
    one = Fits(np.full(3, 0.1), np.array([1.0, 2, 3]), np.ones(3), np.full(3, 0.5))
    zero = Fits(np.zeros(3), one.mean, one.sd, one.pit)
    assert all(np.isnan(metrics.proportional_bias(one)))
    assert all(np.isnan(metrics.relative_bias(zero)))
    assert all(np.isnan(metrics.relative_bias(FOUR)))


def test_slope_that_one_dataset_decides_has_no_error():
    fits = Fits(np.array([0.0, 0, 3]), np.array([1.0, 2, 5]), np.ones(3), np.full(3, 0.5))
    # (5 − 1.5)/3 − 1 = 1/6; the third truth has leverage 1
    assert metrics.proportional_bias(fits) == pytest.approx((1 / 6, math.nan), nan_ok=True)


def test_rope_by_hand():
    # [0, 2] alone lies within [−1, 2], its end upon the bound; [3.5, 6] alone beyond it
    rope = {"level": 0.9, "rope": (-1.0, 2.0)}
    assert metrics.rope_inside(FOUR, **rope)[:2] == pytest.approx((0.25, math.sqrt(3) / 8))
    assert metrics.rope_outside(FOUR, **rope)[:2] == pytest.approx((0.25, math.sqrt(3) / 8))


@pytest.mark.parametrize("draw", ["normal", "standard_cauchy", "lognormal"])
def test_the_error_of_a_median_is_its_spread(draw):
    """Its errors over 2,000 studies; an error of the mean would be wrong by far for two of them."""
    rng = np.random.default_rng(8)
    studies = [toy_errors(getattr(rng, draw)(size=100)) for _ in range(2000)]
    values, errors = np.array([metrics.median_bias(fits) for fits in studies]).T
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(np.std(values, ddof=1), rel=0.12)
    of_means = np.sqrt(np.mean([metrics.bias(fits).mcse ** 2 for fits in studies]))
    off = of_means / np.std(values, ddof=1)
    assert not 0.85 < off < 1.15


def toy_errors(e):
    return Fits(np.zeros(e.size), e, np.ones(e.size), np.full(e.size, 0.5))


def test_pairing_two_medians_cancels_their_common_luck():
    rng = np.random.default_rng(9)
    pairs = [(x := rng.normal(size=200), x + 0.1 * rng.normal(size=200)) for _ in range(500)]
    found = [paired("median_bias", toy_errors(a), toy_errors(b)) for a, b in pairs]
    values, errors = np.array(found).T
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(np.std(values, ddof=1), rel=0.2)
    apart = math.hypot(metrics.median_bias(toy_errors(pairs[0][0])).mcse, 0.08)
    assert np.mean(errors) < 0.6 * apart


def test_what_was_not_stored_is_nan():
    bare = Fits(FOUR.truth, FOUR.mean, FOUR.sd, FOUR.pit)
    assert all(np.isnan(metrics.crps(bare)))
    assert all(np.isnan(metrics.contraction(bare)))


def contraction_study(rng, n, spread):
    """Truths of variance 1 and posteriors of a variance that the truth decides somewhat."""
    truth = rng.normal(size=n)
    sd = np.sqrt(0.2 * np.exp(spread * rng.normal(size=n)))
    return Fits(truth, truth, sd, np.full(n, 0.5), prior_var=truth.var(ddof=1), prior_truths=truth)


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_the_error_of_contraction_holds_that_of_the_prior_variance(spread):
    """Its interval covers; with the variance taken as known it would miss most of the time."""
    rng = np.random.default_rng(3)
    studies = [metrics.contraction(contraction_study(rng, 400, spread)) for _ in range(2000)]
    values, errors = np.array(studies).T
    assert np.mean(errors) == pytest.approx(np.std(values, ddof=1), rel=0.06)
    centre = 1 - 0.2 * math.exp(spread**2 / 2)
    covered = np.mean(np.abs(values - centre) < 1.96 * errors)
    assert 0.93 < covered < 0.97
    known = [
        metrics.contraction(replace(contraction_study(rng, 400, spread), prior_truths=None)).mcse
        for _ in range(20)
    ]
    assert np.mean(known) < 0.7 * np.mean(errors)


def test_a_part_of_the_datasets_keeps_the_prior_variance_of_all_and_its_error():
    rng = np.random.default_rng(4)
    parts = []
    for _ in range(2000):
        fits = contraction_study(rng, 400, 0.5)
        parts.append(metrics.contraction(fits.take(rng.permutation(400) < 80)))
    values, errors = np.array(parts).T
    assert np.mean(errors) == pytest.approx(np.std(values, ddof=1), rel=0.06)


@pytest.mark.parametrize("name", METRICS)
def test_no_dataset_is_nan_without_a_warning(name):
    none = _study(_toy(np.random.default_rng(0), 1, 1), 0).take(np.array([False]))
    result = METRICS[name](none)
    assert np.isnan(result.value)
    assert np.isnan(result.mcse)
    assert all(np.isnan(paired(name, none, none)))
    if isinstance(result, Proportion):
        assert (result.low, result.high) == (0, 1)


@pytest.mark.parametrize("name", METRICS)
def test_one_dataset_has_a_value_but_no_error(name):
    one = _study(_toy(np.random.default_rng(0), 1, 1), 0)
    value, mcse, *_ = METRICS[name](one)
    spreads = {"empirical_se", "z_sd", "model_se_error", "proportional_bias"}
    assert np.isnan(value) == (name in spreads)
    assert np.isnan(mcse)


def test_spread_of_two_has_no_error_where_it_would_always_be_0():
    value, mcse = metrics.z_sd(FOUR.take(np.array([True, True, False, False])))
    assert value == pytest.approx(math.sqrt(2))  # z = (1, −1)
    assert np.isnan(mcse)


def test_posterior_sd_of_0_raises_no_warning():
    fits = Fits(FOUR.truth, FOUR.mean, np.zeros(4), FOUR.pit)
    for name in ("bias_sd", "z_sd", "dawid_sebastiani", "model_se", "model_se_error"):
        METRICS[name](fits)
        paired(name, fits, FOUR)
    exact = Fits(FOUR.truth, FOUR.truth, FOUR.sd, FOUR.pit)
    for name in ("rmse", "empirical_se", "model_se_error"):
        METRICS[name](exact)


def test_a_share_of_what_is_unknown_is_unknown_and_not_0():
    no_ranks = replace(FOUR, pit=np.full(4, np.nan))
    no_ends = replace(FOUR, quantiles={p: np.full(4, np.nan) for p in FOUR.quantiles})
    assert all(np.isnan(metrics.coverage(no_ranks, 0.9)))
    assert metrics.coverage(no_ranks, 0.9, "quantile").value == 0.75
    for name, options in (("coverage", {"kind": "quantile"}), ("power", {}),
                          ("bias_eliminated_coverage", {})):  # fmt: skip
        assert all(np.isnan(METRICS[name](no_ends, level=0.9, **options)))
        assert all(np.isnan(paired(name, no_ends, FOUR, level=0.9, **options)))


def test_power_asks_about_the_null():
    # [0, 2], [−2, 0], [1.5, 4.5] and [3.5, 6]: all but the last hold nothing above 5
    assert metrics.power(FOUR, 0.9, null=5.0).value == 0.75
    assert metrics.power(FOUR, 0.9, null=1.75).value == 0.5


def test_gain_in_precision_by_hand():
    def fits(e):
        return Fits(np.zeros(3), np.array(e, dtype=float), np.ones(3), np.full(3, 0.5))

    # Variances 1 and 4, ratio 4; covariance ((−1)(−2) + 0 + 0)/2 = 1, so ρ = 1/2:
    # 2 · 4 √(3/4/2) = 8 √(3/8)
    one, reference = fits([0, 1, 2]), fits([0, 4, 2])
    assert precision_gain(one, reference) == pytest.approx((3, 8 * math.sqrt(3 / 8)))
    assert precision_gain(reference, one) == pytest.approx((-0.75, math.sqrt(3 / 8) / 2))
    assert precision_gain(one, one) == (0, 0)
    assert all(np.isnan(precision_gain(one, fits([1, 1, 1]))[1:]))
    assert all(np.isnan(precision_gain(fits([1, 1, 1]), one)))
    with pytest.raises(ValueError, match="truths differ"):
        precision_gain(one, replace(reference, truth=np.ones(3)))


def test_the_error_of_a_gain_is_its_spread_over_studies():
    gains = [precision_gain(a, b) for a, b in zip(*_studies(), strict=True)]
    ratio, allowed = _stated_against_actual(gains)
    assert abs(ratio) < allowed
    wrong, allowed = _stated_against_actual([(g.value, 1.5 * g.mcse) for g in gains])
    assert abs(wrong) > allowed


def test_fits_refuse_columns_of_other_lengths():
    with pytest.raises(ValueError, match=r"sd has shape \(3,\), not \(4,\)"):
        Fits(FOUR.truth, FOUR.mean, np.ones(3), FOUR.pit)
    with pytest.raises(ValueError, match=r"quantile 0\.05"):
        Fits(FOUR.truth, FOUR.mean, FOUR.sd, FOUR.pit, {0.05: np.ones((4, 1))})
    with pytest.raises(ValueError, match="crps"):
        Fits(FOUR.truth, FOUR.mean, FOUR.sd, FOUR.pit, crps=np.ones(5))


def test_take_takes_from_every_column():
    mask = np.array([True, False, False, True])
    some = FOUR.take(mask)
    assert some.prior_var == FOUR.prior_var
    for name in ("truth", "mean", "sd", "pit", "crps"):
        np.testing.assert_array_equal(getattr(some, name), getattr(FOUR, name)[mask])
    for p, q in some.quantiles.items():
        np.testing.assert_array_equal(q, FOUR.quantiles[p][mask])


@pytest.mark.parametrize(
    ("name", "options"),
    [("coverage", {"kind": "quantile"}), ("bias_eliminated_coverage", {}), ("width", {})],
)
def test_missing_quantiles_name_the_levels_that_are_there(name, options):
    with pytest.raises(ValueError, match=r"level 0\.8; available: 0\.9$"):
        METRICS[name](FOUR, level=0.8, **options)
    with pytest.raises(ValueError, match="available: none"):
        METRICS[name](Fits(FOUR.truth, FOUR.mean, FOUR.sd, FOUR.pit), level=0.8, **options)


@pytest.mark.parametrize("level", [0, 1, -0.5, 95, math.nan])
def test_level_out_of_range(level):
    draws = np.arange(10.0)
    for call in (
        lambda: metrics.coverage(FOUR, level=level),
        lambda: metrics.width(FOUR, level=level),
        lambda: intervals.wilson(1, 2, level),
        lambda: intervals.clopper_pearson(1, 2, level),
        lambda: intervals.hdi(draws, [level]),
    ):
        with pytest.raises(ValueError, match="level must lie between 0 and 1"):
            call()


def test_unknown_names_are_errors():
    with pytest.raises(ValueError, match="kind must be one of pit, quantile, known, not 'pti'"):
        metrics.coverage(FOUR, kind="pti")
    with pytest.raises(ValueError, match="no metric called 'rsme'; there are bias, "):
        paired("rsme", FOUR, FOUR)


def test_proportion_carries_the_interval_asked_for():
    asked = metrics.coverage(FOUR, level=0.9, interval=intervals.clopper_pearson)
    assert metrics.coverage(FOUR, level=0.9)[2:] == pytest.approx(intervals.wilson(3, 4))
    assert asked[2:] == pytest.approx(intervals.clopper_pearson(3, 4))


# Intervals for counts


def test_wilson_by_hand():
    z2 = ndtri(0.975) ** 2
    # 0 of 10: (z²/2 ± z √(z²/4))/(10 + z²)
    assert intervals.wilson(0, 10) == pytest.approx((0, z2 / (10 + z2)))
    # 2 of 4: ½ ± z √(1 + z²/4)/(4 + z²)
    half = math.sqrt(z2 * (1 + z2 / 4)) / (4 + z2)
    assert intervals.wilson(2, 4) == pytest.approx((0.5 - half, 0.5 + half))


def test_clopper_pearson_by_hand():
    # 0 of 10: (1 − high)¹⁰ = .025; 10 of 10: low¹⁰ = .025
    assert intervals.clopper_pearson(0, 10) == pytest.approx((0, 1 - 0.025**0.1))
    assert intervals.clopper_pearson(10, 10) == pytest.approx((0.025**0.1, 1))
    # 1 of 2 at level .5: low = 1 − √.75 (P(at least 1) = .25), high = √.75
    assert intervals.clopper_pearson(1, 2, 0.5) == pytest.approx((1 - 0.75**0.5, 0.75**0.5))


@pytest.mark.parametrize("interval", [intervals.wilson, intervals.clopper_pearson])
@quick
@given(data=st.data(), n=st.integers(0, 10**6), level=st.floats(0.01, 0.999))
def test_interval_holds_the_share_inside_0_and_1(interval, data, n, level):
    k = data.draw(st.integers(0, n))
    low, high = interval(k, n, level)
    assert 0 <= low < high <= 1
    assert n == 0 or low <= k / n <= high
    mirrored = interval(n - k, n, level)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize("interval", [intervals.wilson, intervals.clopper_pearson])
def test_interval_broadcasts_and_checks_counts(interval):
    low, high = interval(np.arange(4)[:, None], np.array([3, 30]))
    assert low.shape == high.shape == (4, 2)
    assert (low[2, 1], high[2, 1]) == pytest.approx(interval(2, 30))
    for hits, n in ((3, 2), (-1, 2), (math.nan, 2)):
        with pytest.raises(ValueError, match="between 0 and n"):
            interval(hits, n)


def test_intervals_cover_as_they_say():
    # The coverage is a finite sum: P(k) over the k whose interval holds p.
    from scipy.special import comb

    n, p = 100, np.linspace(0.005, 0.995, 199)[:, None]
    k = np.arange(n + 1)
    weights = comb(n, k) * p**k * (1 - p) ** (n - k)
    covers = {}
    for interval in (intervals.wilson, intervals.clopper_pearson):
        low, high = interval(k, n)
        covers[interval] = np.sum(weights * ((low <= p) & (p <= high)), axis=1)
    assert covers[intervals.clopper_pearson].min() >= 0.95
    assert covers[intervals.wilson].mean() == pytest.approx(0.95, abs=0.005)


# Properties. Quarters, whole shifts and powers of two keep the arithmetic exact.


@st.composite
def fits_of(draw, min_size=3):
    n = draw(st.integers(min_size, 12))
    quarters = hnp.arrays(float, n, elements=st.integers(-40, 40).map(lambda k: k / 4))
    above = hnp.arrays(float, n, elements=st.integers(1, 40).map(lambda k: k / 4))
    unit = hnp.arrays(float, n, elements=st.integers(1, 127).map(lambda k: k / 128))
    mean, sd = draw(quarters), draw(above)
    quantiles = {p: mean + sd * round(4 * ndtri(p)) / 4 for p in TAILS}
    return Fits(draw(quarters), mean, sd, draw(unit), quantiles, draw(above), draw(st.just(8.0)))


def _moved(fits, shift=0.0, scale=1.0):
    return Fits(
        fits.truth * scale + shift,
        fits.mean * scale + shift,
        fits.sd * scale,
        fits.pit,
        {p: q * scale + shift for p, q in fits.quantiles.items()},
        fits.crps * scale,
        fits.prior_var * scale**2,
    )


UNIT_POWER = dict.fromkeys(METRICS, 0) | {
    "bias": 1, "median_bias": 1, "empirical_se": 1, "mse": 2, "rmse": 1, "model_se": 1, "width": 1,
    "crps": 1,
}  # fmt: skip


@quick
@given(fits=fits_of(), shift=st.integers(-8, 8))
def test_metrics_do_not_move_with_the_origin(fits, shift):
    for name in set(METRICS) - {"relative_bias"}:
        expected = list(METRICS[name](fits))
        moved = {"null": float(shift)} if name == "power" else {}
        moved |= {"rope": (shift - 0.1, shift + 0.1)} if name in ROPES else {}
        got = list(METRICS[name](_moved(fits, shift), **moved))
        assert got == pytest.approx(expected, nan_ok=True, abs=1e-9)


@quick
@given(fits=fits_of(), scale=st.sampled_from([0.25, 2.0, 8.0]))
def test_metrics_follow_the_unit(fits, scale):
    for name in set(METRICS) - {"dawid_sebastiani"}:
        expected = [x * scale ** UNIT_POWER[name] for x in METRICS[name](fits)]
        region = {"rope": (-0.1 * scale, 0.1 * scale)} if name in ROPES else {}
        got = list(METRICS[name](_moved(fits, scale=scale), **region))
        assert got == pytest.approx(expected, nan_ok=True, abs=1e-9)


@quick
@given(fits=fits_of(), scale=st.sampled_from([0.25, 2.0, 8.0]))
def test_dawid_sebastiani_moves_by_the_log_of_the_unit(fits, scale):
    before, after = metrics.dawid_sebastiani(fits), metrics.dawid_sebastiani(_moved(fits, 0, scale))
    assert after == pytest.approx((before.value + 2 * math.log(scale), before.mcse), abs=1e-9)


@quick
@given(fits=fits_of(min_size=1), levels=st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99)))
def test_coverage_grows_with_the_level(fits, levels):
    by_pit = [metrics.coverage(fits, level) for level in sorted(levels)]
    for results in (by_pit, [metrics.coverage(fits, level, "quantile") for level in LEVELS]):
        values = [r.value for r in results]
        assert values == sorted(values)
        assert all(0 <= r.low <= r.value <= r.high <= 1 for r in results)


@quick
@given(a=fits_of(), b=fits_of())
def test_pairing_is_antisymmetric_and_0_with_itself(a, b):
    a, b = (fits.take(np.arange(fits.sd.size) < min(a.sd.size, b.sd.size)) for fits in (a, b))
    b = replace(b, truth=a.truth)
    for name in METRICS:
        forth, back = paired(name, a, b), paired(name, b, a)
        assert forth == pytest.approx((-back.value, back.mcse), nan_ok=True)
        value, psi = metrics.influence(name, a)
        assert paired(name, a, a).value == 0 or not np.isfinite(value)
        assert paired(name, a, a).mcse == 0 or not np.all(np.isfinite(psi))


def test_pairing_by_hand():
    def fits(e):
        return Fits(np.zeros(2), np.array(e, dtype=float), np.ones(2), np.full(2, 0.5))

    # e = (1, 3) against (1, 1): RMSE √5 and 1. psi = ((1, 9) − 5)/(2√5) = (−2, 2)/√5 and 0:
    # sd(psi) = 2√2/√5, over √2
    a, b = fits([1, 3]), fits([1, 1])
    assert paired("rmse", a, b) == pytest.approx((math.sqrt(5) - 1, 2 / math.sqrt(5)))
    # mean difference of (1, 3) − (1, 1) is 1, its sd √2, over √2
    assert paired("bias", a, b) == pytest.approx((1, 1))


def test_pairing_passes_options_on():
    other = Fits(FOUR.truth, FOUR.mean, FOUR.sd, np.full(4, 0.5), FOUR.quantiles)
    # w ≤ .9 in 3 of 4 against 4 of 4: differences (0, 0, 0, −1), sd ½, over √4
    assert paired("coverage", FOUR, other, level=0.9) == pytest.approx((-0.25, 0.25))
    # w ≤ .5 in 1 of 4
    assert paired("coverage", FOUR, other, level=0.5).value == pytest.approx(-0.75)


def test_pairing_refuses_other_datasets():
    with pytest.raises(ValueError, match="not on the same datasets"):
        paired("bias", FOUR, FOUR.take(np.array([True, True, True, False])))
    with pytest.raises(ValueError, match="not on the same datasets"):
        paired("bias", FOUR, Fits(FOUR.truth + 1, FOUR.mean, FOUR.sd, FOUR.pit))


def test_hdi_is_the_shortest_interval():
    draws = np.arange(101.0) ** 2  # the spacing grows, so the shortest half lies at the bottom
    found = intervals.hdi(np.stack([draws, -draws]), [0.5, 0.9])
    assert found[0].tolist() == [[0, 2500], [0, 8100]]
    assert found[1].tolist() == [[-2500, 0], [-8100, 0]]


@pytest.mark.parametrize("n", [1, 2, 127, 1000])
def test_hdi_is_that_of_arviz(n):
    rng = np.random.default_rng(n)
    levels = (0.05, 0.5, 0.8, 0.9, 0.95, 0.999)
    for draws in (rng.gamma(2.0, size=(3, n)), rng.poisson(3.0, size=(3, n)).astype(float)):
        found = intervals.hdi(draws, levels)
        for i, level in enumerate(levels):
            np.testing.assert_array_equal(found[:, i], array_stats.hdi(draws, prob=level, axis=-1))


def hdi_coverage(n_draws):
    """Give the coverage of shortest intervals of independent draws of 3,000 exact posteriors."""
    rng = np.random.default_rng(11)
    truth, draws = rng.normal(size=3000), rng.normal(size=(3000, n_draws))
    ends = intervals.hdi(draws, [0.5, 0.8, 0.9, 0.95])
    return ((ends[..., 0] <= truth[:, None]) & (truth[:, None] <= ends[..., 1])).mean(axis=0)


def test_shortest_intervals_of_all_draws_cover_what_they_say_and_of_thinned_ones_less():
    levels = np.array([0.5, 0.8, 0.9, 0.95])
    error = np.sqrt(levels * (1 - levels) / 3000)
    assert (np.abs(hdi_coverage(1000) - levels) < 3 * error).all()
    assert (hdi_coverage(127) - levels < -3 * error).all()


feature = hnp.arrays(float, st.integers(0, 40), elements=st.floats(-1e9, 1e9) | st.integers(0, 5))


@quick
@given(values=feature, max_groups=st.integers(1, 6))
def test_strata_partition_the_datasets_in_order(values, max_groups):
    groups = strata.strata(values, max_groups)
    masks = [mask for _, mask in groups]
    assert len({label for label, _ in groups}) == len(groups) <= max_groups
    assert np.all(np.sum(masks, axis=0) == 1) or values.size == 0
    assert all(mask.any() for mask in masks)
    for below, above in itertools.pairwise(masks):
        assert values[below].max() < values[above].min()
    distinct = np.unique(values).size
    assert len(groups) == distinct or distinct > max_groups
    assert len(groups) >= min(2, distinct, max_groups)


def test_strata_by_hand():
    def named(values, max_groups=4):
        return {k: np.flatnonzero(m).tolist() for k, m in strata.strata(values, max_groups)}

    assert named([3, -0.0, 3, 0]) == {"0": [1, 3], "3": [0, 2]}
    assert named([8, 7, 6, 5, 4, 3, 2, 1], 2) == {"1 to 4": [4, 5, 6, 7], "5 to 8": [0, 1, 2, 3]}
    assert named([1.00001, 1.00002, 1.00003]) == {"1.00001": [0], "1.00002": [1], "1.00003": [2]}
    assert named([1, 2, 9, 9, 9, 9, 9, 9], 2) == {"1 to 2": [0, 1], "9": [2, 3, 4, 5, 6, 7]}
    assert named([]) == {}
    for values, groups in (([1, math.nan], 4), ([math.inf], 4), ([[1.0]], 4), ([1], 0)):
        with pytest.raises(ValueError, match="strata need"):
            strata.strata(values, groups)


def test_metrics_import_nothing_heavy():
    code = "import sys, sbc.stats.paired; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"scipy", "pandas", "pymc", "arviz_stats"} & set(run.stdout.split())


# Exact values of a posterior that is shifted by b of its sds and reports c times its sd


@pytest.mark.parametrize(("b", "c"), [(0, 1), (0.25, 1), (-0.5, 1), (0, 0.5), (0, 1.5), (0.3, 0.8)])
def test_shifted_and_scaled_posteriors(b, c):
    n = 20_000
    theta = ndtri((np.arange(n) + 0.5) / n)  # midpoint rule, no chance involved
    quantiles = {p: np.full(n, b + c * ndtri(p)) for p in TAILS}
    ones = np.ones(n)
    fits = Fits(theta, b * ones, c * ones, ndtr((theta - b) / c), quantiles, prior_var=4.0)
    assert metrics.pit_mean(fits).value == pytest.approx(ndtr(-b / math.hypot(1, c)), abs=1e-6)
    assert metrics.bias_sd(fits).value == pytest.approx(b / c, abs=1e-6)
    assert metrics.z_sd(fits).value == pytest.approx(1 / c, rel=1e-3)
    assert metrics.contraction(fits).value == pytest.approx(1 - c**2 / 4)
    if b == 0:
        w = metrics.pit_spread(fits).value
        assert w == pytest.approx(2 / math.pi * math.atan(1 / c), abs=1e-6)
    if (b, c) == (0, 1):
        assert metrics.pit_mean(fits).mcse == pytest.approx(1 / math.sqrt(12 * n), rel=1e-3)
        assert metrics.pit_spread(fits).mcse == pytest.approx(1 / math.sqrt(12 * n), rel=1e-3)
    for level in LEVELS:
        z = ndtri((1 + level) / 2)
        exact = ndtr(b + c * z) - ndtr(b - c * z)
        for kind in ("pit", "quantile"):
            assert metrics.coverage(fits, level, kind).value == pytest.approx(exact, abs=2 / n)
        assert metrics.width(fits, level).value == pytest.approx(2 * c * z)
        centred = ndtr(c * z) - ndtr(-c * z)
        moved = metrics.bias_eliminated_coverage(fits, level).value
        assert moved == pytest.approx(centred, abs=2 / n)


# Monte Carlo errors, by simulation
#
# A toy with an exact posterior: theta ~ N(0, 1), y ~ N(theta, v), so s² = v/(1 + v) and
# m = y/(1 + v); log v varies from dataset to dataset.


def _toy(rng, repeats, n, *, fixed=False, unrelated=False):
    """Repeats × n exact normal posteriors; `unrelated` makes the errors ignore the sds."""
    truth = np.ones((repeats, n)) if fixed else rng.standard_normal((repeats, n))
    v = np.exp(0.5 * rng.standard_normal((repeats, n)))
    sd = np.sqrt(v / (1 + v))
    if unrelated:
        mean = truth + 0.7 * rng.standard_normal((repeats, n))
    else:
        mean = (truth + np.sqrt(v) * rng.standard_normal((repeats, n))) / (1 + v)
    return truth, mean, sd


def _rival(rng, toy):
    """A worse estimator on the same data: noise in its means and sds, both too large."""
    truth, mean, sd = toy
    wrong = sd * np.exp(0.1 + 0.2 * rng.standard_normal(sd.shape))
    return truth, mean + sd * (0.2 + 0.4 * rng.standard_normal(sd.shape)), wrong


def _study(toy, i):
    """Study i of a toy as `Fits`: normal posteriors, for which all is known exactly."""
    truth, mean, sd = (column[i] for column in toy)
    z = (truth - mean) / sd
    u = ndtr(z)
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    crps = sd * (z * (2 * u - 1) + 2 * density - 1 / math.sqrt(math.pi))
    quantiles = {p: mean + sd * ndtri(p) for p in (0.025, 0.975)}
    return Fits(truth, mean, sd, u, quantiles, crps, prior_var=1.0)


REPEATS, N = 2000, 200
# Two-sided normal limit under which all checks of this file fail for one seed in 10⁴ together.
LIMIT = -ndtri(1e-4 / 2 / (2 * len(METRICS)))


def _stated_against_actual(results):
    """Log ratio of the stated to the actual error, and how far it may be from 0.

    The stated error is the root mean square of the MCSEs, because variances are what can be
    estimated without bias. A log sd of R numbers of kurtosis κ has standard error
    √((κ − 1)/(4 R)); a log root mean square of x has sd(x²)/(2 mean(x²) √R). To LIMIT times
    these comes 4/n: the formulas are right to first order, and 4/n is the relative excess of HC3
    for normal truths, the largest of them.
    """
    values, squares = np.array([r[0] for r in results]), np.array([r[1] for r in results]) ** 2
    R, dev = values.size, values - values.mean()
    kurtosis = np.mean(dev**4) / np.mean(dev**2) ** 2
    se = math.sqrt((kurtosis - 1) / (4 * R) + np.var(squares) / np.mean(squares) ** 2 / (4 * R))
    return 0.5 * math.log(squares.mean() / values.var(ddof=1)), LIMIT * se + 4 / N


@cache
def _studies(fixed=False, unrelated=False):
    """Studies of the exact posterior, and of its rival on the same data."""
    rng = np.random.default_rng(11)
    toy = _toy(rng, REPEATS, N, fixed=fixed, unrelated=unrelated)
    return tuple([_study(t, i) for i in range(REPEATS)] for t in (toy, _rival(rng, toy)))


@pytest.mark.parametrize("name", METRICS)
def test_mcse_is_the_spread_over_studies(name):
    # The MCSEs of two metrics assume normal errors that know nothing of the sds.
    unrelated = name in {"empirical_se", "model_se_error"}
    studies, _ = _studies(name == "relative_bias", unrelated)
    results = [METRICS[name](fits, **WIDE.get(name, {})) for fits in studies]
    ratio, allowed = _stated_against_actual(results)
    assert abs(ratio) < allowed
    wrong, allowed = _stated_against_actual([(r.value, 1.5 * r.mcse) for r in results])
    assert abs(wrong) > allowed, "a check that lets an error of one half pass is no check"


@pytest.mark.parametrize("name", METRICS)
def test_paired_mcse_is_the_spread_of_the_difference(name):
    pairs = zip(*_studies(name == "relative_bias"), strict=True)
    own = WIDE.get(name, {})
    ratio, allowed = _stated_against_actual([paired(name, a, b, **own) for a, b in pairs])
    assert abs(ratio) < allowed


@pytest.mark.parametrize("name", METRICS)
def test_pairing_sharpens(name):
    # On average over studies: in a single one two rare misses can agree less than by chance.
    pairs = list(itertools.islice(zip(*_studies(name == "relative_bias"), strict=True), 200))
    own = WIDE.get(name, {})
    apart = [math.hypot(*(METRICS[name](x, **own).mcse for x in pair)) for pair in pairs]
    assert np.mean([paired(name, a, b, **own).mcse for a, b in pairs]) < 0.95 * np.mean(apart)


@pytest.mark.parametrize("name", sorted(set(METRICS) - {"bias_eliminated_coverage", "median_bias"}))
def test_influence_is_what_leaving_a_dataset_out_does(name):
    # (n − 1)(T − T without i) = psi_i + O(1/n). The steps of the moved intervals have no limit, nor
    # have those of a median (Miller 1974, Biometrika 61:1).
    fits = _study(_toy(np.random.default_rng(14), 1, N, fixed=name == "relative_bias"), 0)
    own = WIDE.get(name, {})
    value, psi = metrics.influence(name, fits, **own)
    without = [METRICS[name](fits.take(np.arange(N) != i), **own).value for i in range(N)]
    jackknife = (N - 1) * (value - np.array(without))
    assert np.abs(jackknife - psi).max() < 0.1 * np.abs(psi).max()
    assert isinstance(paired(name, fits, fits), Estimate)
