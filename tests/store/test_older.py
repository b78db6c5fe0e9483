"""Runs of an older schema, without shortest intervals: read, gone on with, merged, told of."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from sbc.plugins.errors import UserError
from sbc.report.table import render, table
from sbc.store.database import Store
from sbc.store.frames import load_run
from sbc.store.schema import RESULTS_FILE, SCHEMA
from sbc.studies.merge import merge


def aged(folder):
    """Make a run what schema 3 had made of it."""
    with closing(sqlite3.connect(folder / RESULTS_FILE)) as file:
        file.execute("DROP TABLE shortest")
        file.execute("PRAGMA user_version = 3")
        file.commit()
    return folder


def version(folder):
    with closing(sqlite3.connect(folder / RESULTS_FILE)) as file:
        return file.execute("PRAGMA user_version").fetchone()[0]


def test_an_old_run_is_read_as_it_was(new_run, new_fit):
    rows = [new_fit(k) for k in range(6)]
    now, then = load_run(new_run(rows, name="new")), load_run(aged(new_run(rows, name="old")))
    assert list(now.results) == list(then.results)
    new_columns = [name for name in now.results if name.startswith("hdi")]
    assert len(new_columns) == 8
    assert then.results[new_columns].isna().all(axis=None)
    kept = now.results.columns.difference(new_columns)
    assert now.results[kept].equals(then.results[kept])
    assert version(then.folder) == 3  # nobody wrote to it


def test_the_table_says_what_an_old_run_cannot_give(new_run, new_fit):
    run = load_run(aged(new_run([new_fit(k) for k in range(6)])))
    assert np.isnan(table(run, interval="hdi")["coverage_95"]).all()
    said = render(run, interval="hdi")
    assert "not kept" in said
    assert "cannot be had" in said
    assert "not kept" not in render(run)
    fresh = render(load_run(new_run([new_fit(k) for k in range(6)], name="new")), interval="hdi")
    assert "not kept" not in fresh


def test_an_old_run_is_gone_on_with(new_run, new_fit):
    folder = aged(new_run([new_fit(0), new_fit(1)]))
    with Store.open(folder, write=True) as store:
        store.add(new_fit(2))
    assert version(folder) == SCHEMA
    run = load_run(folder)
    missing = run.results.groupby("dataset")["hdi95_low"].apply(lambda x: x.isna().all())
    assert missing.tolist() == [True, True, False]
    assert np.isnan(table(run, interval="hdi")["coverage_95"]).all()  # of some there is none


def test_old_and_new_parts_are_merged(new_run, new_fit, tmp_path):
    old = aged(new_run([new_fit(0)], name="old"))
    new = new_run([new_fit(1), new_fit(2)], name="new")
    assert merge([old, new], tmp_path / "whole", allow_gaps=True) == 0
    run = load_run(tmp_path / "whole")
    missing = run.results.groupby("dataset")["hdi50_high"].apply(lambda x: x.isna().all())
    assert missing.tolist() == [True, False, False]
    assert version(old) == 3


def test_other_levels_have_no_shortest_intervals(new_run, new_fit):
    run = load_run(new_run([new_fit(0)]))
    with pytest.raises(UserError, match=r"kept at 0\.5, 0\.8, 0\.9, 0\.95, not at 0\.6"):
        table(run, levels=(0.5, 0.6), interval="hdi")
