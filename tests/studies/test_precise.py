"""A run that goes on until its Monte Carlo errors are as small as asked: where and why it stops."""

import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from quick import WORLD

import sbc
from sbc.cli.main import main
from sbc.plugins.errors import UserError
from sbc.report.page.page import page
from sbc.report.table import render
from sbc.stats.intervals import wilson
from sbc.store.frames import load_run
from sbc.store.precision import Precision, next_look, parse, plan
from sbc.store.settings import Settings
from sbc.store.shard import Shard
from sbc.studies import precise

MODEL = WORLD.replace("normal_world", "normal_mean")
OPTIONS = {"truth": "prior", "engine": "exact", "draws": 64, "tune": 1}
WORDS = ["--generator", WORLD, "--estimator", MODEL, "--engine", "exact", "--truth", "prior"]
WORDS += ["--draws", "64", "--tune", "1", "--quiet"]


def run(folder, resume=False, **more):
    own = {"resume": folder} if resume else {"out": folder, **OPTIONS}
    return sbc.run(*(() if resume else (MODEL, WORLD)), **own, **more, progress=False)


def errors_of(found):
    (name,) = found.estimands(found.settings.estimators[0])
    rows = found.results[found.results["quantity"] == name]
    return (rows["mean"] - rows["truth"]).to_numpy()


def same_bits(one, other):
    for name in ("fits", "results"):
        frames = [getattr(load_run(f), name) for f in (one, other)]
        drop = ["seconds"] if name == "fits" else []
        frames = [f.drop(columns=drop, errors="ignore") for f in frames]
        pd.testing.assert_frame_equal(*frames)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("precise") / "run"
    run(folder, datasets=25, precision={"bias": 0.05}, jobs=1)
    return folder


def test_it_stops_at_the_first_look_where_all_errors_are_reached(stopped):
    found = load_run(stopped)
    n = found.settings.datasets
    looks = [25]
    while looks[-1] < n:
        looks.append(next_look(looks[-1]))
    assert looks[-1] == n > 25
    assert len(found.fits) == n
    e = errors_of(found)
    errors = [np.std(e[:k], ddof=1) / math.sqrt(k) for k in looks]
    assert all(error > 0.05 for error in errors[:-1])
    assert errors[-1] <= 0.05
    assert f"The run stopped at {n} datasets, where all were reached" in render(found)
    assert found.provenance.precision == Precision({"bias": 0.05}, 1000, "reached")


@pytest.mark.slow
def test_the_page_says_why_it_stopped(stopped):
    text = re.sub(r"<[^>]*>", "", page([load_run(stopped)]))
    assert "datasets, where all were reached" in " ".join(text.split())


def test_workers_and_interruptions_decide_nothing(stopped, tmp_path):
    words = {"datasets": 25, "precision": {"bias": 0.05}}
    run(tmp_path / "parallel", **words, jobs=2)
    same_bits(stopped, tmp_path / "parallel")
    cut = tmp_path / "cut"
    with pytest.warns(UserWarning, match="time"):
        run(cut, **words, max_time=0.001)
    assert load_run(cut).provenance.precision.stopped == ""
    for _ in range(2):  # the second time there is nothing left to do
        run(cut, resume=True)
        same_bits(stopped, cut)


def test_the_command_ends_at_the_maximum_and_tells(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sbc.cli.run._write_report", lambda run: None)  # figures take seconds
    folder = tmp_path / "r"
    asked = ["--datasets", "25", "--precision", "bias=0.001,coverage_95=0.2"]
    assert main(["run", *WORDS, *asked, "--max-datasets", "60", "--out", str(folder)]) == 0
    told = capsys.readouterr()
    assert "at 25 datasets: bias of" in told.err
    assert "on to 50" in told.err
    assert "stopped at this maximum; not reached: bias of" in told.out
    found = load_run(folder)
    assert found.settings.datasets == 60
    (line,) = [line for line in found.lines if "Monte Carlo errors" in line]
    assert "coverage" not in line.partition("not reached")[2]
    # more is asked of it later, and less than it has is refused
    assert main(["run", "--resume", str(folder), "--max-datasets", "70", "--quiet"]) == 0
    assert load_run(folder).settings.datasets == 70
    assert main(["run", "--resume", str(folder), "--max-datasets", "50"]) == 2


def test_looks_follow_from_the_number_before():
    assert [next_look(n) for n in (1, 10, 30, 200, 250, 999)] == [50, 50, 50, 250, 325, 1250]
    assert all(next_look(n) > n and next_look(n) % 25 == 0 for n in range(1, 2000))


def test_a_share_of_all_has_not_reached_an_error_of_0(new_run, new_fit):
    found = load_run(new_run([new_fit(k) for k in range(3)]))
    everything = precise.unreached(found, {"coverage_95": 0.01})
    assert len(everything) == 2
    assert precise.unreached(found, {"coverage_95": 0.4}) == []
    nothing = load_run(new_run([new_fit(0, status="error")], name="other"))
    assert "unknown" in precise.unreached(nothing, {"bias": 5.0})[0]


def test_stopping_leaves_coverage_a_bias_that_is_small_beside_its_error():
    """The same rule on 4,000 streams of hits; without a first look of 100 it would be worse."""
    rng, error = np.random.default_rng(1), 0.02
    looks = [100]
    while looks[-1] < 1000:
        looks.append(min(next_look(looks[-1]), 1000))
    hits = np.cumsum(rng.random((4000, 1000)) < 0.95, axis=1)
    at = np.array([hits[:, n - 1] for n in looks])
    low, high = wilson(at, np.array(looks)[:, None])
    first = np.argmax((high - low) / 4 <= error, axis=0)
    shares = at[first, np.arange(4000)] / np.array(looks)[first]
    assert 0.0 < shares.mean() - 0.95 < error / 2
    assert np.std(shares) < 1.3 * error


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ("bais=1", "no metric called 'bais' for precision. Did you mean 'bias'"),
        ("bias", "precision takes METRIC=ERROR, not 'bias'"),
        ("bias=-1", "precision bias takes a positive number"),
        ("bias=x", "METRIC=ERROR"),
        ({"bias": True}, "positive number"),
        ("coverage_0=.1", "no metric called 'coverage_0'"),
    ],
)
def test_what_cannot_be_asked_is_one_line(texts, said):
    with pytest.raises(UserError, match=re.escape(said)):
        parse(texts)


def test_what_does_not_go_together_is_refused():
    settings = Settings(truth="effects", datasets=200)
    assert plan(settings, None, None) is None
    for options, said in (
        ((None, 50), "goes with precision"),
        (({"bias": 0.1}, 50), "at least the 200 datasets"),
        (({"relative_bias": 0.1}, None), "one truth of all datasets"),
        (({"bias": 0.1}, None, None, Shard(1, 2)), "shard"),
    ):
        with pytest.raises(UserError, match=said):
            plan(settings, *options)
    one = Settings(truth="fixed")
    with pytest.raises(UserError, match="drawn from a prior"):
        plan(one, {"contraction": 0.1}, None)


def test_a_damaged_precision_is_told(stopped, tmp_path):
    values = json.loads((stopped / "run.json").read_text())
    for wrong in ([], {"errors": {"bias": -1}}, {**values["precision"], "max_datasets": "many"}):
        (tmp_path / "run.json").write_text(json.dumps(values | {"precision": wrong}))
        with pytest.raises(UserError, match="damaged"):
            load_run(tmp_path)


def test_power_answers_in_advance(stopped, capsys):
    asked = ["power", "--precision", "bias=0.01,coverage_95=0.007"]
    assert main([*asked, "--empirical-se", "0.3"]) == 0
    said = capsys.readouterr().out
    assert "900 datasets: (empirical SE / error)²" in said
    assert "970 datasets: 0.95 × 0.05 / 0.007²" in said
    assert "for all of them: 970 datasets" in said
    assert main([*asked, "--pilot", str(stopped)]) == 0
    found = load_run(stopped)
    n = found.settings.datasets
    wanted = math.ceil(np.var(errors_of(found), ddof=1) / 0.01**2)
    told = rf"bias=0.01 +{wanted:,} datasets: {n} datasets had an error"
    assert re.search(told, capsys.readouterr().out)
    assert main(asked) == 2
    assert "give --empirical-se or --pilot" in capsys.readouterr().err
    assert main(["power", "--empirical-se", "1"]) == 2
    assert main(["power", "--precision", "crps=0.1"]) == 2
