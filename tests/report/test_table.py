"""The summary of a run: its keys, its numbers as they are written, and runs with little in them."""

import csv
import io
import json
import math
import re
import tempfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as quickly
from hypothesis import strategies as st
from synthetic import SETTINGS, by_engine, calibrated, fits, make_run

from sbc.plugins.data import LOG_LIKELIHOOD
from sbc.plugins.engine import Budget
from sbc.plugins.errors import UserError
from sbc.report.numbers import p_value, plain_number, with_error
from sbc.report.table import FORMATS, render, table
from sbc.report.verdicts import pairs_of, with_words
from sbc.stats import metrics
from sbc.store.database import Store
from sbc.store.frames import as_fits, load_run
from sbc.store.rows import Fit, Result
from sbc.store.settings import Settings

KEYS = {
    *("generator", "truth", "estimator", "engine", "estimand", "n_datasets", "n_failed"),
    *("bias", "rmse", "emp_se", "model_se", "bias_mcse", "rmse_mcse", "emp_se_mcse"),
    *(
        "model_se_mcse",
        "width_95",
        "rank_p",
        "rank_p_adjusted",
        "ess_min",
        "rhat_max",
        "divergent_fits",
    ),
    *("n_poor", "pareto_k", "elbo_drift"),
    *(f"coverage_{p}{what}" for p in (50, 80, 90, 95) for what in ("", "_mcse", "_low", "_high")),
}


def strictly(text):
    """Read JSON, refusing the NaN and Infinity that Python alone would take."""

    def refuse(token):
        raise AssertionError(f"{token} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(params=["empty", "all failed", "one dataset", "one worked", "two", "twenty"])
def run(request, new_run, new_fit):
    fits = {
        "empty": [],
        "all failed": [new_fit(k, status="error") for k in range(3)],
        "one dataset": [new_fit(0)],
        "one worked": [new_fit(0), new_fit(1, status="nonconverged"), new_fit(2, status="error")],
        "two": [new_fit(k) for k in range(2)],
        "twenty": [new_fit(k, status="ok" if k % 5 else "timeout") for k in range(20)],
    }
    return load_run(new_run(fits[request.param]))


def test_every_row_has_every_key_however_few_the_fits(run):
    records = strictly(render(run, "json"))
    assert [(r["estimator"], r["estimand"]) for r in records] == [
        ("naive", "beta_XY"),
        ("naive", "beta_ZY"),
    ]
    for record in records:
        assert record.keys() >= KEYS
        assert record["n_datasets"] == len(run.fits)
        assert (record["generator"], record["truth"]) == ("confound", "effects")


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_takes_every_run(run, kind):
    text = render(run, kind)
    assert "beta_ZY" in text.replace("\\", "")
    assert not re.search(r"\bnan\b|\binf\b|None", text)


@pytest.mark.parametrize("kind", ["text", "markdown"])
def test_every_row_of_a_text_has_as_many_columns_as_its_head(run, kind):
    body = render(run, kind).partition("verdicts on ranks")[0]
    lines = [line for line in body.splitlines() if "beta_" in line or "RMSE" in line]
    assert len({len(line) for line in lines}) == 1
    assert len(lines) == 3


def test_csv_holds_what_json_holds(run):
    rows = list(csv.DictReader(io.StringIO(render(run, "csv"))))
    for row, record in zip(rows, strictly(render(run, "json")), strict=True):
        assert row == {n: "" if v is None else str(v) for n, v in record.items()}


def test_numbers_are_those_of_the_metrics(new_run, new_fit):
    run = load_run(new_run([new_fit(k) for k in range(20)]))
    record = strictly(render(run, "json"))[0]
    fits = as_fits(next(run.streams())[1])
    assert (record["bias"], record["bias_mcse"]) == metrics.bias(fits)
    assert (record["rmse"], record["rmse_mcse"]) == metrics.rmse(fits)
    assert (record["emp_se"], record["emp_se_mcse"]) == metrics.empirical_se(fits)
    assert (record["model_se"], record["model_se_mcse"]) == metrics.model_se(fits)
    assert record["width_95"] == metrics.width(fits, 0.95).value
    for level in (0.5, 0.8, 0.9, 0.95):
        share = metrics.coverage(fits, level, kind="quantile")
        names = (f"coverage_{100 * level:.0f}{what}" for what in ("", "_mcse", "_low", "_high"))
        assert tuple(record[name] for name in names) == share
    assert record["ess_min"] == 450
    assert record["rhat_max"] == 1.019
    assert record["divergent_fits"] == 10


def test_p_values_of_ranks_are_adjusted_as_in_the_report(run):
    by_quantity = {p.quantity: p.adjusted for p in with_words(pairs_of(run)) if p.is_estimand}
    for record in table(run).to_dict(orient="records"):
        if record["kind"] == "element":
            continue
        assert record["rank_p_adjusted"] == pytest.approx(
            by_quantity[record["estimand"]], nan_ok=True
        )
        assert not record["rank_p_adjusted"] < record["rank_p"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "coverage = share of intervals between posterior quantiles that hold the truth;"),
        ({"levels": (0.5, 0.6)}, "(by the PIT: 60 %);"),
        ({"interval": "hdi"}, "coverage = share of shortest intervals of all draws"),
    ],
)
def test_the_table_names_the_kind_of_coverage(new_run, new_fit, options, said):
    assert said in render(load_run(new_run([new_fit(k) for k in range(5)])), **options)


def test_failed_fits_are_counted_and_do_not_enter_an_estimate(new_run, new_fit):
    good = [new_fit(k) for k in range(5)]
    bad = [new_fit(5, status="nonconverged", attempt=2), new_fit(6, status="error")]
    alone = table(load_run(new_run(good, name="a"))).iloc[0]
    both = table(load_run(new_run(good + bad, name="b"))).iloc[0]
    assert (alone.n_datasets, alone.n_failed, both.n_datasets, both.n_failed) == (5, 0, 7, 2)
    assert (alone.bias, alone.rank_p) == (both.bias, both.rank_p)
    assert both.n_retried == 1


def test_an_estimator_of_which_all_fits_failed_keeps_a_row_an_estimand(
    new_run, new_fit, new_settings
):
    settings = new_settings(estimators=("fixed", "naive"))
    fits = [new_fit(k, "fixed", status="error") for k in range(3)]
    records = strictly(
        render(load_run(new_run([*fits, *(new_fit(k) for k in range(3))], settings)), "json")
    )
    found = [(r["estimator"], r["estimand"], r["n_failed"], r["bias"] is None) for r in records]
    assert found == [
        ("fixed", "beta_XY", 3, True),
        ("fixed", "beta_ZY", 3, True),
        ("naive", "beta_XY", 0, False),
        ("naive", "beta_ZY", 0, False),
    ]


def test_a_row_for_every_estimator_and_engine_of_a_run_under_way(new_run, new_fit, new_settings):
    settings = new_settings(estimators=("naive", "fixed"), engines=("nutpie", "pymc"))
    found = table(load_run(new_run([new_fit(0)], settings)))
    rows = found[["estimator", "engine", "n_datasets"]].drop_duplicates().to_numpy().tolist()
    assert rows == [
        ["naive", "nutpie", 1],
        ["naive", "pymc", 0],
        ["fixed", "nutpie", 0],
        ["fixed", "pymc", 0],
    ]


def test_the_log_likelihood_has_no_row(new_run, new_fit):
    fit = new_fit()
    extra = replace(fit.results[0], quantity=LOG_LIKELIHOOD)
    run = load_run(new_run([replace(fit, results=(*fit.results, extra))]))
    assert table(run).estimand.tolist() == ["beta_XY", "beta_ZY"]


def test_infinite_estimates_are_null_in_json(new_run, new_fit):
    results = [[replace(r, mean=math.inf) for r in new_fit(k).results] for k in range(3)]
    fits = [new_fit(k, results=tuple(r)) for k, r in enumerate(results)]
    record = strictly(render(load_run(new_run(fits)), "json"))[0]
    assert record["bias"] is None


def test_the_text_says_what_the_world_is_and_what_became_of_the_fits(new_run, new_fit):
    fits = [new_fit(0), new_fit(1, status="low_ess", attempt=1), new_fit(2, status="error")]
    text = render(load_run(new_run(fits)))
    assert text.startswith("generator confound, truth 'effects': uniform ranks are expected of no")
    *_, last, reason, ok, low, error = text.splitlines()
    assert reason == "  1 × ValueError: no"
    assert ok.startswith("ok = R-hat is at most 1.01")
    assert low.startswith("low_ess = R-hat is at most 1.05")
    assert error == "error = the fit raised an error; it has failed."
    assert last.startswith("fits of naive: ")
    said = last.removeprefix("fits of naive: ").split(", ")
    assert sorted(said) == ["1 error", "1 low_ess", "1 ok", "1 retried"]


def test_the_text_says_who_owes_uniform_ranks(new_run, new_settings):
    folder = new_run(settings=new_settings(truth="self"))
    file = folder / "run.json"
    file.write_text(file.read_text().replace('uniform": []', 'uniform": ["naive"]'))
    run = load_run(folder)
    assert "uniform ranks are expected of naive." in render(run)
    assert table(run).uniform_expected.all()


@pytest.mark.parametrize(
    ("value", "mcse", "written"),
    [
        (0.123, 0.045, "0.123 (45)"),
        (-0.12346, 0.0067, "-0.1235 (67)"),
        (1.5, 0.25, "1.50 (25)"),
        (12.34, 1.5, "12.3 (15)"),
        (123.4, 15, "123 (15)"),
        (0.5, 0.0996, "0.50 (10)"),  # .0996 is .10 in two digits, not .100
        (0.5, 0.996, "0.5 (10)"),
        (7.0, 9.96, "7 (10)"),
        (-0.0001, 0.45, "0.00 (45)"),  # no minus before a zero
        (12346, 678, "12350 (680)"),
        (99999, 120, "100000 (120)"),
        (7.0, 300.0, "10 (300)"),
        (1e-12, 2e-13, "1.00e-12 ± 2.0e-13"),
        (0.25, math.nan, "0.250"),
        (0.25, 0.0, "0.250"),
        (0.25, math.inf, "0.250"),
        (0.1, 1e-17, "0.100"),
        (0.0, 0.0, "0.000"),
        (2e-5, math.nan, "2.000e-05"),
        (1.5e7, math.nan, "1.500e+07"),
        (math.nan, 0.1, "–"),
        (math.inf, 0.1, "–"),
    ],
)
def test_values_are_written_with_two_digits_of_their_error(value, mcse, written):
    assert with_error(value, mcse) == written


sizes = st.floats(-20, 20)


@quickly(deadline=None, max_examples=300)
@given(sizes, sizes, st.booleans(), st.floats(1, 10), st.floats(1, 10))
def test_what_is_written_is_within_half_a_unit_of_its_last_digit(size, by, negative, a, b):
    value, mcse = (-1) ** negative * a * 10**size, b * 10 ** (size + by)
    text = with_error(value, mcse)
    if mcse <= 1e-12 * abs(value):
        assert " " not in text
        return
    if " ± " in text:  # too large or too small for anybody to count
        number, error = map(Decimal, text.split(" ± "))
        unit = Decimal(10) ** number.as_tuple().exponent
        assert abs(error - Decimal(mcse)) <= Decimal(mcse) / 20
        assert unit <= error
    else:
        number, digits = re.fullmatch(r"(\S+) \((\d+)\)", text).groups()
        unit = Decimal(10) ** -len(number.partition(".")[2])
        if len(digits) > 2:  # without decimals the whole error stands there
            assert "." not in number
            assert set(digits[2:]) == {"0"}
            unit *= Decimal(10) ** (len(digits) - 2)
            digits = digits[:2]
        number = Decimal(number)
        # 99.6 is written 10, a digit up
        assert abs(int(digits) * unit - Decimal(mcse)) <= unit / 2 * 10
        assert int(digits) >= 10
    assert abs(number - Decimal(value)) <= unit / 2


@quickly(deadline=None, max_examples=300)
@given(st.floats(), st.floats(min_value=0))
def test_any_value_and_error_can_be_written(value, mcse):
    text = with_error(value, mcse)
    assert (text == "–") == (not math.isfinite(value))
    assert len(text) < 40


@pytest.mark.parametrize(
    ("p", "written"),
    [
        (0.5, "0.500"),
        (0.0449, "0.045"),
        (0.001, "0.001"),
        (0.0009999, "<0.001"),
        (0.0, "<0.001"),
        (1.0, "1.000"),
        (math.nan, "–"),
    ],
)
def test_p_values_are_written_with_three_decimals_or_a_bound(p, written):
    assert p_value(p) == written


reals = st.floats(width=64)


@quickly(deadline=None, max_examples=20)
@given(st.lists(st.tuples(reals, reals, st.floats(min_value=0)), min_size=1, max_size=4))
def test_json_is_json_whatever_the_fits_hold(values):
    budget = Budget(draws=100, tune=100, chains=2, target_accept=0.8)
    settings = Settings("confound", "effects", ("naive",), ("nutpie",), 4, 1, budget)
    plain = Result("b", 0.0, 0.0, 1.0, (0.0,) * 9, 0.0, 1.0, 1.0, 1.0, 5, 0, 127, 0.5, b"")
    with tempfile.TemporaryDirectory() as folder:
        with Store.create(Path(folder) / "run", {"settings": settings.to_json()}) as store:
            for k, (truth, mean, sd) in enumerate(values):
                result = replace(plain, truth=truth, mean=mean, sd=sd)
                store.add(Fit(k, "naive", "nutpie", "ok", results=(result,)))
        records = strictly(render(load_run(Path(folder) / "run"), "json"))
    assert len(records) == 1
    assert records[0]["n_datasets"] == len(values)


def test_an_approximations_diagnostics_stand_where_r_hat_and_ess_would(tmp_path):
    rows = fits({"beta_XY": calibrated(20)})
    poor = by_engine(rows[:5], "advi", pareto_k=0.9, elbo_drift=0.1, status="poor_approximation")
    rows += poor + by_engine(rows[5:], "advi", pareto_k=0.5, elbo_drift=0.2)
    engines = replace(SETTINGS, engines=("nutpie", "advi"), datasets=20)
    run = load_run(make_run(tmp_path / "run", rows, engines))
    nuts, advi = table(run).to_dict(orient="records")
    assert (advi["pareto_k"], advi["elbo_drift"], advi["n_poor"]) == (0.5, 0.2, 5)
    assert math.isnan(advi["rhat_max"])
    assert math.isnan(advi["ess_min"])
    assert math.isnan(nuts["pareto_k"])
    assert nuts["ess_min"] == 500
    text = render(run)
    assert "k̂" in text
    assert "ELBO drift" in text
    assert "fits of mundlak by advi: 15 ok, 5 poor_approximation" in text
    assert "k̂" not in render(load_run(make_run(tmp_path / "nuts", rows[:20])))


def test_a_number_without_limit_is_written():
    assert [plain_number(x) for x in (0.123, math.inf, -math.inf, math.nan)] == [
        *("0.12", "+inf", "-inf", "–")
    ]


def test_a_gain_is_of_datasets_with_the_same_truth(new_run, new_fit, new_settings):
    settings = new_settings(estimators=("naive", "fixed"))
    rows = [new_fit(k, name) for name in ("naive", "fixed") for k in range(12)]
    rows = [
        replace(row, results=tuple(replace(r, mean=r.mean + row.dataset**0.5) for r in row.results))
        if row.estimator == "fixed"
        else row
        for row in rows
    ]
    moved = [
        replace(row, results=tuple(replace(r, truth=r.truth + 1) for r in row.results))
        if row.estimator == "fixed" and row.dataset % 2
        else row
        for row in rows
    ]
    even = [row for row in rows if row.dataset % 2 == 0]
    found, expected = (
        table(load_run(new_run(these, settings, name))).precision_gain_percent
        for these, name in ((moved, "moved"), (even, "even"))
    )
    assert found.tolist() == pytest.approx(expected.tolist(), nan_ok=True)
    assert found.notna().sum() == 2


def test_a_table_without_features_says_what_they_are(tmp_path):
    run = load_run(make_run(tmp_path / "run", fits({"beta_XY": calibrated(3)})))
    with pytest.raises(UserError, match="there is no feature in the data of confound"):
        table(run, by="x")
