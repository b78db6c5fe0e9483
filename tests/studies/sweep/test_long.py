"""Sweeps for other tools: every fit has its rows, whatever factors are called."""

from __future__ import annotations

import pandas as pd
import pytest
import xarray as xr
from made_sweep import made_sweep

import sbc
from sbc.cli.main import main
from sbc.plugins.errors import UserError
from sbc.studies.sweep.grid import Grid

GRID = Grid({"rank": (1, 2), "draws": (100, 200)}, {"draws": "budget"})
ESTIMANDS = ("beta_XY", "beta_ZY")
FAILED = [(1, 2, "naive"), (3, 0, "naive"), (3, 1, "naive"), (3, 2, "naive"), (3, 3, "naive")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("made") / "sweep"
    return made_sweep(where, GRID, datasets=4, estimands=ESTIMANDS, failed=FAILED)


@pytest.fixture(scope="module")
def swept(folder):
    return sbc.load(folder)


def test_there_is_a_row_for_each_cell_dataset_estimator_and_estimand(swept):
    rows = swept.to_long()
    assert len(rows) == 4 * 4 * 2 * 2
    keys = ["cell", "dataset", "estimator", "engine", "estimand"]
    assert not rows.duplicated(keys).any()
    lost = rows[rows["mean"].isna()]
    there = lost[["cell", "dataset", "estimator"]].drop_duplicates().to_numpy().tolist()
    assert there == [list(one) for one in FAILED]  # in cell 3 nobody else knows the estimands
    assert set(lost["status"]) == {"error"}
    assert set(lost["error"]) == {"ValueError: no luck"}


def test_factors_called_like_columns_have_columns_of_their_own(swept, tmp_path):
    for kind, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        files = swept.export(kind, tmp_path)
        assert [file.stem for file in files] == ["long", "fits", "results", "table"]
        for file in files:
            frame = read(file)
            assert list(frame.columns[:3]) == ["cell", "vary_rank", "vary_draws"]
            assert not frame.columns.duplicated().any()
            expected = {c: [*GRID.cells[c].values()] for c in frame["cell"]}
            levels = frame.set_index("cell")[["vary_rank", "vary_draws"]]
            assert all(list(row) == expected[c] for c, *row in levels.itertuples())


def test_the_command_line_exports_the_same(folder, swept, tmp_path, capsys):
    assert main(["export", str(folder), "--format", "parquet", "--out", str(tmp_path)]) == 0
    assert "long.parquet" in capsys.readouterr().out
    found = pd.read_parquet(tmp_path / "long.parquet")
    pd.testing.assert_frame_equal(found, swept.to_long(), check_dtype=False)


def test_netcdf_has_a_file_an_estimator_and_a_group_a_cell(swept, tmp_path):
    files = swept.export("netcdf", tmp_path)
    assert [file.name for file in files] == ["mundlak-nutpie.nc", "naive-nutpie.nc"]
    tree = xr.open_datatree(files[0], engine="h5netcdf")
    assert tree["cell_2/prior_sbc"].equals(swept.to_datatree("mundlak", cell=2)["prior_sbc"])
    assert tree["cell_3"].attrs["factor_draws"] == 200


def test_ranks_are_trees_of_which_each_is_a_run_s(swept):
    tree = swept.to_datatree("mundlak")
    assert list(tree.children) == ["cell_0", "cell_1", "cell_2", "cell_3"]
    assert tree["cell_2"].attrs["factor_rank"] == 2
    alone = swept.to_datatree("mundlak", cell=2)
    assert alone["prior_sbc"].equals(tree["cell_2/prior_sbc"])
    assert alone["prior_sbc"].sizes["draw"] == 4
    with pytest.raises(UserError, match="cells 0 to 3"):
        swept.to_datatree("mundlak", cell=4)
    with pytest.raises(UserError, match="name the estimator"):
        swept.to_datatree()


def test_a_format_that_there_is_not_is_told_and_not_written(swept, tmp_path):
    with pytest.raises(UserError, match="no format called 'xls'"):
        swept.export("xls", tmp_path)
    assert not list(tmp_path.iterdir())
