"""The sequential gate: worked cases, what must hold for any stream, and its error rates.

Simulated checks allow what binomial error allows, so that sound code fails once in 10⁴ seeds, and
each has a twin with a known fault that must be found.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import bdtrik, gammaln, ndtr, ndtri

from sbc.stats.sequential import e_values
from sbc.stats.sequential import judge as seq
from sbc.stats.sequential.e_values import log_e_fail, log_e_pass
from sbc.stats.sequential.judge import crossings, judge
from sbc.stats.sequential.outcome import NEVER

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # busy machines
seeds = st.integers(0, 10**6)


def most(n, p):
    """Return the count that n trials of chance p exceed once in 10⁴ times."""
    return int(np.ceil(bdtrik(1 - 1e-4, n, p)))


def least(n, p):
    """Return the count that n trials of chance p fall short of once in 10⁴ times."""
    return int(np.floor(bdtrik(1e-4, n, p)))


def uniform(seed, *shape):
    return np.random.default_rng(seed).uniform(1e-12, 1, shape)


@pytest.fixture
def q():
    """200 quantiles of N(0, 1), evenly spaced, in an order that is always the same."""
    return ndtri((np.random.default_rng(0).permutation(200) + 0.5) / 200)


# -- exact values --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delta", "bet"), [(0.05, 0.6036), (0.07, 0.8501), (0.10, 1.2299), (0.14, 1.7654)]
)
def test_betting_fraction(delta, bet):
    assert e_values.betting_fraction(delta) == pytest.approx(bet, abs=6e-5)
    lam, m = e_values.betting_fraction(delta), 0.5 - delta
    growth = [quad(lambda x, a=a: np.log1p(a * (x - m)), 0, 1)[0] for a in (lam, lam - 0.01)]
    assert growth[0] > growth[1]


def test_evidence_about_an_even_stream(q):
    assert log_e_fail(ndtr(q))[-1] == pytest.approx(-2.491, abs=5e-4)
    assert log_e_pass(ndtr(q), 0.07).max(axis=-1).min() == pytest.approx(6.128, abs=5e-4)


@pytest.mark.parametrize(
    ("change", "outcome", "at"),
    [
        (lambda q: q, "pass", 126),
        (lambda q: q - 0.5, "fail", 110),
        (lambda q: q / 0.8, "fail", 187),
        (lambda q: q / 0.5, "fail", 24),
        (lambda q: q / 1.5, "fail", 70),
        (lambda q: q - 0.25, "inconclusive", None),
    ],
)
def test_verdict_on_an_even_stream(q, change, outcome, at):
    verdict = judge({"only": ndtr(change(q))}, 0.07)
    assert (verdict.outcome, verdict.at) == (outcome, at)
    assert verdict.blamed == (("only",) if outcome == "fail" else ())


def test_normal_part_is_a_product_of_predictive_densities():
    # the posterior of (mean, precision) updated value by value; each next q is Student t given
    # the ones before, and the e-value is the product of its density over that of N(0, 1)
    q = np.array([0.3, -1.7, 2.2, 0.1, 3.0, -0.4])
    values = []
    for k0 in (4, 25, 100):
        for a0 in (4, 30):
            m, k, a, b, log_e = 0.0, k0, a0, a0, 0.0
            for x in q:
                scale2, nu = b * (k + 1) / (a * k), 2 * a
                log_t = gammaln((nu + 1) / 2) - gammaln(nu / 2) - np.log(nu * scale2) / 2
                log_t -= (nu + 1) / 2 * np.log1p((x - m) ** 2 / (nu * scale2))
                log_e += log_t + x**2 / 2 + np.log(2) / 2  # π cancels
                b += k * (x - m) ** 2 / (2 * (k + 1))
                m, k, a = (k * m + x) / (k + 1), k + 1, a + 0.5
            values.append(np.exp(log_e))
    found = e_values.log_e_normal(q.size, q.sum(), np.square(q).sum())
    assert float(found) == pytest.approx(np.log(np.mean(values)), rel=1e-10)


def test_histogram_part_by_hand():
    # three values in one bin of 16: with a = 2 the odds are 16 · 2/32, 16 · 3/33, 16 · 4/34
    u = np.array([0.01, 0.02, 0.03, 0.99])
    expected = []
    for a in (2, 10):
        odds = [(16 * (a + c)) / (16 * a + j) for j, c in enumerate([0, 1, 2, 0])]
        expected.append(np.prod(odds))
    normal = [e_values.log_e_normal(4, ndtri(u).sum(), np.square(ndtri(u)).sum())]
    mixture = 0.7 * np.exp(normal[0]) + 0.3 * np.mean(expected)
    assert log_e_fail(u)[-1] == pytest.approx(np.log(mixture))


def test_evidence_against_calibration_is_fair():
    # whatever came before, the expected factor of a uniform value is 1
    q = np.linspace(-8, 8, 40001)
    density = np.exp(-(q**2) / 2) / np.sqrt(2 * np.pi)
    for past in ([], [0.5], [0.01, 0.02, 0.9], [0.3] * 10):
        before = np.exp(log_e_fail(past)[-1]) if past else 1.0
        u = np.column_stack([np.tile(past, (q.size, 1)), ndtr(q)])
        mean = np.trapezoid(np.exp(log_e_fail(u)[:, -1]) * density, q)
        assert mean == pytest.approx(before, rel=1e-3)


def test_evidence_for_calibration_is_fair_at_the_edge_of_the_tolerance():
    # the bets are linear in x: two values whose mean is the edge have a mean factor of 1
    for delta in (0.05, 0.14):
        low, high = 0.5 - delta, 0.5 + delta
        for process, edge in ((0, low), (1, high)):
            pair = log_e_pass([[edge - 0.2], [edge + 0.2]], delta)[:, process, 0]
            assert np.exp(pair).mean() == pytest.approx(1)
        for process, edge in ((2, low), (3, high)):
            pair = log_e_pass([[(1 + edge - 0.2) / 2], [(1 - edge - 0.2) / 2]], delta)
            assert np.exp(pair[:, process, 0]).mean() == pytest.approx(1)


def test_evidence_for_calibration_by_hand():
    # u = .75 and |2u − 1| = .5 with λ = 1.2299, δ = .1
    found = np.exp(log_e_pass([0.75], 0.1)[:, 0])
    lam = e_values.betting_fraction(0.1)
    expected = [1 + lam * 0.35, 1 - lam * 0.15, 1 + lam * 0.1, 1 + lam * 0.1]
    np.testing.assert_allclose(found, expected)


def test_combination_is_the_mean():
    log_e = np.log([[1.0, 2.0, 1e-300], [3.0, 8.0, 1e-300]])
    np.testing.assert_allclose(np.exp(e_values.combine_fail(log_e)), [2.0, 5.0, 1e-300])


def test_tolerated():
    expected = {
        0.05: (0.18, 0.85, 1.17),
        0.07: (0.25, 0.80, 1.25),
        0.10: (0.36, 0.73, 1.38),
        0.14: (0.51, 0.63, 1.58),
    }
    for delta, faults in expected.items():
        assert seq.tolerated(delta) == pytest.approx(faults, abs=0.006)
        bias, low, high = seq.tolerated(delta)
        assert ndtr(-bias / np.sqrt(2)) == pytest.approx(0.5 - delta)
        assert 2 / np.pi * np.arctan(1 / np.array([low, high])) == pytest.approx(
            [0.5 + delta, 0.5 - delta]
        )


def test_presets():
    assert seq.PRESETS == {"smoke": (0.14, 200), "pr": (0.10, 400), "nightly": (0.07, 1000)}


# -- what holds for any stream -------------------------------------------------------------------


@relaxed
@given(seeds, st.integers(1, 60), st.data())
def test_a_value_depends_on_its_past_only(seed, n, data):
    u = uniform(seed, 2, n)
    u[uniform(seed + 1, 2, n) < 0.2] = np.nan
    k = data.draw(st.integers(1, n))
    np.testing.assert_allclose(log_e_fail(u)[:, :k], log_e_fail(u[:, :k]), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(log_e_pass(u, 0.1)[..., :k], log_e_pass(u[:, :k], 0.1))


@relaxed
@given(seeds, st.integers(1, 40))
def test_a_failed_fit_keeps_its_place_and_adds_nothing(seed, n):
    u, failed = uniform(seed, n), uniform(seed + 1, n) < 0.4
    with_gaps = np.where(failed, np.nan, u)
    worked = np.cumsum(~failed)
    dense_fail = np.concatenate([[0.0], log_e_fail(u[~failed])]) if worked[-1] else np.zeros(1)
    np.testing.assert_allclose(log_e_fail(with_gaps), dense_fail[worked], atol=1e-9)
    if worked[-1]:
        dense_pass = np.pad(log_e_pass(u[~failed], 0.1), ((0, 0), (1, 0)))
        np.testing.assert_allclose(log_e_pass(with_gaps, 0.1), dense_pass[:, worked], atol=1e-12)


@relaxed
@given(seeds, st.integers(1, 50))
def test_streams_do_not_touch_each_other(seed, n):
    u = uniform(seed, 2, 3, n)
    for i in np.ndindex(2, 3):
        np.testing.assert_allclose(log_e_fail(u)[i], log_e_fail(u[i]), rtol=1e-12)
        np.testing.assert_allclose(log_e_pass(u, 0.07)[i], log_e_pass(u[i], 0.07), rtol=1e-12)


@relaxed
@given(seeds, st.integers(1, 60))
def test_left_and_right_are_alike(seed, n):
    u = (np.floor(uniform(seed, n) * 1000) + 1 / 3) / 1000  # no value on the edge of a bin
    np.testing.assert_allclose(log_e_fail(u), log_e_fail(1 - u), rtol=1e-9, atol=1e-9)
    low, high, narrow, wide = log_e_pass(u, 0.1)
    mirrored = log_e_pass(1 - u, 0.1)
    np.testing.assert_allclose(mirrored, [high, low, narrow, wide], atol=1e-9)


@relaxed
@given(seeds, st.sampled_from([-0.5, 0, 0.2]), st.integers(1, 4))
def test_a_verdict_stands_whatever_comes_later(seed, bias, K):
    rng = np.random.default_rng(seed)
    u = ndtr(rng.standard_normal((K, 300)) + bias)
    verdict = judge({str(k): row for k, row in enumerate(u)}, 0.1)
    if verdict.at is not None:
        early = judge({str(k): row[: verdict.at] for k, row in enumerate(u)}, 0.1)
        assert early.outcome == verdict.outcome
        assert early.at == verdict.at
        assert early.blamed == verdict.blamed
        assert early.log_e_fail == pytest.approx(verdict.log_e_fail)
        before = judge({str(k): row[: verdict.at - 1] for k, row in enumerate(u)}, 0.1)
        assert before.outcome == "inconclusive"


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, np.inf])
def test_values_must_be_inside(value):
    for function in (log_e_fail, lambda u: log_e_pass(u, 0.1)):
        with pytest.raises(ValueError, match="strictly between"):
            function([0.5, value])


@pytest.mark.parametrize("u", [[], 0.5])
def test_a_stream_needs_values(u):
    with pytest.raises(ValueError, match="at least one"):
        log_e_fail(u)


@pytest.mark.parametrize("delta", [0, 0.5, -0.1, np.nan])
def test_tolerance_has_a_range(delta):
    for function in (e_values.betting_fraction, seq.tolerated, lambda d: log_e_pass([0.5], d)):
        with pytest.raises(ValueError, match="tolerance"):
            function(delta)


# -- the verdict ---------------------------------------------------------------------------------


def test_all_streams_have_to_pass():
    u = uniform(5, 2, 600)
    alone = [judge({"x": row}, 0.1).at for row in u]
    together = judge({"a": u[0], "b": u[1]}, 0.1)
    assert together.outcome == "pass"
    assert together.at == max(alone)
    assert sorted(s.passed_at for s in together.streams.values()) == sorted(alone)
    assert all(min(s.log_e_pass) >= np.log(20) for s in together.streams.values())


def test_the_faulty_stream_is_blamed():
    u = uniform(6, 3, 600)
    u[1] = ndtr(ndtri(u[1]) - 1)
    verdict = judge(dict(zip("abc", u, strict=True)), 0.1)
    assert verdict.outcome == "fail"
    assert verdict.blamed == ("b",)
    assert verdict.log_e_fail >= np.log(1000)
    assert verdict.streams["b"].log_e_fail >= np.log(3000)
    assert verdict.streams["b"].n == verdict.at


def test_fail_goes_first():
    # a stream that passes just when the evidence against it is at its highest: with an error rate
    # set to match, the gate fails there
    u = ndtr(np.random.default_rng(10).standard_normal(300) - 0.35)
    at = judge({"x": u}, 0.1, alpha_fail=1e-12).at
    log_e = log_e_fail(u)
    assert log_e[at - 1] > log_e[: at - 1].max()
    verdict = judge({"x": u}, 0.1, alpha_fail=np.exp(1e-9 - log_e[at - 1]))
    assert (verdict.outcome, verdict.at) == ("fail", at)


def test_later_data_sets_are_not_looked_at():
    u = uniform(7, 600)
    assert judge({"x": u}, 0.1, max_datasets=30).outcome == "inconclusive"
    assert judge({"x": u}, 0.1, max_datasets=30).streams["x"].n == 30


def test_what_is_needed_when_inconclusive():
    calibrated = judge({"x": uniform(8, 100)}, 0.07)
    assert calibrated.outcome == "inconclusive"
    assert 20 < calibrated.needed < 600
    stuck = judge({"x": np.full(50, np.nan)}, 0.07)
    assert (stuck.outcome, stuck.needed, stuck.log_e_fail) == ("inconclusive", None, 0.0)
    assert stuck.streams["x"] == (0, 0.0, (0.0, 0.0, 0.0, 0.0), None)
    assert judge({"x": [0.5]}, 0.07).outcome == "inconclusive"


def test_a_stream_of_failed_fits_keeps_the_gate_from_passing():
    u = uniform(9, 600)
    assert judge({"x": u}, 0.1).outcome == "pass"
    assert judge({"x": u, "failed": np.full(600, np.nan)}, 0.1).outcome == "inconclusive"


@pytest.mark.parametrize(
    "streams", [{}, {"a": [0.5], "b": [0.5, 0.5]}, {"a": [[0.5]]}, {"a": 0.5}, {"a": []}]
)
def test_judge_refuses_streams(streams):
    with pytest.raises(ValueError, match=r"streams|at least one"):
        judge(streams, 0.1)


def test_judge_refuses_to_look_at_nothing():
    with pytest.raises(ValueError, match="max_datasets must be at least 1"):
        judge({"x": [0.5]}, 0.1, max_datasets=0)


@pytest.mark.parametrize("alpha", [0, 1, -1, np.nan])
def test_judge_refuses_rates(alpha):
    for rates in ((alpha, 0.05), (0.001, alpha)):
        with pytest.raises(ValueError, match="error rate"):
            judge({"x": [0.5]}, 0.1, *rates)


# -- error rates ---------------------------------------------------------------------------------


def ever(log_e, alpha):
    return int((log_e.max(axis=-1) >= -np.log(alpha)).sum())


def peeking(u):
    """Test the mean of q at every data set from the 20th on, each time at 5 %."""
    q = ndtri(u)
    z = np.cumsum(q, axis=-1) / np.sqrt(np.arange(1, u.shape[-1] + 1))
    return int((np.abs(z[..., 19:]).max(axis=-1) > 1.96).sum())


def test_a_calibrated_gate_hardly_ever_fails():
    u = uniform(11, 500, 5, 300)
    assert ever(e_values.combine_fail(log_e_fail(u)), 0.05) <= most(500, 0.05)
    assert peeking(u[:, 0]) > most(500, 0.05)
    no_share = np.logaddexp.reduce(log_e_fail(u), axis=-2)
    assert ever(no_share, 0.05) > most(500, 0.05)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_gate_hardly_ever_passes_at_the_edge_of_the_tolerance(which):
    delta = 0.14
    bias, sd_ratio = ((seq.tolerated(delta).bias, 1), *((0, c) for c in seq.tolerated(delta)[1:]))[
        which
    ]
    q = np.random.default_rng(12 + which).standard_normal((600, 1, 400))
    u = ndtr((q - bias) / sd_ratio)

    def passes(alpha_pass):
        return int((crossings(u, delta, 1e-12, alpha_pass).passed != NEVER).sum())

    assert passes(0.05) <= most(600, 0.05)
    assert passes(0.2) > most(600, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("K", [1, 10])
def test_ever_failing_in_many_studies(K):
    studies, batch, n = 3000, 100, 2000
    highest = np.concatenate(
        [
            e_values.combine_fail(log_e_fail(uniform(100 * K + i, batch, K, n))).max(axis=-1)
            for i in range(studies // batch)
        ]
    )
    for alpha, measured in ((0.05, 0.036), (0.01, 0.008), (0.001, 0.0006)):
        alarms = int((highest >= -np.log(alpha)).sum())
        assert alarms <= most(studies, alpha)
        if K == 1:
            assert least(studies, 0.8 * measured) <= alarms <= most(studies, 1.2 * measured)


@pytest.mark.slow
def test_peeking_without_an_e_process_is_found():
    assert peeking(uniform(13, 500, 2000)) > most(500, 0.3)


@pytest.mark.slow
@pytest.mark.parametrize("delta", [0.05, 0.10])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_ever_passing_in_many_studies(delta, which):
    faults = seq.tolerated(delta)
    bias, sd_ratio = (faults.bias, 1) if which == 0 else (0, faults[which])
    q = np.random.default_rng(which).standard_normal((2000, 1, 1000))
    passed = crossings(ndtr((q - bias) / sd_ratio), delta, 1e-12).passed
    assert int((passed != NEVER).sum()) <= most(2000, 0.05)
