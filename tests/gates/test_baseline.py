"""Two runs of the same datasets: have the estimates moved?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic import SD, SETTINGS, by_engine, calibrated, fits, make_run, panel_of

from sbc.gates.baseline import check_comparable, compare, differences
from sbc.gates.config import Config, expect
from sbc.gates.decisions import Levels
from sbc.gates.gate import judge_run
from sbc.gates.history import History, history
from sbc.plugins.engine import Budget
from sbc.plugins.errors import UserError
from sbc.store.frames import load_run

LEVELS = Levels(0.001, 0.05)
KEY = ("mundlak", "nutpie")
N = 120


def moved_panel(old, shift=0.0, stretch=1.0, noise=0.0, seed=0):
    """Move the posterior means by `shift` sds, and each by a random part; stretch the sds."""
    rng = np.random.default_rng(seed)
    columns = dict(old.columns)
    step = shift + noise * rng.normal(size=old.n)
    columns["beta_XY", "mean"] = columns["beta_XY", "mean"] + SD * step
    columns["beta_XY", "sd"] = columns["beta_XY", "sd"] * stretch
    return History(old.estimator, old.engine, old.fits, columns, old.truths)


OLD = panel_of({"beta_XY": calibrated(N)})


def verdict(**changes):
    return compare({KEY: moved_panel(OLD, **changes)}, {KEY: OLD}, LEVELS)[0]


def test_differences_by_hand():
    new = moved_panel(OLD, shift=0.2, stretch=3.0)
    shift, stretch, scatter = differences(new, OLD, "beta_XY")
    # sds 1 and 3: the shift of .2 is told in √((1 + 9)/2) = √5; ESS is 500 in both
    np.testing.assert_allclose(shift, 0.2 / np.sqrt(5))
    np.testing.assert_allclose(stretch, np.log(3))
    np.testing.assert_allclose(scatter, 0.04 / 5 - 2 / 500)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "pass"),
        ({"noise": np.sqrt(2 / 500)}, "pass"),  # the samplers' own Monte Carlo error
        ({"shift": 0.03, "noise": 0.06}, "pass"),
        ({"shift": 0.3, "noise": 0.06}, "fail"),
        ({"shift": -0.3, "noise": 0.06}, "fail"),
        ({"stretch": 1.2}, "fail"),
        ({"stretch": 0.85}, "fail"),
        ({"noise": 0.5}, "fail"),  # up and down by turns
        ({"shift": 0.1, "noise": 0.06}, "inconclusive"),
    ],
)
def test_the_three_outcomes(changes, outcome):
    assert verdict(**changes).outcome == outcome


def test_what_is_found_is_told():
    numbers = verdict(shift=0.3, stretch=1.1, noise=0.05).evidence.numbers
    assert numbers["shift"] == pytest.approx(0.3 / np.sqrt((1 + 1.21) / 2), abs=0.02)
    assert numbers["shift_mcse"] == pytest.approx(0.05 / np.sqrt(N), rel=0.3)
    assert numbers["sd_ratio"] == pytest.approx(1.1)
    assert numbers["rank_difference"] == 0


def test_a_larger_tolerance_forgives():
    new = {KEY: moved_panel(OLD, shift=0.3, noise=0.06)}
    assert compare(new, {KEY: OLD}, LEVELS, tolerance=0.5)[0].outcome == "pass"


def test_too_few_datasets_are_inconclusive():
    few = panel_of({"beta_XY": calibrated(20)})
    found = compare({KEY: few}, {KEY: few}, LEVELS)[0]
    assert (found.outcome, found.n) == ("inconclusive", 20)
    assert found.needed > 0


def test_independent_draws_have_their_number_for_an_effective_size(tmp_path):
    rows = [replace(row, chains=2, draws=500) for row in fits({"beta_XY": calibrated(N)})]
    run = load_run(make_run(tmp_path / "run", by_engine(rows, "advi", pareto_k=0.5)))
    advi = history(run.fits, run.results, "mundlak", "advi")
    assert np.isnan(advi.get("beta_XY", "ess_bulk")).all()
    scatter = differences(advi, advi, "beta_XY")[2]
    np.testing.assert_allclose(scatter, -2 / 1000)
    moved = [
        replace(r, results=tuple(replace(x, mean=x.mean + 0.5 * SD) for x in r.results))
        for r in by_engine(rows, "advi")
    ]
    other = load_run(make_run(tmp_path / "moved", moved))
    verdicts = {
        name: compare(
            {("mundlak", "advi"): history(found.fits, found.results, "mundlak", "advi")},
            {("mundlak", "advi"): advi},
            LEVELS,
        )[0].outcome
        for name, found in {"same": run, "moved": other}.items()
    }
    assert verdicts == {"same": "pass", "moved": "fail"}


def test_fits_that_failed_in_one_run_could_turn_it():
    # one estimate in twenty moved by .6 posterior sds: the failed ones may have, all of them
    new = moved_panel(OLD, noise=0.06)
    columns = dict(new.columns)
    columns["beta_XY", "mean"] = columns["beta_XY", "mean"] + SD * np.where(
        np.arange(N) % 20 == 0, 0.6, 0.0
    )
    failed = np.arange(N) % 3 == 1
    holes = {key: np.where(failed, np.nan, x) for key, x in columns.items()}
    whole = History("mundlak", "nutpie", new.fits, columns, {})
    partial = History("mundlak", "nutpie", new.fits, holes, {})
    assert compare({KEY: whole}, {KEY: OLD}, LEVELS, tolerance=0.4)[0].outcome == "pass"
    found = compare({KEY: partial}, {KEY: OLD}, LEVELS, tolerance=0.4)[0]
    assert (found.outcome, found.turned, found.failed) == ("inconclusive", True, 40)


def test_other_datasets_are_refused():
    other = panel_of({"beta_XY": calibrated(N)}, truths={"beta_XY": np.zeros(N)})
    with pytest.raises(UserError, match="dataset 0 has beta_XY = 0 for mundlak"):
        compare({KEY: other}, {KEY: OLD}, LEVELS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 2}, "with seed = 1, not 2"),
        ({"truth": "prior"}, "truth = effects, not prior"),
        ({"parameters": {"n_rows": 50}}, "parameters = {}, not {'n_rows': 50}"),
        ({"estimators": ("naive",)}, "shares no estimator"),
    ],
)
def test_other_settings_are_refused(change, message):
    with pytest.raises(UserError) as caught:
        check_comparable(replace(SETTINGS, **change), SETTINGS, "old")
    assert message in str(caught.value)


def test_budget_datasets_and_further_estimators_may_differ():
    other = replace(
        SETTINGS,
        budget=Budget(draws=50, tune=50, chains=1, target_accept=0.9),
        datasets=7,
        estimators=("mundlak", "naive"),
    )
    check_comparable(other, SETTINGS, "old")


def test_a_gate_with_a_baseline(tmp_path):
    streams = {"beta_XY": calibrated(N), "beta_ZY": calibrated(N, 1)}
    old = load_run(make_run(tmp_path / "old", fits(streams)))
    same = load_run(make_run(tmp_path / "same", fits(streams, ess=400.0)))
    moved = load_run(make_run(tmp_path / "moved", fits(streams, shift=0.3 * SD)))
    gate = judge_run(same, Config(), old)
    assert gate.outcome == "pass"
    assert [v.check.quantity for v in gate.verdicts] == ["beta_XY", "beta_ZY"]
    assert judge_run(moved, Config(), old).outcome == "fail"
    both = expect(Config(delta=0.14), "mundlak:beta_XY=calibrated", moved.settings)
    assert len(judge_run(moved, both, old).verdicts) == 3


def test_a_baseline_without_fits_says_nothing(tmp_path):
    old = load_run(make_run(tmp_path / "old", []))
    new = load_run(make_run(tmp_path / "new", fits({"beta_XY": calibrated(60)})))
    assert judge_run(new, Config(), old).outcome == "inconclusive"
