"""Exports hold what the run holds, in files that other tools read."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from sbc.plugins.errors import UserError
from sbc.report.export import export
from sbc.report.table import table
from sbc.store.frames import load_run
from sbc.store.settings import Settings


@pytest.fixture
def run(new_run, new_fit, new_settings):
    settings = new_settings(estimators=("naive", "fixed"), seed=2**63 - 1)
    fits = [new_fit(k, name) for name in ("naive", "fixed") for k in range(4)]
    fits += [new_fit(4, status="error", error='ValueError: "β", and\na second line \udc80')]
    fits += [new_fit(5, status="nonconverged")]
    return load_run(new_run(fits, settings))


READERS = {"csv": partial(pd.read_csv, keep_default_na=False), "parquet": pd.read_parquet}


@pytest.mark.parametrize("kind", READERS)
def test_flat_tables_come_back_as_they_were(run, tmp_path, kind):
    files = export(run, kind, tmp_path / "new" / "folder")
    assert [file.name for file in files] == [f"{x}.{kind}" for x in ("fits", "results", "table")]
    for file, frame in zip(files, (run.fits, run.results, table(run)), strict=True):
        back = READERS[kind](file)
        assert back.columns.tolist() == frame.columns.tolist()
        for name in frame:
            values = back[name]
            if kind == "csv" and frame[name].dtype == float:
                values = values.map(lambda v: np.nan if v == "" else float(v))
            pd.testing.assert_series_equal(values, frame[name], check_dtype=False)


@pytest.mark.parametrize("kind", READERS)
def test_a_run_without_fits_gives_tables_without_rows(new_run, tmp_path, kind):
    run = load_run(new_run())
    for file, frame in zip(
        export(run, kind, tmp_path / "out")[:2], (run.fits, run.results), strict=True
    ):
        back = READERS[kind](file)
        assert len(back) == 0
        assert back.columns.tolist() == frame.columns.tolist()


def test_the_run_s_own_folder_is_where_exports_go_if_nothing_is_said(run):
    assert [file.parent for file in export(run, "csv")] == [run.folder] * 3
    assert len(load_run(run.folder).fits) == len(run.fits)


def test_exporting_again_replaces_the_files(run, new_fit, tmp_path):
    export(run, "csv", tmp_path / "out")
    smaller = replace(run, fits=run.fits.iloc[:1])
    export(smaller, "csv", tmp_path / "out")
    assert len(pd.read_csv(tmp_path / "out" / "fits.csv")) == 1


def test_netcdf_holds_one_tree_an_estimator_as_arviz_reads_it(run, tmp_path):
    files = export(run, "netcdf", tmp_path / "out")
    assert [file.name for file in files] == ["fixed-nutpie.nc", "naive-nutpie.nc"]
    for name, file in zip(("fixed", "naive"), files, strict=True):
        tree = xr.open_datatree(file, engine="h5netcdf")
        mine = run.results[(run.results.estimator == name) & (run.results.quantity == "beta_XY")]
        columns = {"prior_sbc": "pit", "sbc_truth": "truth", "sbc_mean": "mean", "sbc_sd": "sd"}
        for group, column in columns.items():
            values = tree[group]["beta_XY"]
            assert values.dims == ("chain", "draw")
            assert values.sizes == {"chain": 1, "draw": 4}
            assert np.array_equal(values.to_numpy()[0], mine[column])
            assert tree[group]["draw"].to_numpy().tolist() == [0, 1, 2, 3]
        assert ((tree["prior_sbc"]["beta_XY"] > 0) & (tree["prior_sbc"]["beta_XY"] < 1)).all()
        assert tree.attrs["estimator"] == name
        assert int(tree.attrs["seed"]) == 2**63 - 1
        tree.close()


def test_a_fit_without_one_of_the_quantities_leaves_a_gap(new_run, new_fit, tmp_path):
    whole = new_fit(0)
    fits = [whole, new_fit(1, results=whole.results[:1])]
    (file,) = export(load_run(new_run(fits)), "netcdf", tmp_path / "out")
    tree = xr.open_datatree(file, engine="h5netcdf")
    assert np.isnan(tree["prior_sbc"]["beta_ZY"].to_numpy()).tolist() == [[False, True]]
    tree.close()


def test_two_users_files_of_one_name_have_a_file_each(new_run, new_fit, new_settings, tmp_path):
    names = ("a/mine.py:mine", "b/mine.py:mine")
    settings: Settings = new_settings(estimators=names)
    run = load_run(new_run([new_fit(0, name) for name in names], settings))
    files = export(run, "netcdf", tmp_path / "out")
    assert [file.name for file in files] == ["mine.py-mine-nutpie.nc", "mine.py-mine-nutpie-2.nc"]
    trees = [xr.open_datatree(file, engine="h5netcdf") for file in files]
    assert [tree.attrs["estimator"] for tree in trees] == list(names)
    for tree in trees:
        tree.close()


@pytest.mark.parametrize("status", [None, "error", "nonconverged"])
def test_there_is_no_tree_of_nothing(new_run, new_fit, tmp_path, status):
    run = load_run(new_run([new_fit(0, status=status)] if status else []))
    with pytest.raises(UserError, match="there is nothing to export"):
        export(run, "netcdf", tmp_path / "out")


@pytest.mark.parametrize("kind", ["csv", "parquet", "netcdf"])
def test_a_folder_that_cannot_be_written_is_told(run, tmp_path, kind):
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match=r"cannot write .*file"):
            export(run, kind, folder)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("csv", "fits.csv"), ("parquet", "fits.parquet"), ("netcdf", "fixed-nutpie.nc")],
)
def test_a_file_that_cannot_be_written_is_told(run, tmp_path, kind, name):
    (tmp_path / "out" / name).mkdir(parents=True)
    with pytest.raises(UserError, match="cannot write"):
        export(run, kind, tmp_path / "out")
