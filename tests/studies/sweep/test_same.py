"""Fits that cells have in common: made once, in every cell, and the bits of a run of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cells import contents
from made_sweep import made_sweep

import sbc
from sbc.store.database import Store
from sbc.studies.sweep.doubt import spend
from sbc.studies.sweep.grid import Grid
from sbc.studies.sweep.plan import initial
from sbc.studies.sweep.read import load_sweep
from sbc.studies.sweep.table import spending

FILES = Path(__file__).resolve().parents[2] / "files"
WORLD = f"{FILES}/functions.py:naming"
WALD, CHAINS = (f"{FILES}/functions.py:{name}" for name in ("wald", "chains"))
VARY = {"n_rows": [2, 5], f"{CHAINS}@shift": [0, 0.5, 1]}
HOW = {"seed": 3, "datasets": 4, "jobs": 1, "progress": False}
OPTION = {"b@width": "option"}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("same") / "sweep"
    return sbc.sweep([WALD, CHAINS], WORLD, vary=VARY, out=folder, **HOW).folder


def of(rows, estimator):
    return {table: [r for r in mine if r.get("estimator") == estimator]
            for table, mine in rows.items() if table != "dataset"}  # fmt: skip


def test_an_option_is_a_factor_of_its_own_estimator_alone():
    grid = Grid({"x": (1, 2), "b@width": (1, 2, 3)}, OPTION)
    assert grid.first_alike("a") == [0, 0, 0, 3, 3, 3]
    assert grid.first_alike("b") == [0, 1, 2, 3, 4, 5]
    assert Grid({"x": (1, 2), "truth": ("t", "u")}, {"truth": "truth"}).first_alike("a") == [
        *range(4)
    ]


def test_what_an_option_does_not_concern_is_fitted_once(swept):
    sweep = load_sweep(swept)
    assert len(sweep.fits) == 4 * (2 + 6)
    assert sum(len(run.fits) for run in sweep.runs) == 4 * (6 + 6)
    assert "32 fits in all; fits that cells have in common were made once" in spending(sweep, 200)
    assert sweep.plan.fits(sweep.settings) == 32


def test_its_rows_stand_in_every_cell_and_are_those_of_a_run_by_itself(swept, tmp_path):
    cells = [contents(swept, cell) for cell in range(6)]
    assert of(cells[0], WALD)["fit"]
    assert of(cells[0], WALD) == of(cells[2], WALD)
    assert of(cells[0], CHAINS) != of(cells[2], CHAINS)
    alone = f"{CHAINS}@shift=1"
    run = sbc.run([WALD, alone], WORLD, parameters={"n_rows": 5}, out=tmp_path / "run", **HOW)
    assert cells[5] == contents(run.folder, rename=(alone, CHAINS))


def test_a_sweep_that_was_cut_anywhere_has_the_same_rows_in_the_end(swept, tmp_path):
    parts = [tmp_path / str(i) for i in (1, 2, 3)]  # a million is no multiple of three
    for i, part in enumerate(parts, 1):
        sbc.sweep([WALD, CHAINS], WORLD, vary=VARY, out=part, shard=f"{i}/3", **HOW)
    whole = sbc.merge(parts, tmp_path / "whole").folder
    with Store.open(whole, write=True) as store, store.writing() as run:
        for table in ("dataset", "fit", "result", "thinned", "shortest"):
            run.execute(f"DELETE FROM {table} WHERE k % 5 IN (1, 3)")
    sbc.sweep(resume=whole, progress=False)
    assert all(contents(whole, cell) == contents(swept, cell) for cell in range(6))


def test_a_batch_of_what_cells_share_is_paid_once(tmp_path):
    grid = Grid({"b@width": (1, 2, 3)}, OPTION)
    made = load_sweep(made_sweep(tmp_path / "s", grid, ["a", "b"], datasets=10))
    plan = initial(grid, made.settings, budget=made.plan.fits(made.settings) + 25)
    made = replace(made, plan=plan)
    assert plan.fits(made.settings) == 10 + 30
    assert spend(made, {("a", cell): 30.0 for cell in range(3)}) == {("a", c): 25 for c in range(3)}
    assert spend(made, {("b", cell): 30.0 for cell in range(3)}) == {("b", 0): 25}


def test_fits_differ_where_their_data_do(swept):
    """The twin: cells that differ in the generator's parameters share nothing."""
    cells = [contents(swept, cell) for cell in (0, 3)]
    assert of(cells[0], WALD)["result"] != of(cells[1], WALD)["result"]
