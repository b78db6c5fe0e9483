"""Functions of data in the place of models: estimates and draws, from a dataset to a verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from quick import PLUGINS, WORLD

import sbc
from sbc.cli.main import main
from sbc.gates.config import Config
from sbc.gates.gate import judge_run
from sbc.plugins.errors import UserError
from sbc.report.table import render
from sbc.stats import metrics
from sbc.store.frames import as_fits

FILE = f"{PLUGINS}/functions.py"
MODEL = f"{PLUGINS}/normal_mean.py:normal_mean"
WITHOUT_DRAWS = ["rank", "ties", "size", "pit", "jitter", "crps", "ess_bulk", "ess_tail", "rhat"]


def run(*names, out, **settings):
    estimators = [MODEL if name == "model" else f"{FILE}:{name}" for name in names]
    chosen = {"engine": "exact", "datasets": 6, "jobs": 1, "progress": False} | settings
    return sbc.run(estimators, WORLD, truth="prior", out=out / "run", **chosen)


def of(found, name):
    return found.results[found.results.estimator.str.endswith(f":{name}")]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    names = ("model", "wald", "posterior", "sometimes")
    return run(*names, out=tmp_path_factory.mktemp("mixed"), datasets=12)


def test_functions_and_models_stand_in_one_run_on_the_same_datasets(mixed):
    by = mixed.fits.groupby("estimator").engine.unique().map(list).to_dict()
    assert by[MODEL] == ["exact"]
    assert by[f"{FILE}:wald"] == ["function"]
    assert set(mixed.fits.groupby(["estimator", "engine"]).size()) == {12}
    truths = mixed.results[mixed.results.quantity == "theta"].groupby("dataset").truth.nunique()
    assert (truths == 1).all()


def test_estimates_are_rows_without_what_draws_have(mixed):
    mine = of(mixed, "wald")
    assert mine[WITHOUT_DRAWS].isna().all(axis=None)
    np.testing.assert_allclose(mine.q975 - mine.q025, 2 * 1.959964 * mine.sd, rtol=1e-6)
    np.testing.assert_array_equal(mine.q50, mine["mean"])
    fits = mixed.fits[mixed.fits.estimator == f"{FILE}:wald"]
    assert (fits[["chains", "draws"]] == 0).all(axis=None)


def test_independent_draws_are_ranked_and_not_judged_by_chains(mixed):
    mine = of(mixed, "posterior")
    assert mine[["ess_bulk", "ess_tail", "rhat"]].isna().all(axis=None)
    assert mine["size"].eq(127).all()
    assert mine.pit.between(0, 1).all()
    assert set(mine.quantity) == {"theta"}  # no density is known


def test_what_a_function_raises_is_a_failed_row(mixed):
    fits = mixed.fits[mixed.fits.estimator == f"{FILE}:sometimes"]
    failed = fits[fits.status == "error"]
    assert 0 < len(failed) < 12
    assert set(failed.error) == {"ArithmeticError: no luck this time"}


def test_bits_depend_on_seed_and_names_alone(mixed, tmp_path):
    alone = run("sometimes", "posterior", out=tmp_path, datasets=12, jobs=2)
    again = mixed.results[mixed.results.estimator.isin(alone.settings.estimators)]
    columns = ["estimator", "dataset", "mean", "sd", "pit", "q025"]
    pd.testing.assert_frame_equal(
        again[columns].reset_index(drop=True), alone.results[columns].reset_index(drop=True)
    )
    resumed = sbc.run(resume=alone.folder, datasets=14, jobs=1, progress=False)
    assert len(resumed.fits) == 28


def test_a_table_and_a_page_leave_empty_what_there_is_not(mixed):
    row = mixed.table().set_index("estimator").loc[f"{FILE}:wald"]
    nothing = ["rank_p", "pit_mean", "pit_spread", "crps", "ess_min", "rhat_max"]
    assert row[nothing].isna().all()
    known = ["bias", "rmse", "emp_se", "model_se", "coverage_50", "coverage_95", "width_95"]
    known += ["z_sd", "bias_eliminated_coverage_95", "power_95"]
    assert row[known].notna().all()
    page = mixed.report().read_text(encoding="utf-8")
    assert "no ranks" in page
    assert ">nan" not in page


def test_one_gate_holds_all_of_them(mixed):
    declared = Config().declare("prior", f"{FILE}:wald", "theta", {"coverage_95": [0.3, 1]})
    declared = declared.declare("prior", f"{FILE}:wald", "theta", {"better_than": MODEL})
    gate = judge_run(mixed, declared.declare("prior", MODEL, "theta", "calibrated"))
    assert {(v.check.estimator, v.check.engine) for v in gate.verdicts} == {
        (MODEL, "exact"),
        (f"{FILE}:wald", "function"),
    }
    assert set(gate.unjudged) == {f"{FILE}:posterior", f"{FILE}:sometimes"}


def test_a_gate_fits_functions_until_it_has_decided(tmp_path, capsys):
    words = ["gate", "--run", "--generator", WORLD, "--truth", "prior", "--engine", "exact"]
    words += ["--estimator", f"{FILE}:wald,{FILE}:half,{MODEL}", "--max-datasets", "100"]
    words += ["--expect", "wald:theta={coverage_95=[0.8, 1], width_95=2}"]
    words += ["--expect", "normal_mean:theta={bias=0.5}", "--jobs", "1", "--quiet"]
    assert main([*words, "--out", str(tmp_path / "run")]) == 0
    told = capsys.readouterr().out
    assert "3 of 3 checks pass" in told
    assert "half is not judged" in told


def test_calibration_is_not_asked_of_what_has_no_ranks(mixed):
    config = Config().declare("prior", f"{FILE}:wald", "theta", "calibrated")
    with pytest.raises(UserError, match=r"is about ranks, and theta of .*wald.* has none"):
        judge_run(mixed, config)


def coverage_of(found, name):
    return metrics.coverage(as_fits(of(found, name)), kind="quantile")


def test_wald_covers_and_half_the_error_does_not(tmp_path):
    found = run("wald", "half", "posterior", "narrow", out=tmp_path, datasets=300)
    # 95 % ± 4 standard errors of 300 datasets; half the error covers 67 %.
    assert abs(coverage_of(found, "wald").value - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 300)
    assert coverage_of(found, "half").value < 0.95 - 4 * np.sqrt(0.95 * 0.05 / 300)
    config = Config()
    for name in ("wald", "half"):
        bounds = {"coverage_95": [0.88, 0.99]}
        config = config.declare("prior", f"{FILE}:{name}", "theta", bounds)
    for name in ("posterior", "narrow"):
        config = config.declare("prior", f"{FILE}:{name}", "theta", {"calibrated": 0.15})
    verdicts = judge_run(found, config).verdicts
    told = {v.check.estimator.rpartition(":")[2]: v.outcome for v in verdicts}
    assert told == {"wald": "pass", "half": "fail", "posterior": "pass", "narrow": "fail"}


def test_chains_are_judged_and_tried_again_only_by_those_that_take_a_budget(tmp_path):
    names = ("chains", "chains@shift=9", "apart")
    found = run(*names, out=tmp_path, datasets=2, draws=200, chains=2)
    told = {name: found.fits[found.fits.estimator == f"{FILE}:{name}"] for name in names}
    assert set(told["chains"].status) <= {"divergent", "low_ess"}
    assert told["chains"].divergences.eq(5).all()
    assert told["chains"].chains.eq(2).all()
    assert told["chains"].draws.eq(200).all()
    for name in ("chains@shift=9", "apart"):
        assert set(told[name].status) == {"nonconverged"}
    assert told["chains@shift=9"].attempt.eq(2).all()
    assert told["apart"].attempt.eq(0).all()


def test_a_function_may_spoil_what_it_is_given(tmp_path):
    found = run("writes", "wald", out=tmp_path)
    a, b = (of(found, name)["mean"].to_numpy() for name in ("writes", "wald"))
    np.testing.assert_array_equal(a, b)


def test_what_has_no_truth_is_left_out_and_said(tmp_path, capsys):
    found = run("nuisance", out=tmp_path)
    assert set(found.results.quantity) == {"theta"}
    assert "'sigma' is not judged: the truth of 'normal_world' does not" in capsys.readouterr().err


def test_engines_are_not_crossed_with_functions(tmp_path):
    found = run("wald", "model", out=tmp_path, engine=("exact", "laplace"), datasets=2)
    assert sorted(zip(found.fits.estimator, found.fits.engine, strict=True)) == sorted(
        [(f"{FILE}:wald", "function"), (MODEL, "exact"), (MODEL, "laplace")] * 2
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("text", "'theta' holds str; a function gives, by parameter, (estimate, se)"),
        ("misspelt", "no parameter called 'teta' in the truth"),
        ("too_long", "the estimate of 'theta' has shape (3,), and its truth ()"),
        ("number", "states no model and gives float: an estimator states a model of PyMC's, or"),
        ("never", "'never' raises ArithmeticError: no luck at all"),
        ("nothing", "no array called 'z' in the data of 'normal_world'"),
    ],
)
def test_what_cannot_be_used_is_one_line_before_the_first_fit(name, told, tmp_path, capsys):
    words = ["run", "--generator", WORLD, "--truth", "prior", "--estimator", f"{FILE}:{name}"]
    assert main([*words, "--out", str(tmp_path / "run"), "--quiet"]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert "Traceback" not in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("truth", ["self", "posterior"])
def test_a_function_has_no_joint_distribution(truth, tmp_path):
    words = {"truth": truth, "out": tmp_path / "run", "datasets": 2, "progress": False}
    file = tmp_path / "y.csv"
    file.write_text("y\n0.5\n1.5\n")
    words |= {"data": str(file)} if truth == "posterior" else {}
    with pytest.raises(UserError, match=r"(?s)no joint distribution.*Name a generator"):
        sbc.run(f"{FILE}:wald", WORLD, **words)


def test_an_engine_of_that_name_cannot_be_asked_for(tmp_path):
    with pytest.raises(UserError, match="no engine called 'function'"):
        run("model", out=tmp_path, engine="function")


def test_functions_that_stand_in_no_file_are_known_again_by_their_code(tmp_path):
    how = {"truth": "prior", "datasets": 2, "jobs": 1, "progress": False}
    thing = {"mean": lambda y: {"theta": (y.mean(), len(y) ** -0.5)}}
    found = sbc.run(thing, WORLD, out=tmp_path / "run", **how)
    assert found.results["mean"].notna().all()
    again = {"mean": lambda y: {"theta": (y.mean(), len(y) ** -0.5)}}
    assert len(sbc.run(again, resume=tmp_path / "run", datasets=3, progress=False).fits) == 3
    other = {"mean": lambda y: {"theta": (np.median(y), len(y) ** -0.5)}}
    with pytest.raises(UserError, match="is not the model that"):
        sbc.run(other, resume=tmp_path / "run", datasets=4, progress=False)


def test_uniform_ranks_are_expected_of_no_function_by_an_ordinary_generator(tmp_path):
    def world(rng, *, n=8):
        theta = rng.normal()
        return {"theta": theta}, {"y": rng.normal(theta, 1, size=n)}

    names = [MODEL, f"{FILE}:wald", f"{FILE}:posterior"]
    how = {"engine": "exact", "datasets": 4, "jobs": 1, "progress": False}
    found = sbc.run(names, world, out=tmp_path / "run", **how)
    assert found.expected_uniform == [MODEL]
    assert {v.check.estimator for v in judge_run(found, Config()).verdicts} == {MODEL}


def test_uniform_ranks_are_expected_of_functions_that_are_named_and_give_draws(tmp_path):
    names = [f"{FILE}:{name}" for name in ("wald", "posterior", "narrow")]
    how = {"datasets": 4, "jobs": 1, "progress": False}
    found = sbc.run(names, f"{FILE}:naming", out=tmp_path / "run", **how)
    assert found.expected_uniform == [f"{FILE}:posterior"]
    assert {v.check.estimator for v in judge_run(found, Config()).verdicts} == {names[1]}


def test_shortest_intervals_need_draws_and_a_table_says_so(mixed):
    rows = mixed.table(interval="hdi").set_index("estimator")["coverage_95"]
    told = rows.notna().to_dict()
    functions = {f"{FILE}:wald": False, f"{FILE}:posterior": True, f"{FILE}:sometimes": False}
    assert told == {MODEL: True, **functions}
    text = render(mixed, interval="hdi")
    for line in text.splitlines():
        if line.startswith(tuple(told)):
            assert ("needs draws" in line) != told[line.split()[0]]
    assert text.count("needs draws") == 4
    assert "cannot be had of estimates without draws" in text
    assert "that did not keep them" not in text
    assert "needs draws" not in render(mixed)


def test_no_quantity_of_a_function_is_ranked_and_that_is_said(tmp_path, capsys):
    quantity = "tests/files/causes.py:spread_of_mu"
    found = run("posterior", out=tmp_path, datasets=2, quantity=quantity)
    assert set(found.results.quantity) == {"theta"}
    assert (
        "it is a function: no quantity of parameters and data is ranked" in capsys.readouterr().err
    )
