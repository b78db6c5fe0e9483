"""Tables of sweeps in every format and with every option that a run's table has."""

from __future__ import annotations

import re

import numpy as np
import pytest
from made_sweep import made_sweep

import sbc
from sbc.cli.main import main
from sbc.plugins.errors import UserError
from sbc.studies.sweep.averaged import render_collapsed
from sbc.studies.sweep.comparison import render_comparison
from sbc.studies.sweep.grid import Grid
from sbc.studies.sweep.page import sweep_page
from sbc.studies.sweep.plan import parse_bounds, parse_precision
from sbc.studies.sweep.read import load_sweep
from sbc.studies.sweep.table import render, sweep_table

GRID = Grid({"sd_U": (0.0, 1.5), "n_groups": (10, 20)})
PUBLISHED = {"latex": r"\toprule", "typst": "table.header", "html": "<table>", "markdown": "| "}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "sweep"
    names = ["mine.py:wide", "mundlak"]
    return load_sweep(made_sweep(folder, GRID, names, datasets=12, failed=[(0, 3, "mundlak")]))


def shown(capsys, *words):
    assert main(["table", *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("kind", PUBLISHED)
def test_averages_and_differences_are_written_in_the_format_asked_for(swept, kind, capsys):
    for words in (["--by", "sd_U"], ["--by", ""], ["--compare"], ["--compare", "--by", "sd_U"]):
        assert PUBLISHED[kind] in shown(capsys, str(swept.folder), *words, "--format", kind)


def test_a_published_average_is_that_of_the_table_for_programs(swept, capsys):
    text = render_collapsed(swept, ["sd_U"], "latex", measures=["bias", "datasets"])
    rows = re.findall(r"\\quad (\w+) & (\S+?)~\(", text)
    frame = sbc.load(swept.folder).table(by="sd_U")
    for (name, bias), row in zip(rows, frame.to_dict("records"), strict=True):
        assert row["estimator"].endswith(name)
        assert float(bias.replace(r"\ensuremath{-}", "-")) == pytest.approx(row["bias"], abs=0.06)
    assert "sd\\_U = 1.5" in text
    with pytest.raises(UserError, match="no measure called 'power'"):
        render_collapsed(swept, ["sd_U"], measures=["power"])


def test_nothing_kept_means_an_average_over_all_cells(swept, capsys):
    found = shown(capsys, str(swept.folder), "--by", "", "--format", "csv").splitlines()
    assert len(found) == 1 + 2
    assert len(shown(capsys, str(swept.folder), "--format", "csv").splitlines()) == 1 + 8


def test_the_level_and_the_interval_asked_for_are_those_shown(swept, capsys):
    text = shown(capsys, str(swept.folder), "--levels", "0.9")
    assert "coverage 90 %" in text
    assert "coverage 95 %" not in text
    text = shown(capsys, str(swept.folder), "--levels", "0.8,0.9", "--by", "sd_U")
    assert "coverage 80 %" in text
    hdi = sweep_table(swept, interval="hdi")
    assert hdi["coverage_95"].isna().all()  # none was kept of made-up fits
    assert sweep_table(swept)["coverage_95"].notna().all()
    assert "shortest intervals" in render(swept, interval="hdi")


def test_limits_of_agreement_are_those_of_the_differences_in_a_cell(swept, capsys):
    assert "upper limit" in shown(capsys, str(swept.folder), "--agreement")
    frame = sbc.load(swept.folder).compare()
    long = sbc.load(swept.folder).to_long()
    mine = long[long["cell"] == 0].pivot(index="dataset", columns="estimator", values="mean")
    gap = (mine["mine.py:wide"] - mine["mundlak"]).dropna()
    assert len(gap) == 11
    row = frame[frame["cell"] == 0].iloc[0]
    assert row["mean_difference"] == pytest.approx(gap.mean())
    assert row["mean_difference_mcse"] == pytest.approx(gap.std() / np.sqrt(11))
    assert row["lower_limit"] == pytest.approx(gap.mean() - 1.959964 * gap.std())
    with pytest.raises(UserError, match="of one cell"):
        render_comparison(swept, by=["sd_U"], limits=True)


def test_what_nothing_is_known_of_has_no_column(swept):
    fixed = render(swept)
    assert "engine" not in fixed.splitlines()[2]
    assert "contraction" in fixed
    assert "[" in fixed  # coverages have their intervals, where all hit too


def test_an_estimator_of_a_file_is_known_by_its_name(swept, capsys):
    for name in ("wide", "mine.py:wide", "mundlak"):
        words = ["--reference", name, "--measures", "precision_gain", "--format", "markdown"]
        assert f"over {name.rpartition(':')[2]}" in shown(capsys, str(swept.folder), *words)
    assert main(["table", str(swept.folder), "--reference", "wid"]) == 2
    assert "no estimator called 'wid'" in capsys.readouterr().err


def test_percents_on_the_page_are_percents(swept):
    page = sweep_page(swept)
    cells = re.findall(r'data-label="Contraction, %"[^>]*>([\d.−-]+)', page)
    assert len(cells) == 8
    known = 100 * sweep_table(swept)["contraction"].to_numpy()
    assert [float(x.replace("−", "-")) for x in cells] == pytest.approx(known, abs=0.6)


def test_bounds_and_precisions_stand_in_one_option_or_in_several(swept):
    settings = swept.settings
    one = parse_bounds(["bias=0.1,coverage_95=0.9:0.98"], settings)
    assert one == parse_bounds(["bias=0.1", "coverage_95=0.9:0.98"], settings)
    assert one == {"bias": 0.1, "coverage_95": [0.9, 0.98]}
    assert parse_precision(["bias=0.1, coverage_95=.02"], settings) == {
        "bias": 0.1,
        "coverage_95": 0.02,
    }
    with pytest.raises(UserError, match="takes METRIC=ERROR, not ''"):
        parse_precision(["bias=0.1,"], settings)
