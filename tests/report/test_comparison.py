import json
from dataclasses import replace

import numpy as np
import pytest

from sbc.cli.main import main
from sbc.fitting import loop
from sbc.plugins.engine import Budget
from sbc.plugins.errors import UserError
from sbc.report.comparison import comparison, render_comparison
from sbc.report.table import table
from sbc.store.frames import load_run
from sbc.store.settings import Settings

SETTINGS = Settings(
    "confound", "effects", ("naive", "oracle"), ("nutpie",), 24, 5, Budget(200, 100, 2, 0.8)
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared") / "run"
    with loop.create(SETTINGS, folder) as store:
        loop.execute(SETTINGS, store, jobs=2, progress=False)
    return load_run(folder)


def test_a_difference_is_the_mean_over_datasets_with_the_error_of_that_mean(run):
    for row in comparison(run).itertuples():
        results = run.results[run.results.quantity == row.estimand]
        wide = results.pivot(index="dataset", columns="estimator", values="mean")
        difference = (wide[row.a] - wide[row.b]).dropna()
        assert row.n_datasets == len(difference)
        assert row.bias == pytest.approx(difference.mean())
        assert row.bias_mcse == pytest.approx(difference.std(ddof=1) / np.sqrt(len(difference)))


def test_the_difference_is_told_better_than_its_parts(run):
    alone = table(run)[lambda t: t.estimand == "beta_ZY"].rmse_mcse
    pair = comparison(run)[lambda t: t.estimand == "beta_ZY"].rmse_mcse.item()
    assert pair < np.hypot(*alone)


def test_the_gain_in_precision_is_that_of_a_table_with_this_reference(run):
    for row in comparison(run).itertuples():
        rows = table(run, reference=row.b).set_index(["estimator", "estimand"])
        theirs = rows.loc[(row.a, row.estimand)]
        assert row.precision_gain_percent == theirs.precision_gain_percent
        assert row.precision_gain_percent_mcse == theirs.precision_gain_percent_mcse
    assert "gain in precision %" in render_comparison(run)


@pytest.mark.parametrize("kind", ["text", "markdown", "csv", "json"])
def test_every_format_names_both_and_holds_no_nan(run, kind):
    text = render_comparison(run, kind)
    assert "naive" in text
    assert "oracle" in text
    assert "NaN" not in text
    if kind == "json":
        assert len(json.loads(text)) == 2


def test_estimators_without_common_datasets_are_not_compared(run):
    own = replace(run, settings=replace(run.settings, truth="self"))
    with pytest.raises(UserError, match="share no datasets"):
        comparison(own)


def test_strata_partition_the_datasets(run):
    whole, parts = table(run), table(run, by="events")
    assert parts.stratum.str.startswith("events ").all()
    for key, rows in parts.groupby(["estimator", "estimand"]):
        one = whole[(whole.estimator == key[0]) & (whole.estimand == key[1])].iloc[0]
        assert rows.n_datasets.sum() == one.n_datasets == 24
        weights = rows.n_datasets - rows.n_failed
        assert np.average(rows.bias, weights=weights) == pytest.approx(one.bias)


def test_an_unknown_feature_is_told_with_those_there_are(run, capsys):
    assert main(["table", str(run.folder), "--by", "event"]) == 2
    assert "Did you mean 'events'" in capsys.readouterr().err


@pytest.mark.parametrize("levels", ["1", "a", "0.5,2"])
def test_levels_that_are_none_are_told(run, levels, capsys):
    assert main(["table", str(run.folder), "--levels", levels]) == 2
    assert "--levels" in capsys.readouterr().err


def test_any_level_has_its_coverage_and_shortest_intervals_theirs(run):
    found = table(run, levels=(0.33, 0.9))
    assert {"coverage_33", "coverage_33_mcse", "coverage_33_low", "coverage_90"} <= set(found)
    shortest = table(run, levels=(0.9,), interval="hdi")
    for row in shortest.itertuples():
        key = (row.estimator, row.engine, row.estimand)
        frame = dict(run.streams())[key]
        hits = (frame["hdi90_low"] <= frame["truth"]) & (frame["truth"] <= frame["hdi90_high"])
        assert row.coverage_90 == pytest.approx(hits.mean())
