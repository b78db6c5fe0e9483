"""Averages and differences over the cells of a sweep, on results that are made up."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest
from made_sweep import made_sweep

from sbc.cli.main import main
from sbc.plugins.errors import UserError
from sbc.studies.sweep.collapse import collapsed
from sbc.studies.sweep.comparison import sweep_comparison
from sbc.studies.sweep.grid import Grid
from sbc.studies.sweep.read import load_sweep
from sbc.studies.sweep.table import sweep_table

GRID = Grid({"sd_U": (0.0, 1.0), "n_groups": (10, 20), "truth": ("effects", "prior")},
            {"truth": "truth"})  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    def behave(place, cell):
        return place * 0.2 + cell["sd_U"], 1 / cell["n_groups"] ** 0.5

    where = tmp_path_factory.mktemp("made") / "sweep"
    return made_sweep(where, GRID, datasets=25, behave=behave, common=0.9,
                      failed=[(3, 4, "naive"), (3, 5, "mundlak")])  # fmt: skip


@pytest.fixture(scope="module")
def swept(folder):
    return load_sweep(folder)


@pytest.fixture(scope="module")
def by_cell(swept):
    return sweep_table(swept)


def test_numbers_are_the_averages_of_the_cells(swept, by_cell):
    whole, cells = collapsed(swept, ["sd_U"]), by_cell
    assert list(whole["n_cells"]) == [4] * 4
    for row in whole.to_dict(orient="records"):
        mine = cells[(cells.sd_U == row["sd_U"]) & (cells.estimator == row["estimator"])]
        assert row["bias"] == pytest.approx(mine["bias"].mean())
        assert row["coverage_95"] == pytest.approx(mine["coverage_95"].mean())
        assert row["rmse"] == pytest.approx(np.sqrt((mine["rmse"] ** 2).mean()))
        assert row["n_datasets"] == mine["n_datasets"].sum() == 100
        assert row["n_failed"] == mine["n_failed"].sum()
        independent = np.sqrt((mine["bias_mcse"] ** 2).sum()) / 4
        assert row["bias_mcse"] > 1.5 * independent  # .9 of the noise is common to all cells
        assert row["bias_mcse"] < mine["bias_mcse"].max()


def test_factors_are_kept_in_their_order_under_the_names_of_all_tables(swept, by_cell):
    found = collapsed(swept, ["truth", "sd_U"])
    keys = found[["vary_truth", "sd_U"]].drop_duplicates().to_numpy().tolist()
    assert keys == [["effects", 0], ["effects", 1], ["prior", 0], ["prior", 1]]
    assert {"vary_truth", "truth"} <= set(by_cell)
    assert len(collapsed(swept)) == 2  # all cells


def test_keeping_every_factor_gives_the_cells(swept, by_cell):
    found = collapsed(swept, list(GRID.vary)).sort_values(["estimator"], kind="stable")
    cells = by_cell.sort_values(["estimator"], kind="stable")
    for name in ("bias", "bias_mcse", "rmse", "rmse_mcse", "emp_se", "mse_mcse"):
        assert found[name].to_numpy() == pytest.approx(cells[name].to_numpy())


def test_differences_are_paired_in_each_cell_and_over_cells(swept):
    cells = sweep_comparison(swept)
    assert list(cells["cell"]) == list(range(8))
    assert list(cells["n_datasets"]) == [25, 25, 25, 23, 25, 25, 25, 25]
    whole = sweep_comparison(swept, ["n_groups"])
    assert list(whole["n_cells"]) == [4, 4]
    for row in whole.to_dict(orient="records"):
        mine = cells[cells.n_groups == row["n_groups"]]
        assert row["bias"] == pytest.approx(mine["bias"].mean())
        independent = np.sqrt((mine["bias_mcse"] ** 2).sum()) / 4
        assert row["bias_mcse"] > 1.5 * independent


def test_the_command_line_shows_both(folder, swept, capsys):
    assert main(["table", str(folder), "--by", "sd_U,truth", "--format", "csv"]) == 0
    shown = pd.read_csv(io.StringIO(capsys.readouterr().out))
    pd.testing.assert_frame_equal(shown, collapsed(swept, ["sd_U", "truth"]), check_dtype=False)
    assert main(["table", str(folder), "--compare", "--by", "sd_U", "--format", "json"]) == 0
    assert [row["n_cells"] for row in json.loads(capsys.readouterr().out)] == [4, 4]
    for words in (["--by", "sd_U"], ["--compare"], ["--compare", "--by", "n_groups"]):
        assert main(["table", str(folder), *words]) == 0
        text = capsys.readouterr().out
        assert "a (b) = " in text
        assert ("Cells share" in text) == ("--by" in words)


def test_a_factor_that_is_none_is_told(swept, folder, capsys):
    with pytest.raises(UserError, match="Did you mean 'n_groups'"):
        collapsed(swept, ["n_group"])
    assert main(["table", str(folder), "--by", "bias"]) == 2
    assert "no factor called 'bias'" in capsys.readouterr().err


def test_estimators_with_datasets_of_their_own_are_not_compared(tmp_path):
    grid = Grid({"truth": ("self", "effects")}, {"truth": "truth"})
    found = load_sweep(made_sweep(tmp_path / "s", grid))
    assert list(sweep_comparison(found)["cell"]) == [1]
    assert list(sweep_comparison(found, [])["n_cells"]) == [1]
    own = load_sweep(made_sweep(tmp_path / "own", Grid({"truth": ("self",)}, {"truth": "truth"})))
    with pytest.raises(UserError, match="share no datasets"):
        sweep_comparison(own)
