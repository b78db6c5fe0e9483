"""Checks: each outcome, failed fits for better and worse, and the error rates of a family."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.special import bdtrik, ndtr
from synthetic import (
    by_engine,
    calibrated,
    even,
    fits,
    make_run,
    panel_of,
    scaled,
    shifted,
    truth_of,
)

from sbc.gates.config import Config
from sbc.gates.decisions import Levels, made_up
from sbc.gates.expectations import Better, Bounds, Calibrated, Miscalibrated
from sbc.gates.failures import failures
from sbc.gates.history import History, history
from sbc.gates.judge import Check, agreed, judge_check, judge_checks
from sbc.plugins.errors import UserError
from sbc.store.frames import load_run
from sbc.studies.gate import sees

LEVELS = Levels(0.001, 0.05)
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=30)


def check(expectation, quantity="beta_XY", streams=None, estimator="mundlak"):
    return Check(estimator, "nutpie", quantity, expectation, streams or (quantity,))


def judged(u, expectation, failed=(), **options):
    found = panel_of({"beta_XY": u}, failed=failed, **options)
    return judge_check(check(expectation), {("mundlak", "nutpie"): found}, LEVELS)


def most(n, p):
    """Return the count that n trials of chance p exceed once in 10⁴ times."""
    return int(np.ceil(bdtrik(1 - 1e-4, n, p)))


# -- the three outcomes of every kind of check ---------------------------------------------------

STREAMS = {
    "calibrated": calibrated(),
    "high by .5": shifted(0.5),
    "sds × .5": scaled(0.5),
    "sds × 1.5": scaled(1.5),
    "on the edge": shifted(0.25),
}


@pytest.mark.parametrize(
    ("name", "outcome", "at"),
    [
        ("calibrated", "pass", 126),
        ("high by .5", "fail", 110),
        ("sds × .5", "fail", 24),
        ("sds × 1.5", "fail", 70),
        ("on the edge", "inconclusive", None),
    ],
)
def test_calibration(name, outcome, at):
    verdict = judged(STREAMS[name], Calibrated(0.07))
    assert (verdict.outcome, verdict.at) == (outcome, at)
    assert verdict.n == (at or 200)
    assert (verdict.needed is None) == (outcome != "inconclusive")


@pytest.mark.parametrize(
    ("name", "delta", "outcome"),
    [
        ("high by .5", 0.07, "pass"),
        ("sds × .5", 0.07, "pass"),
        ("calibrated", 0.14, "fail"),
        ("on the edge", 0.07, "inconclusive"),
    ],
)
def test_a_control_must_be_caught(name, delta, outcome):
    assert judged(STREAMS[name], Miscalibrated(delta)).outcome == outcome


def test_a_control_is_held_to_the_stricter_rate_both_ways():
    # evidence of 1000 against calibration is there later than evidence of 20
    u = scaled(0.5)
    assert judged(u, Miscalibrated(0.14)).at == judged(u, Calibrated(0.14)).at == 24
    assert judged(calibrated(), Miscalibrated(0.14)).at > judged(calibrated(), Calibrated(0.14)).at


@pytest.mark.parametrize(
    ("name", "bounds", "outcome"),
    [
        ("calibrated", (0.85, 0.99), "pass"),
        ("sds × .5", (0.85, 0.99), "fail"),
        ("sds × .5", (-np.inf, 0.8), "pass"),
        ("calibrated", (-np.inf, 0.8), "fail"),
        ("calibrated", (0.94, 0.96), "inconclusive"),
    ],
)
def test_coverage(name, bounds, outcome):
    assert judged(STREAMS[name], Bounds("coverage_95", *bounds)).outcome == outcome


@pytest.mark.parametrize(
    ("metric", "bounds", "outcome"),
    [
        # estimates with an error of sd 0.3 around 0.15 above the truth, truths of variance 1
        ("bias", (-0.3, 0.3), "pass"),
        ("bias", (-0.05, 0.05), "fail"),
        ("bias", (-0.15, 0.15), "inconclusive"),
        ("bias_sd", (-1, 1), "pass"),
        ("bias_sd", (-0.1, 0.1), "fail"),
        ("rmse", (-np.inf, 0.5), "pass"),
        ("rmse", (-np.inf, 0.2), "fail"),
        ("contraction", (0.7, np.inf), "pass"),
        ("contraction", (0.99, np.inf), "fail"),
        ("contraction", (-np.inf, 0.5), "fail"),
    ],
)
def test_bounds_on_means(metric, bounds, outcome):
    assert judged(shifted(0.5), Bounds(metric, *bounds)).outcome == outcome


@pytest.mark.parametrize(
    ("mine", "its", "outcome"), [(0.1, 0.5, "pass"), (0.5, 0.1, "fail"), (0.3, 0.3, "inconclusive")]
)
def test_orderings_are_paired(mine, its, outcome):
    histories = {
        (name, "nutpie"): panel_of({"beta_XY": u}, estimator=name, sd=sd)
        for name, u, sd in (("a", calibrated(), mine), ("b", calibrated(seed=1), its))
    }
    verdict = judge_check(check(Better("b"), estimator="a"), histories, LEVELS)
    assert verdict.outcome == outcome


def test_several_streams_fail_for_one_and_pass_only_together():
    both = check(Calibrated(0.07), "all", ("beta_XY", "beta_ZY"))

    def outcome(first, second):
        found = panel_of({"beta_XY": first, "beta_ZY": second})
        return judge_check(both, {("mundlak", "nutpie"): found}, LEVELS)

    assert outcome(calibrated(), calibrated(seed=1)).outcome == "pass"
    failed = outcome(calibrated(), scaled(0.5))
    assert failed.outcome == "fail"
    assert failed.evidence.found.startswith("beta_ZY: ")


def test_without_datasets_nothing_is_known():
    empty = history(frame([]), results([]), "mundlak", "nutpie")
    for expectation in (Calibrated(0.1), Bounds("bias", -1, 1), Bounds("coverage_95", 0.9, 1)):
        verdict = judge_check(check(expectation), {("mundlak", "nutpie"): empty}, LEVELS)
        assert (verdict.outcome, verdict.n, verdict.needed) == ("inconclusive", 0, None)


def test_without_a_fit_that_worked_nothing_is_known():
    for expectation in (Calibrated(0.1), Bounds("bias", -1, 1), Bounds("contraction", 0.5, np.inf)):
        verdict = judged(calibrated(), expectation, failed=range(200))
        assert verdict.outcome == "inconclusive"
        assert verdict.evidence.found == "too few fits to describe"


# -- what a verdict says -------------------------------------------------------------------------


def test_evidence_of_ranks_says_how_far_off_they_are():
    numbers = judged(shifted(0.5), Calibrated(0.07)).evidence.numbers
    assert numbers["bias_sd"] == pytest.approx(0.5, abs=0.1)
    assert judged(scaled(0.5), Calibrated(0.01)).evidence.numbers["error_ratio"] > 1.5


def test_evidence_says_the_least_that_could_be_seen():
    early = judged(calibrated(), Calibrated(0.14)).evidence
    late = judged(calibrated(), Calibrated(0.07)).evidence
    assert late.numbers["datasets"] == 126
    assert late.numbers["least_bias"] < early.numbers["least_bias"]
    assert f"{late.numbers['least_bias']:.2f} posterior sds" in late.least


def test_evidence_of_bounds_says_what_is_excluded():
    found = judged(calibrated(), Bounds("coverage_95", 0.85, 0.99)).evidence
    assert found.numbers["low"] < 0.95 < found.numbers["high"]
    rmse = judged(calibrated(), Bounds("rmse", -np.inf, 0.5)).evidence.numbers
    assert rmse["low"] < 0.3 < rmse["high"]


def test_contraction_stands_beside_a_verdict_where_it_means_something():
    truths = {"beta_XY": even(seed=3)}
    numbers = judged(calibrated(), Calibrated(0.1), truths=truths).evidence.numbers
    assert numbers["contraction"] == pytest.approx(1 - 0.09, abs=0.02)
    one_truth = judged(calibrated(), Calibrated(0.1), truths={"beta_XY": np.ones(200)})
    assert "contraction" not in one_truth.evidence.found


# -- failed fits ---------------------------------------------------------------------------------


def test_failed_fits_make_a_verdict_later():
    whole = judged(calibrated(), Calibrated(0.1))
    some = judged(calibrated(), Calibrated(0.1), failed=[5, 30, 31])
    assert whole.outcome == some.outcome == "pass"
    assert some.at > whole.at
    assert some.failed == 3


@pytest.mark.parametrize(
    ("u", "expectation", "failed"),
    [
        (calibrated(), Calibrated(0.1), 20),
        (scaled(0.75), Calibrated(0.1), 90),
        (shifted(0.4), Calibrated(0.1), 60),
        (calibrated(), Miscalibrated(0.14), 40),
        (calibrated(), Bounds("coverage_95", 0.85, 0.995), 20),
        (shifted(0.5), Bounds("bias", -0.3, 0.3), 80),
        (shifted(0.5), Bounds("contraction", 0.7, np.inf), 80),
    ],
)
def test_a_verdict_that_failed_fits_could_turn_is_inconclusive(u, expectation, failed):
    # posterior sds that differ, so that a failed fit may have had a large one
    sd = np.where(np.arange(200) % 10 == 5, 0.9, 0.25)
    where = np.flatnonzero(np.random.default_rng(1).permutation(200) < failed)
    assert judged(u, expectation, sd=sd).outcome != "inconclusive"
    verdict = judged(u, expectation, failed=where, sd=sd)
    assert (verdict.outcome, verdict.turned) == ("inconclusive", True)


def test_coverage_is_bounded_by_all_failed_fits_hit_and_missed():
    u = calibrated()
    few, some, many = (
        judged(u, Bounds("coverage_95", 0.85, np.inf), failed=range(0, 200, 200 // n))
        for n in (2, 10, 66)
    )
    assert few.outcome == "pass"
    assert (some.outcome, some.turned) == ("inconclusive", True)
    assert some.needed > 0  # the like of these would settle it, as few as they are
    assert (many.outcome, many.turned, many.needed) == ("inconclusive", True, None)


def test_failed_fits_can_be_made_up_in_the_worst_way_for_each_process():
    from sbc.stats.sequential.e_values import log_e_pass

    u = calibrated(50)
    u[[3, 20]] = np.nan
    ways = np.stack(list(made_up(u[np.newaxis])))[:, 0]
    assert np.isfinite(ways).all()
    worst = log_e_pass(ways, 0.1)[..., -1].min(axis=0)
    rng = np.random.default_rng(0)
    for _ in range(50):
        random = np.where(np.isnan(u), rng.uniform(1 / 256, 255 / 256, size=50), u)
        assert (log_e_pass(random, 0.1)[:, -1] >= worst - 1e-9).all()


@relaxed
@given(st.integers(0, 10**6), st.integers(1, 49))
def test_what_is_made_up_depends_on_earlier_datasets_only(seed, cut):
    rng = np.random.default_rng(seed)
    u = np.where(rng.uniform(size=50) < 0.2, np.nan, rng.uniform(0.01, 0.99, size=50))
    for whole, part in zip(made_up(u), made_up(u[:cut]), strict=True):
        np.testing.assert_array_equal(whole[:cut], part)


def test_agreement_among_ways_to_make_up_failed_fits():
    from sbc.stats.sequential.means import Decision

    passed, failed = Decision("pass", 10), Decision("fail", 12)
    later, never = Decision("inconclusive", None, 5), Decision("inconclusive", None, None)
    assert agreed([passed]) == ("pass", 10, None, False)
    assert agreed([passed, Decision("pass", 30)]) == ("pass", 30, None, False)
    assert agreed([passed, failed]) == ("inconclusive", None, None, True)
    assert agreed([passed, later]) == ("inconclusive", None, None, True)
    assert agreed([later, Decision("inconclusive", None, 9)]) == ("inconclusive", None, 5, False)
    assert agreed([never, later])[2] is None


def test_divergent_fits_count_and_the_verdict_without_them_is_told(tmp_path):
    rng = np.random.default_rng(0)
    u = rng.uniform(0.01, 0.99, size=300)
    divergent = np.arange(0, 300, 3)
    u[divergent] = rng.uniform(0.9, 0.99, size=100)  # they are what is wrong
    rows = fits({"beta_XY": u}, divergent=divergent)
    run = load_run(make_run(tmp_path / "run", rows))
    found = history(run.fits, run.results, "mundlak", "nutpie")
    verdict = judge_check(check(Calibrated(0.14)), {("mundlak", "nutpie"): found}, LEVELS)
    assert (verdict.outcome, verdict.without_divergent) == ("fail", "pass")
    assert judged(calibrated(), Calibrated(0.1)).without_divergent is None


# -- the datasets that are looked at -------------------------------------------------------------


def frame(rows):
    columns = ["dataset", "estimator", "engine", "status", "attempt"]
    return pd.DataFrame([(k, "mundlak", "nutpie", s, 0) for k, s in rows], columns=columns)


def results(rows):
    columns = [
        "dataset",
        "estimator",
        "engine",
        "quantity",
        "pit",
        "mean",
        "sd",
        "truth",
        "ess_bulk",
    ]
    made = [(k, "mundlak", "nutpie", "beta_XY", u, 0.0, 1.0, 0.0, 500.0) for k, u in rows]
    return pd.DataFrame(made, columns=columns)


def test_only_datasets_without_a_gap_are_judged():
    fit_rows = [(k, "ok") for k in (0, 1, 2, 4, 5)]
    found = history(frame(fit_rows), results([(k, 0.5) for k, _ in fit_rows]), "mundlak", "nutpie")
    assert found.n == 3
    assert history(frame([(1, "ok")]), results([(1, 0.5)]), "mundlak", "nutpie").n == 0


def test_failed_fits_are_no_gap():
    found = history(
        frame([(0, "ok"), (1, "error"), (2, "ok")]),
        results([(0, 0.25), (2, 0.75)]),
        "mundlak",
        "nutpie",
    )
    np.testing.assert_array_equal(found.failed, [False, True, False])
    np.testing.assert_array_equal(found.get("beta_XY", "pit"), [0.25, np.nan, 0.75])
    assert np.isnan(found.get("no such", "pit")).all()


@relaxed
@given(st.permutations(range(30)))
def test_the_order_of_arrival_does_not_matter(order):
    fit_rows = [(k, "error" if k % 11 == 3 else "ok") for k in order]
    u = np.linspace(0.01, 0.99, 30)
    result_rows = [(k, u[k]) for k in reversed(order) if k % 11 != 3]
    found = history(frame(fit_rows), results(result_rows), "mundlak", "nutpie")
    straight = history(frame(sorted(fit_rows)), results(sorted(result_rows)), "mundlak", "nutpie")
    np.testing.assert_array_equal(found.get("beta_XY", "pit"), straight.get("beta_XY", "pit"))
    np.testing.assert_array_equal(found.failed, straight.failed)


def test_datasets_beyond_n_max_are_not_looked_at():
    fit_rows = [(k, "ok") for k in range(10)]
    found = history(frame(fit_rows), results([]), "mundlak", "nutpie", max_datasets=4)
    assert found.n == 4


def test_true_values_are_known_where_fits_failed():
    truths = {0: {"a": 1.0, "v": [2.0, 3.0]}, 1: {"a": 4.0, "v": [5.0, 6.0]}, 9: {"a": 7.0}}
    found = history(
        frame([(0, "error"), (1, "ok")]), results([]), "mundlak", "nutpie", truths=truths
    )
    np.testing.assert_array_equal(found.truth("a"), [1, 4])
    np.testing.assert_array_equal(found.truth("v[1]"), [3, 6])


# -- how often fits fail, and when ---------------------------------------------------------------


def with_truths(failed, truth):
    found = panel_of({"beta_XY": calibrated(len(truth))}, failed=failed)
    return type(found)(found.estimator, found.engine, found.fits, found.columns, {"beta_XY": truth})


def spread(count):
    """Give the numbers of as many datasets out of 100, far from each other."""
    return np.linspace(99, 0, count, endpoint=False).astype(int) if count else []


@pytest.mark.parametrize(
    ("failed", "low", "high", "too_many"),
    # Clopper–Pearson: none of 100: high = 1 − .025^(1/100); 5 and 12 of 100 from tables
    [(0, 0, 0.0362, False), (5, 0.0164, 0.1128, False), (12, 0.0636, 0.2002, True)],
)
def test_share_of_failed_fits(failed, low, high, too_many):
    found = failures(with_truths(spread(failed), even(100)), ["beta_XY"], 0.001)
    assert (found.failed, found.n, found.too_many) == (failed, 100, too_many)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_failing_that_goes_with_the_truth_is_found():
    truth = even(200)
    high = failures(with_truths(np.flatnonzero(truth > 1.5), truth), ["beta_XY"], 0.001)
    assert high.depends.what == "truth"
    assert high.depends.effect == pytest.approx(1)
    far = failures(with_truths(np.flatnonzero(np.abs(truth) > 1.8), truth), ["beta_XY"], 0.001)
    assert far.depends.what == "distance from the median"


def test_failing_that_goes_with_nothing_is_mostly_not_found():
    rng = np.random.default_rng(5)
    found = sum(
        failures(with_truths(rng.permutation(100)[:8], even(100)), ["beta_XY"], 0.001).depends
        is not None
        for _ in range(100)
    )
    assert found <= most(100, 0.05)


def test_one_truth_says_nothing_about_failing():
    assert failures(with_truths([3, 4], np.ones(50)), ["beta_XY"], 0.001).dependence == ()
    assert failures(with_truths([], even(50)), ["beta_XY"], 0.001).dependence == ()


def test_too_many_failures_are_known_at_any_time_only_when_sure():
    doubtful = failures(with_truths(spread(12), even(100)), [], 0.001)
    assert doubtful.too_many
    assert not doubtful.surely
    assert failures(with_truths(spread(30), even(100)), [], 0.001).surely


# -- error rates of a family ---------------------------------------------------------------------

FAMILY = [
    check(expectation, quantity, estimator=estimator)
    for estimator, quantity, expectation in [
        ("a", "x", Calibrated(0.1)),
        ("c", "x", Calibrated(0.07)),
        ("b", "x", Calibrated(0.1)),
        ("b", "y", Bounds("coverage_95", 0.9, 0.98)),
        ("c", "x", Bounds("coverage_50", 0.4, 0.6)),
        ("c", "y", Bounds("bias", -0.05, 0.05)),
        ("a", "x", Bounds("bias_sd", -0.2, 0.2)),
        ("b", "x", Bounds("rmse", -np.inf, 0.3)),
        ("c", "x", Bounds("contraction", 0.85, np.inf)),
        ("a", "y", Miscalibrated(0.07)),
    ]
]


def family_outcomes(studies, alpha_fail, n, fault=lambda q: q):
    """Simulate ten checks that are as expected, a control among them, or with a fault in one."""
    rng = np.random.default_rng(11)
    counts = {"pass": 0, "fail": 0, "inconclusive": 0}
    for _ in range(studies):
        histories = {}
        for name in "abc":
            q = {quantity: rng.normal(size=n) for quantity in "xy"}
            q = {
                key: fault(value) if (name, key) == ("b", "x") else value
                for key, value in q.items()
            }
            u = {quantity: ndtr(values) for quantity, values in q.items()}
            if name == "a":
                u["y"] = ndtr(q["y"] - 0.6)
            truths = {quantity: rng.normal(size=n) for quantity in "xy"}
            histories[name, "nutpie"] = panel_of(u, estimator=name, truths=truths)
        checks = FAMILY
        outcomes = {v.outcome for v in judge_checks(checks, histories, alpha_fail)}
        counts[
            "fail" if "fail" in outcomes else "pass" if outcomes == {"pass"} else "inconclusive"
        ] += 1
    return counts


def test_a_family_of_checks_seldom_fails_by_mistake():
    assert family_outcomes(25, 0.1, 150)["fail"] <= most(25, 0.1)


def test_a_family_with_one_fault_fails_often():
    found = family_outcomes(15, 0.1, 150, fault=lambda q: q / 0.5)
    assert found["fail"] > most(15, 0.1)
    assert found["pass"] <= most(15, 0.05)


@pytest.mark.slow
def test_a_family_of_checks_seldom_fails_by_mistake_in_many_studies():
    found = family_outcomes(2000, 0.05, 400)
    assert found["fail"] <= most(2000, 0.05)


@pytest.mark.slow
def test_a_family_with_one_fault_fails_often_in_many_studies():
    found = family_outcomes(300, 0.05, 400, fault=lambda q: q / 0.8)
    assert found["fail"] > most(300, 0.05)
    assert found["pass"] <= most(300, 0.05)


def test_checks_share_the_rate_of_false_alarms():
    u = {("mundlak", "nutpie"): panel_of({"beta_XY": scaled(0.7)})}
    one = check(Calibrated(0.07))
    alone = judge_checks([one], u)[0]
    shared = judge_checks([one] * 50, u)[0]
    assert shared.at > alone.at
    assert judge_checks([one], u, others=49)[0].at == shared.at


def test_synthetic_truths_are_the_stored_ones(tmp_path):
    from sbc.gates.read import read_truths

    run = load_run(make_run(tmp_path / "run", fits({"beta_XY": calibrated(5)}, failed=[2])))
    assert read_truths(run, {"mundlak": ["beta_XY", "beta_ZY"]})["mundlak"][2] == truth_of(2)
    assert read_truths(run, {"mundlak": ["beta_XY[0]"]})["mundlak"][2].keys() == {"beta_XY"}


# -- engines -------------------------------------------------------------------------------------


def test_an_engine_is_held_to_be_better_than_another():
    sharp, blunt = panel_of({"beta_XY": calibrated()}, sd=0.1), panel_of({"beta_XY": calibrated()})
    histories = {("mundlak", "nutpie"): blunt, ("mundlak", "advi"): sharp}
    better = Check("mundlak", "advi", "beta_XY", Better("mundlak", "nutpie"), ("beta_XY",))
    worse = Check("mundlak", "nutpie", "beta_XY", Better("mundlak", "advi"), ("beta_XY",))
    assert judge_check(better, histories, LEVELS).outcome == "pass"
    assert judge_check(worse, histories, LEVELS).outcome == "fail"


def test_an_approximations_own_diagnostics_go_with_its_failures(tmp_path):
    rows = fits({"beta_XY": calibrated(40)})
    rows += by_engine(rows, "advi", pareto_k=0.9, elbo_drift=0.25, status="poor_approximation")
    run = load_run(make_run(tmp_path / "run", rows))
    nuts, advi = (
        failures(history(run.fits, run.results, "mundlak", engine), [], 0.001)
        for engine in ("nutpie", "advi")
    )
    assert (advi.pareto_k, advi.elbo_drift) == (0.9, 0.25)
    assert np.isnan([nuts.pareto_k, nuts.elbo_drift]).all()
    assert advi.statuses == {"poor_approximation": 40}
    assert advi.failed == 0


def test_what_a_gate_can_see_is_said_with_more_streams_and_datasets(new_settings):
    def bias(most, *estimands):
        told = sees(new_settings(), {"estimands": {"naive": list(estimands)}}, most, Config())
        return float(told.partition("a bias of ")[2].partition(" ")[0])

    assert bias(400, "b") < bias(100, "b") < bias(100, *"abcdefgh")
    assert "show no fault" in sees(new_settings(), {"estimands": {"naive": ["b"]}}, 9, Config())


# -- estimates without draws ---------------------------------------------------------------------


def intervals(z, failed=()):
    """Make a history of estimates z sds off the truth 0, with their 90 and 95 % intervals."""
    n = len(z)
    bad = np.isin(np.arange(n), list(failed))
    columns = {"mean": z, "sd": np.ones(n), "truth": np.zeros(n)}
    columns |= {"q05": z - 1.645, "q95": z + 1.645, "q025": z - 1.96, "q975": z + 1.96}
    frame = pd.DataFrame({"status": np.where(bad, "error", "ok"), "attempt": 0, "error": ""})
    values = {("b", name): np.where(bad, np.nan, x) for name, x in columns.items()}
    return History("ml", "", frame, values, {})


def judged_without_ranks(z, expectation, failed=()):
    found = {("ml", ""): intervals(z, failed)}
    return judge_check(Check("ml", "", "b", expectation, ("b",)), found, LEVELS)


def test_coverage_of_estimates_is_that_of_their_intervals():
    right = Bounds("coverage_95", 0.9, 0.99)
    assert judged_without_ranks(even(400), right).outcome == "pass"
    assert judged_without_ranks(2 * even(400), right).outcome == "fail"
    assert judged_without_ranks(even(400), Bounds("coverage_90", 0.95, 1)).outcome == "fail"
    # As ranks would have it, where there are both.
    by_rank = judged(ndtr(even(400)), right)
    assert judged_without_ranks(even(400), right).at == by_rank.at


def test_failed_estimates_leave_a_gate_on_coverage_in_doubt():
    bounds = Bounds("coverage_95", 0.9, 0.99)
    verdict = judged_without_ranks(even(400), bounds, failed=range(0, 400, 5))
    assert (verdict.outcome, verdict.turned, verdict.failed) == ("inconclusive", True, 80)


def test_bias_and_rmse_of_estimates_need_no_ranks():
    assert judged_without_ranks(even(400), Bounds("bias", -0.3, 0.3)).outcome == "pass"
    assert judged_without_ranks(even(400) + 1, Bounds("bias", -0.3, 0.3)).outcome == "fail"
    assert judged_without_ranks(even(400), Bounds("rmse", -np.inf, 1.5)).outcome == "pass"


def test_a_level_that_was_not_kept_is_told():
    with pytest.raises(UserError, match=r"b of ml has neither ranks nor intervals of 80 %"):
        judged_without_ranks(even(50), Bounds("coverage_80", 0.7, 0.9))
