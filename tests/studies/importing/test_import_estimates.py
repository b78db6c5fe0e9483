"""Tables of estimates: their measures against plain arithmetic, their factors, what failed."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import sbc
from sbc.plugins.errors import UserError
from sbc.report.export import export
from sbc.report.markdown import markdown
from sbc.report.table import render

#: Three estimates of 0 by two methods, so that everything can be worked by hand.
BY_HAND = pd.DataFrame(
    {
        "rep": [1, 2, 3, 1, 2, 3],
        "method": ["A"] * 3 + ["B"] * 3,
        "b": [0.0, 4.0, 2.0, 0.0, 1.0, 2.0],
        "se": [1.0, 1.0, 1.0, 0.5, 0.5, 0.5],
    }
)


def study(n=40, seed=4):
    """Make a study of two methods on shared data, crossed by n and shape."""
    rng, rows = np.random.default_rng(seed), []
    for size in (50, 250):
        for shape in ("flat", "peaked"):
            for k in range(1, n + 1):
                luck = rng.normal()
                for method, extra in (("plain", 0.0), ("robust", 0.4)):
                    error = (luck + extra * rng.normal()) / math.sqrt(size)
                    rows.append((k, size, shape, method, 0.3 + error, 1 / math.sqrt(size)))
    return pd.DataFrame(rows, columns=["dataset", "n", "shape", "method", "estimate", "se"])


@pytest.fixture
def by_hand(tmp_path):
    return sbc.import_results(BY_HAND, tmp_path / "run", columns={"b": "estimate"}, true=0)


def test_measures_by_hand(by_hand):
    a, b = by_hand.table(reference="A").to_dict(orient="records")
    # A: errors 0, 4, 2: mean 2, sd 2; squares 0, 16, 4, mean 20/3, sd of them √(208/3)
    assert (a["bias"], a["bias_mcse"]) == pytest.approx((2, 2 / math.sqrt(3)))
    assert (a["emp_se"], a["emp_se_mcse"]) == pytest.approx((2, 1))  # 2/√(2 · 2)
    assert (a["mse"], a["mse_mcse"]) == pytest.approx((20 / 3, math.sqrt(208 / 3 / 3)))
    assert (a["model_se"], a["model_se_mcse"]) == (1, 0)
    # 1/2 − 1 = −50 %, and 50 % √(1/(2 · 2)) = 25 %
    assert a["model_se_error_percent"] == pytest.approx(-50)
    assert a["model_se_error_percent_mcse"] == pytest.approx(25)
    # 0 ± 1.96 and 2 ± 1.96 around 0: one of three holds it; moved by −2, 0 and 2 ± … only the last
    third = math.sqrt(2 / 9 / 3)
    assert (a["coverage_95"], a["coverage_95_mcse"]) == pytest.approx((1 / 3, third))
    assert a["bias_eliminated_coverage_95"] == pytest.approx(1 / 3)
    assert (a["power_95"], a["power_95_mcse"]) == pytest.approx((2 / 3, third))
    assert math.isnan(a["precision_gain_percent"])
    # variances 4 and 1, covariance ((−2)(−1) + 2 · 0 + 0 · 1)/2 = 1: ratio 4, correlation 1/2
    assert b["precision_gain_percent"] == pytest.approx(300)
    assert b["precision_gain_percent_mcse"] == pytest.approx(200 * 4 * math.sqrt(0.75 / 2))
    assert b["reference"] == "A"


def test_the_null_is_what_the_power_is_about(by_hand):
    # 0 ± 1.96 and 2 ± 1.96 hold 1.5, 4 ± 1.96 does not
    assert by_hand.table(null=1.5)["power_95"][0] == pytest.approx(1 / 3)


def test_the_reference_can_be_another_method(by_hand):
    gain = by_hand.table(reference="B").set_index("estimator")["precision_gain_percent"]
    assert gain["A"] == pytest.approx(-75)
    assert math.isnan(gain["B"])
    with pytest.raises(UserError, match="no estimator called 'C' in this run"):
        by_hand.table(reference="C")


def test_there_are_no_ranks_and_nothing_pretends_that_there_are(by_hand):
    rows = by_hand.results
    assert rows[["rank", "ties", "size", "jitter", "pit", "crps", "rhat"]].isna().all(axis=None)
    record = by_hand.table().to_dict(orient="records")[0]
    for name in ("rank_p", "crps", "pit_mean", "pit_spread", "ess_min", "rhat_max", "contraction"):
        assert math.isnan(record[name])
    assert by_hand.expected_uniform == []
    assert by_hand.settings.truth == "fixed"
    said = render(by_hand)
    assert "no ranks" in said
    assert "rank p" not in said
    assert "gain in precision %" in said
    assert not any(word in said for word in ("nan", "nutpie"))
    shortest = render(by_hand, interval="hdi")
    assert shortest.count("  needs draws") == 2 * 2  # methods, and levels that are shown
    assert "cannot be had of results that were imported without draws" in shortest
    assert "version of sbc" not in shortest
    assert by_hand.table(interval="hdi")["coverage_95"].isna().all()
    with pytest.raises(UserError, match="holds no draws of 'b' by A"):
        by_hand.draws(("A", "", "b"), [0])


def test_quantiles_are_those_of_the_normal_law_or_of_t(tmp_path):
    frame = BY_HAND.assign(df=[np.nan] * 3 + [4.0] * 3)
    run = sbc.import_results(frame, tmp_path / "run", columns={"b": "estimate"}, true=0)
    by_method = run.results.set_index(["estimator", "dataset"])
    assert by_method.loc[("A", 1), "q975"] == pytest.approx(4 + stats.norm.ppf(0.975))
    assert by_method.loc[("B", 1), "q975"] == pytest.approx(1 + 0.5 * stats.t.ppf(0.975, 4))
    assert by_method.loc[("B", 2), "q05"] == pytest.approx(2 + 0.5 * stats.t.ppf(0.05, 4))


def test_intervals_are_kept_at_their_level_alone(tmp_path):
    frame = BY_HAND.drop(columns="se").assign(
        **{"conf.low": BY_HAND.b - 1, "conf.high": BY_HAND.b + 3}
    )
    run = sbc.import_results(frame, tmp_path / "run", columns={"b": "estimate"}, true=0, level=0.9)
    record = run.table().to_dict(orient="records")[0]
    assert record["coverage_90"] == pytest.approx(1 / 3)  # [−1, 3], [3, 7] and [1, 5]
    assert all(math.isnan(record[name]) for name in ("coverage_95", "model_se", "bias_sd"))
    assert run.results["q05"].tolist() == (run.results["mean"] - 1).tolist()
    assert run.results[["q025", "q50", "q975", "sd"]].isna().all(axis=None)


def test_measures_by_factor_are_those_of_each_cell_alone(tmp_path):
    frame = study()
    run = sbc.import_results(frame, tmp_path / "run", true=0.3)
    assert run.factors == ["n", "shape"]
    table = run.table().set_index(["stratum", "estimator"])
    assert len(table) == 8
    for (size, shape), cell in frame.groupby(["n", "shape"]):
        wide = cell.pivot(index="dataset", columns="method", values="estimate") - 0.3
        for method, errors in wide.items():
            row = table.loc[(f"n {size}, shape {shape}", method)]
            assert row["n_datasets"] == 40
            assert row["bias"] == pytest.approx(errors.mean())
            assert row["emp_se"] == pytest.approx(errors.std())
            z = errors * math.sqrt(size)
            assert row["coverage_95"] == pytest.approx((z.abs() <= 1.959964).mean())
        ratio = wide.plain.var() / wide.robust.var()
        rho = wide.corr().iloc[0, 1]
        row = table.loc[(f"n {size}, shape {shape}", "robust")]
        assert row["precision_gain_percent"] == pytest.approx(100 * (ratio - 1))
        error = 200 * ratio * math.sqrt((1 - rho**2) / 39)
        assert row["precision_gain_percent_mcse"] == pytest.approx(error)
    assert list(run.table(by="n")["stratum"].unique()) == ["n 50", "n 250"]
    assert "stratum" not in run.table(by="")
    assert run.table(by="")["n_datasets"].tolist() == [160, 160]


def test_a_factor_has_as_many_levels_as_it_has(tmp_path):
    frame = pd.concat(
        [study(3).query("n == 50 and shape == 'flat'").assign(n=size) for size in range(10, 70, 10)]
    )
    run = sbc.import_results(frame, tmp_path / "run", true=0.3, by="n")
    assert list(run.table()["stratum"].unique()) == [f"n {size}" for size in range(10, 70, 10)]


def test_rows_to_keep_can_be_chosen(tmp_path):
    where = {"n": 50, "shape": "flat"}
    run = sbc.import_results(study(), tmp_path / "run", true=0.3, where=where)
    assert run.factors == []
    whole = sbc.import_results(study(), tmp_path / "whole", true=0.3)
    cell = whole.table().query("stratum == 'n 50, shape flat'").reset_index(drop=True)
    pd.testing.assert_frame_equal(
        run.table().drop(columns="generator"), cell[run.table().columns].drop(columns="generator")
    )


def test_missing_numbers_are_failed_fits_and_no_row_is_one_too(tmp_path):
    frame = BY_HAND.copy()
    frame.loc[1, "b"] = np.nan
    frame.loc[5, "se"] = np.inf
    run = sbc.import_results(frame.drop(index=3), tmp_path / "run",
                             columns={"b": "estimate"}, true=0)  # fmt: skip
    told = run.fits.set_index(["estimator", "dataset"])
    assert len(run.fits) == 6
    assert told.loc[("A", 1), ["status", "error"]].tolist() == ["error", "no estimate of 'b'"]
    assert told.loc[("B", 2), "error"] == "inf for the se of 'b'"
    assert told.loc[("B", 0), "error"] == "no row of this dataset"
    assert run.table()["n_failed"].tolist() == [1, 2]
    assert run.table()["bias"].tolist() == [1, 1]
    gain = run.table()["precision_gain_percent"]
    assert gain.isna().all()  # no dataset where both worked twice


def test_an_estimand_without_its_row_is_a_failed_fit(tmp_path):
    frame = pd.concat([BY_HAND.assign(term=name) for name in ("p", "q")], ignore_index=True)
    gone = (frame.term == "q") & (frame.method == "A") & (frame.rep == 1)
    run = sbc.import_results(frame[~gone], tmp_path / "run", columns={"b": "estimate"}, true=0)
    failed = run.fits[run.fits.status == "error"]
    assert failed[["estimator", "dataset", "error"]].to_numpy().tolist() == [
        ["A", 0, "no row of 'q'"]
    ]
    one = run.table().set_index(["estimator", "estimand"])
    assert one.loc[("A", "p"), "n_failed"] == one.loc[("A", "q"), "n_failed"] == 1


def test_what_claims_to_be_sure_is_a_failed_fit(tmp_path):
    frame = BY_HAND.assign(low=-1.0, high=1.0)
    frame.loc[0, "se"] = 0.0
    frame.loc[1, "low"] = 1.0
    run = sbc.import_results(frame, tmp_path / "run", columns={"b": "estimate"}, true=0, level=0.95)
    told = run.fits[run.fits.status == "error"].error.tolist()
    assert told == ["a se of 0 of 'b'", "an interval of one point of 'b'"]


def test_the_level_of_an_interval_that_is_missing_is_missing_too(tmp_path):
    frame = BY_HAND.assign(low=-1.0, high=1.0, level=0.9)
    frame.loc[0, ["low", "high", "level"]] = np.nan
    run = sbc.import_results(frame, tmp_path / "run", columns={"b": "estimate"}, true=0)
    assert (run.fits.status == "error").sum() == 1
    assert run.table()["coverage_90"].notna().all()


def test_an_index_that_has_a_name_is_a_column(tmp_path):
    told = {"columns": {"b": "estimate"}, "true": 0}
    frame = BY_HAND.set_index(["method", "rep"])
    one = sbc.import_results(frame, tmp_path / "one", **told)
    other = sbc.import_results(BY_HAND, tmp_path / "other", **told)
    pd.testing.assert_frame_equal(one.table(), other.table())


def test_datasets_whose_names_look_alike_keep_their_order(tmp_path):
    names = ["s1", "s01", "s001", 10**18, 10**18 + 1]
    frame = pd.DataFrame({"dataset": names, "estimate": np.arange(5.0), "se": 1.0})
    runs = [
        sbc.import_results(one, tmp_path / str(i), true=0).results["mean"].tolist()
        for i, one in enumerate((frame, frame.iloc[::-1]))
    ]
    assert runs[0] == runs[1] == [3.0, 4.0, 2.0, 1.0, 0.0]


def test_a_truth_that_is_told_goes_before_a_column(tmp_path):
    frame = BY_HAND.assign(truth=100.0)
    run = sbc.import_results(frame, tmp_path / "run", columns={"b": "estimate"}, true=0)
    assert run.results.truth.eq(0).all()
    assert "Columns that were not used: truth." in run.provenance.imported["notes"]


def test_order_of_rows_changes_nothing(tmp_path):
    frame = study(8)
    one = sbc.import_results(frame, tmp_path / "one", true=0.3)
    shuffled = frame.sample(frac=1, random_state=1)
    other = sbc.import_results(shuffled, tmp_path / "other", true=0.3)
    keys = ["estimator", "stratum"]
    tables = [run.table(reference="plain").sort_values(keys, ignore_index=True)
              for run in (one, other)]  # fmt: skip
    pd.testing.assert_frame_equal(*tables)
    # Datasets come in the order of their names, so that a gate sees no cell before another.
    assert one.features()["n"].tolist()[:4] == [50, 50, 250, 250]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_files_say_what_frames_say(tmp_path, kind):
    frame = study(5)
    file = tmp_path / f"mine.{kind}"
    frame.to_csv(file, index=False) if kind == "csv" else frame.to_parquet(file)
    run = sbc.import_results(file, tmp_path / "run", true=0.3)
    other = sbc.import_results(frame, tmp_path / "other", true=0.3)
    pd.testing.assert_frame_equal(run.results, other.results)
    assert run.settings.generator == f"imported from mine.{kind}"
    assert list(run.provenance.imported["files"]) == [str(file)]


def test_truths_may_vary_and_estimands_be_several(tmp_path):
    rng = np.random.default_rng(2)
    truth = rng.normal(size=30)
    frame = pd.DataFrame({"sim": range(30), "true_value": truth})
    frame["est"] = truth + rng.normal(size=30)
    run = sbc.import_results(frame.assign(se=1.0), tmp_path / "one", name="mle")
    assert run.settings.truth == "drawn"
    assert run.settings.estimators == ("mle",)
    assert run.table()["bias"][0] == pytest.approx((frame.est - truth).mean())
    both = pd.concat([frame.assign(term=name, se=1.0) for name in ("a", "b")])
    both = both.drop(columns="true_value")
    run = sbc.import_results(both, tmp_path / "two", true={"a": 0.0, "b": 1.0})
    assert run.table()["estimand"].tolist() == ["a", "b"]
    assert run.table()["bias"].diff()[1] == pytest.approx(-1)


def test_pages_exports_and_comparisons_work_as_far_as_the_data_go(tmp_path):
    run = sbc.import_results(study(12), tmp_path / "run", true=0.3)
    page = run.report().read_text(encoding="utf-8")
    assert page.count('<section class="run"') == 4
    assert "n 50, shape flat" in page
    assert "replay" not in page
    assert "approximation" not in page
    assert "warm-up" not in page
    assert "not finished" not in page
    assert "no ranks" in page
    assert "nan" not in page.replace("nano", "")
    assert "no ranks" in markdown([run])
    files = export(run, "csv", tmp_path / "csv")
    back = pd.read_csv(files[2])
    assert back["precision_gain_percent"].notna().sum() == 4
    assert pd.read_csv(files[1])["rank"].isna().all()
    with pytest.raises(UserError, match="holds no ranks"):
        export(run, "netcdf")
    from sbc.report.comparison import comparison

    row = comparison(run).iloc[0]
    assert (row["a"], row["b"], row["n_datasets"]) == ("plain", "robust", 48)
    assert math.isnan(row["crps"])
    assert json.loads(render(run, "json"))[0]["rank_p"] is None
