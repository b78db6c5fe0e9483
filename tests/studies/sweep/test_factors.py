"""Sweeps over anything: truth, budget and options as factors, by the bits of runs of their own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cells import TABLES, contents

import sbc
from sbc.cli.main import main
from sbc.plugins.errors import UserError
from sbc.store.folder import read_run
from sbc.store.schema import RESULTS_FILE
from sbc.studies.sweep.read import load_sweep

FILES = Path(__file__).resolve().parents[2] / "files"
WORLD, MODEL = f"{FILES}/functions.py:naming", f"{FILES}/normal_mean.py:normal_mean"
CHAINS = f"{FILES}/functions.py:chains"
BOTH = ["--generator", WORLD, "--estimator", f"{MODEL},{CHAINS}"]
EXACT = ["--engine", "exact", "--seed", "3", "--quiet", "--jobs", "1", "--datasets", "4"]
VARY = {"n_rows": [2, 5], f"{CHAINS}@shift": [0, 0.5], "draws": [80]}
HOW = {"engine": "exact", "seed": 3, "datasets": 4, "jobs": 1, "progress": False}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("factors") / "sweep"
    return sbc.sweep([MODEL, CHAINS], WORLD, vary=VARY, out=folder, **HOW).folder


@pytest.mark.parametrize(("cell", "rows", "shift", "draws"), [(0, 2, "", 80), (3, 5, "0.5", 80)])
def test_a_cell_has_the_bits_of_a_run_of_its_own(swept, tmp_path, cell, rows, shift, draws):
    mine = f"{CHAINS}@shift={shift}" if shift else CHAINS
    words = ["--generator", WORLD, "--estimator", f"{MODEL},{mine}", "--set", f"n_rows={rows}"]
    out = ["--draws", str(draws), "--out", str(tmp_path / "run")]
    assert main(["run", *words, *EXACT, *out]) == 0
    assert contents(swept, cell) == contents(tmp_path / "run", rename=(mine, CHAINS))


def test_an_option_that_varies_is_one_method(swept):
    sweep = load_sweep(swept)
    assert sweep.settings.estimators == (MODEL, CHAINS)
    assert {subject.estimator for _, subject in sweep.subjects} == {MODEL, CHAINS}
    by_model = [run.fits_of(MODEL, "exact")["draws"] for run in sweep.runs]
    assert all((draws == 80).all() for draws in by_model)


def test_cells_have_the_same_datasets(swept):
    first = contents(swept, 0)["dataset"]
    assert contents(swept, 1)["dataset"] == first
    other = contents(swept, 2)["dataset"]
    assert [row["truth"] for row in other] == [row["truth"] for row in first]


def test_it_is_resumed_split_and_merged_to_the_same_bits(swept, tmp_path):
    whole = tmp_path / "whole"
    parts = [str(tmp_path / str(i)) for i in (1, 2)]
    for i, part in enumerate(parts, 1):
        sbc.sweep([MODEL, CHAINS], WORLD, vary=VARY, out=part, shard=f"{i}/2", **HOW)
    assert main(["merge", *parts, "--out", str(whole)]) == 0
    with closing(sqlite3.connect(whole / RESULTS_FILE)) as connection, connection:
        for table in TABLES:
            connection.execute(f"DELETE FROM {table} WHERE k % 3 = 1")
    sbc.sweep(resume=whole, progress=False)
    assert all(contents(whole, cell) == contents(swept, cell) for cell in range(4))


def test_one_fit_is_made_again(swept, tmp_path, capsys):
    words = [str(swept), "--dataset", "3", "--cell", "3"]
    assert main(["replay", *words, "--estimator", CHAINS]) == 0
    assert "identical to the stored fit" in capsys.readouterr().out
    picture = tmp_path / "p.png"
    assert main(["posterior", *words, "--out", str(picture)]) == 0
    assert f"{CHAINS}@shift=0.5: theta" in capsys.readouterr().out
    assert picture.stat().st_size > 1000
    assert main(["posterior", str(swept), "--dataset", "3"]) == 2
    assert "--cell 0 to 3" in capsys.readouterr().err
    assert main(["posterior", "--cell", "1", "--dataset", "3"]) == 2
    assert "name its folder" in capsys.readouterr().err


def test_truth_varies_with_what_is_expected_of_ranks(tmp_path):
    vary = {"truth": ["prior", "self"], "n_rows": 3}
    estimators = [MODEL, f"{FILES}/functions.py:wald"]
    how = HOW
    with pytest.raises(UserError, match="function"):  # which has no joint distribution
        sbc.sweep(estimators, WORLD, vary=vary, out=tmp_path / "none", **how)
    assert not (tmp_path / "none").exists()
    swept = sbc.sweep(MODEL, f"{FILES}/normal_mean.py:normal_world", vary=vary,
                      out=tmp_path / "s", **how)  # fmt: skip
    assert [run.settings.truth for run in swept.runs] == ["prior", "self"]
    assert [run.expected_uniform for run in swept.runs] == [[MODEL], [MODEL]]
    sources = [{row["source"] for row in contents(tmp_path / "s", c)["dataset"]} for c in (0, 1)]
    assert sources == [{""}, {MODEL}]
    assert "prior, self" in swept.report(tmp_path / "page.html").read_text(encoding="utf-8")


def test_cells_of_a_file_are_those_and_no_others(tmp_path, capsys):
    file = tmp_path / "cells.csv"
    file.write_text("n_rows, draws\n5,80\n2,40\n\n")
    words = ["sweep", "--generator", WORLD, "--estimator", MODEL, *EXACT]
    assert main([*words, "--cells", str(file), "--out", str(tmp_path / "s")]) == 0
    cells = [{"n_rows": 5, "draws": 80}, {"n_rows": 2, "draws": 40}]
    assert load_sweep(tmp_path / "s").cells == cells
    assert read_run(tmp_path / "s")["sweep"]["cells"] == [[5, 80], [2, 40]]
    sbc.sweep(resume=tmp_path / "s", datasets=5, progress=False)
    assert len(contents(tmp_path / "s", 1)["fit"]) == 5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("n_rows,draws\n5\n", "a row of 1"),
        ("n_rows,n_rows\n5,6\n", "names a column twice"),
        ("n_rows\n", "names no cells"),
        ("", "names no cells"),
        ("n_rows\n5\n5\n", "names the cell n_rows=5 twice"),
        ("n_row\n5\n", "Did you mean 'n_rows'"),
        ("n_rows\n5\nx\n", "c.csv, cell 2: --vary n_rows takes a whole number"),
        (",n_rows\n0,5\n", "column 1 of"),
        ("n_rows,\n5,\n", "column 2 of"),
        ("n_rows;draws\n5;80\n", "by semicolons; use commas"),
        (None, "cannot read"),
    ],
)
def test_a_file_that_is_no_table_of_cells_is_told(text, told, tmp_path, capsys):
    if text is not None:
        (tmp_path / "c.csv").write_text(text)
    words = ["sweep", "--generator", WORLD, "--estimator", MODEL, *EXACT]
    assert main([*words, "--cells", str(tmp_path / "c.csv"), "--out", str(tmp_path / "s")]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--vary", "truth=prior,priro"], "Did you mean 'prior'"),
        (["--truth", "prior", "--vary", "truth=prior,self"], "named by --truth and by --vary"),
        (["--draws", "100", "--vary", "draws=40,80"], "named by --draws and by --vary"),
        (["--vary", "draws=40,8"], "at least 20"),
        (["--vary", "draws=40,8x"], "takes a whole number"),
        (["--vary", "chain=1,2"], "Did you mean 'chains'"),
        (["--vary", "normal_mean@sigma=1,2"], "no option called 'sigma'"),
        (["--vary", "normal_maen@sigma=1,2"], "Did you mean"),
        (["--vary", f"{CHAINS}@shift=a"], "is a number"),
        (["--vary", f"{CHAINS}@shift=0,0.0"], "a value twice"),
        (["--vary", "draws=40", "--cells", "x.csv"], "name one of them"),
        (["--cells", "x.csv", "--resume", "y"], "y"),
    ],
)
def test_a_mistake_is_told_before_anything_is_made(words, told, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", *BOTH, *EXACT, *words]) == 2
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_python_takes_ranges_arrays_and_frames(tmp_path):
    import numpy as np
    import pandas as pd

    how = HOW | {"datasets": 2}
    vary = {"n_rows": np.arange(2, 4), "draws": "40:80:40"}
    found = sbc.sweep(MODEL, WORLD, vary=vary, out=tmp_path / "a", **how)
    assert len(found.cells) == 4
    frame = pd.DataFrame(found.cells[1:3])
    again = sbc.sweep(MODEL, WORLD, cells=frame, out=tmp_path / "b", **how)
    assert again.cells == found.cells[1:3]
    assert contents(tmp_path / "b", 0) == contents(tmp_path / "a", 1)
    more = sbc.sweep(resume=tmp_path / "b", datasets=3, progress=False)
    assert [len(run.fits) for run in more.runs] == [3, 3]
    with pytest.raises(UserError, match="name one of them"):
        sbc.sweep(MODEL, WORLD, vary=vary, cells=frame, **how)


def test_a_cell_of_which_no_data_can_be_drawn_is_refused_before_any_fit(tmp_path, capsys):
    words = ["sweep", "--generator", WORLD, "--estimator", MODEL, *EXACT]
    words += ["--cells", str(tmp_path / "c.csv"), "--out", str(tmp_path / "s")]
    (tmp_path / "c.csv").write_text("n_rows\n5\n-2\n")
    assert main(words) == 2
    assert "in the cell n_rows = -2: " in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"vary": "n_rows=2,5"}, "each factor with its levels"),
        ({"vary": ["n_rows"]}, "each factor with its levels"),
        ({"cells": 5}, "a file, a data frame, or a list"),
        ({"cells": [[2, 5]]}, "a file, a data frame, or a list"),
        ({"cells": [{"n_rows": 2}, {"draws": 80}]}, "the same factors"),
        ({"vary": {"n_rows": [2]}, "bounds": ["bais=1"]}, "Did you mean 'bias'"),
        ({"vary": {"n_rows": [2]}, "precision": "bias=0"}, "a positive number"),
    ],
)
def test_what_python_cannot_mean_is_one_line(how, told, tmp_path):
    with pytest.raises(UserError, match=told):
        sbc.sweep(MODEL, WORLD, out=tmp_path / "s", **how, **HOW)
    assert not (tmp_path / "s").exists()


def test_cells_may_name_their_factors_in_any_order(tmp_path):
    cells = [{"n_rows": 2, "draws": 40}, {"draws": 80, "n_rows": 5}]
    swept = sbc.sweep(MODEL, WORLD, cells=cells, out=tmp_path / "s", **HOW | {"datasets": 1})
    assert swept.cells == [{"n_rows": 2, "draws": 40}, {"n_rows": 5, "draws": 80}]
