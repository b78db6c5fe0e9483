"""Every column that is written stands in docs/columns.md, and every name there is written."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from pages import PAGES
from synthetic import SETTINGS, calibrated, fits, make_run

from sbc.gates.expectations import _KEYS
from sbc.report.comparison import comparison
from sbc.report.export import data_tree
from sbc.report.table import table
from sbc.store.folder import RunFile
from sbc.store.frames import load_run
from sbc.store.shard import Shard
from sbc.studies.sweep.grid import Grid
from sbc.studies.sweep.plan import Plan
from sbc.studies.sweep.read import Sweep
from sbc.studies.sweep.table import sweep_table

_ROW = re.compile(r"^\| ((?:`[^`]+`(?:, )?)+) \|", re.MULTILINE)


def names(page, heading):
    """Give the names in the first column of the tables under a heading."""
    text = PAGES[page].text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return {name for cells in _ROW.findall(text) for name in re.findall(r"`([^`]+)`", cells)}


def measures(frame):
    """Give a frame's columns without those that are a measure's error or interval."""
    endings = ("_mcse", "_low", "_high")
    return {
        name
        for name in frame.columns
        if not any(name.endswith(e) and name.removesuffix(e) in frame for e in endings)
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    two, u = ("mundlak", "naive"), calibrated(40)
    rows = [
        replace(fit, features={"n": 1.0})
        for name in two
        for fit in fits({"beta_XY": u, "log_likelihood": u}, estimator=name)
    ]
    settings = replace(SETTINGS, estimators=two, datasets=40)
    return load_run(make_run(tmp_path_factory.mktemp("columns") / "run", rows, settings))


def test_the_columns_of_a_table(run):
    optional = {"stratum", "data", "shard"}
    assert names("docs/columns.md", "table") - optional == measures(table(run))


def test_the_columns_that_a_table_has_at_times(run):
    told = RunFile(run.provenance | {"shard": str(Shard(1, 10))})
    there = replace(run, settings=replace(run.settings, data="frogs.csv"), provenance=told)
    assert set(table(there, by="n")) - set(table(run)) == {"data", "shard", "stratum"}


def test_the_columns_of_a_comparison(run):
    assert names("docs/columns.md", "comparison") == measures(comparison(run))


def test_the_columns_of_fits_and_results(run):
    assert names("docs/columns.md", "fits") == set(run.fits)
    assert names("docs/columns.md", "results") == set(run.results)


def test_the_groups_of_a_tree(run):
    tree = data_tree(run, "naive", "nutpie")
    assert names("docs/columns.md", "netCDF") == set(tree.children)


def test_the_columns_of_a_sweep(run):
    plan = Plan(Grid({"sd_U": (1.0,)}), dict.fromkeys(run.settings.estimators, (40,)))
    whole = sweep_table(Sweep(run.folder, run.provenance, run.settings, plan, [run]))
    more = set(whole) - set(table(run)) - {"sd_U"}
    answers = {name for name in more if name.startswith("answer_")}
    assert answers
    assert names("docs/columns.md", "sweep") == more - answers | {"answer_METRIC"}


def test_the_expectations_of_gates_toml():
    assert names("docs/gates-toml.md", "Expectations") == set(_KEYS)


def test_a_column_that_is_missing_is_found(run):
    frame = table(run).assign(novel=1.0)
    assert measures(frame) - names("docs/columns.md", "table") == {"novel"}
