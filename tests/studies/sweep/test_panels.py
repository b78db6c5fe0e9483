"""Sweeps of three factors and more on paper, and where things hold in them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from made_sweep import made_sweep

from sbc.cli.main import main
from sbc.studies.sweep.grid import Grid
from sbc.studies.sweep.page import sweep_page
from sbc.studies.sweep.panels import panels_of
from sbc.studies.sweep.pictures import sweep_pictures
from sbc.studies.sweep.read import load_sweep
from sbc.studies.sweep.regions import largest_region

GRID = Grid({"sd_U": (0.0, 1.0), "n_groups": (10, 20), "truth": ("effects", "prior")},
            {"truth": "truth"})  # fmt: skip
#: Three cells that are no rectangle.
SOME = Grid({"sd_U": (0.0, 1.0), "n_groups": (10, 20), "n_rows": (50, 60)}, {},
            ((1.0, 10, 50), (0.0, 20, 50), (1.0, 20, 60)))  # fmt: skip


def test_a_third_factor_makes_a_panel_of_each_of_its_levels():
    first, second = panels_of(GRID)
    assert (first.title, second.title) == ("truth = effects", "truth = prior")
    assert first.cells.tolist() == [[0, 2], [4, 6]]
    assert second.cells.tolist() == [[1, 3], [5, 7]]


def test_where_there_is_no_cell_there_is_nothing():
    first, second = panels_of(SOME)
    assert first.cells.tolist() == [[-1, 1], [0, -1]]
    assert second.cells.tolist() == [[-1, -1], [-1, 2]]
    lone = panels_of(Grid({"n_rows": (2, 5)}))
    assert [panel.cells.tolist() for panel in lone] == [[[0], [1]]]


@pytest.mark.parametrize(("grid", "titles"), [(GRID, "truth = prior"), (SOME, "n_rows = 60")])
def test_the_page_shows_every_panel_and_cell(tmp_path, grid, titles):
    swept = load_sweep(made_sweep(tmp_path / "s", grid, ["naive"], datasets=4))
    page = sweep_page(swept)
    assert page.count(titles) >= 5  # in each map, and in the table of who errs least
    assert "NaN" not in page
    assert f"{len(grid.cells)} cells" in page
    if grid is SOME:
        names = [name for name, _ in sweep_pictures(swept)]
        assert len(names) == len(set(names)) == 8  # four metrics, and what their colours mean


@pytest.mark.parametrize("levels", [2, 3])
def test_lines_are_told_where_they_can_be_interpolated(tmp_path, levels):
    grid = Grid({"sd_U": (0.0, 1.0, 2.0), "n_groups": tuple(range(10, 10 * levels + 10, 10))})
    page = sweep_page(load_sweep(made_sweep(tmp_path / "s", grid, ["naive"], datasets=4)))
    assert ("A solid line shows where" in page) == (levels == 3)
    assert "Bands are 95 % intervals" not in page


def test_words_have_no_order_and_hold_alone_or_all():
    cells = GRID.cells
    answers = ["pass" if cell["truth"] == "prior" else "fail" for cell in cells]
    assert str(largest_region(cells, answers)) == "truth = prior"
    assert str(largest_region(cells, ["pass"] * 8)) == ""


def brute(cells, answers):
    """Count the cells of the largest box, of numbers, by looking at all of them."""
    names = list(cells[0])
    values = np.array([[cell[name] for name in names] for cell in cells], dtype=float)
    passes, most = np.array([a == "pass" for a in answers]), 0
    for low in values:
        for high in values:
            inside = ((low <= values) & (values <= high)).all(axis=1)
            if inside.any() and passes[inside].all():
                most = max(most, int(inside.sum()))
    return most


def test_the_largest_box_is_found_in_three_dimensions():
    grid = Grid({"a": (0, 1, 2), "b": (0, 1, 2), "c": (0, 1, 2)})
    rng = np.random.default_rng(4)
    for share in (0.5, 0.8, 0.95):
        answers = ["pass" if x < share else "fail" for x in rng.random(27)]
        found = largest_region(grid.cells, answers)
        assert len(found.cells) == brute(grid.cells, answers)


@pytest.mark.slow
def test_a_large_sweep_makes_a_page_of_less_than_two_megabytes(tmp_path):
    grid = Grid({"sd_U": (0, 1, 2, 3), "rows_per_group": (2, 5, 10, 30), "n_groups": (9, 20, 40)})
    names = ("naive", "fixed", "multilevel", "mundlak", "latent")
    made = made_sweep(tmp_path / "s", grid, names, 12, ("beta_XY", "beta_ZY"), common=0.6)
    assert len(sweep_page(load_sweep(made)).encode()) < 2e6


def test_several_sweeps_stand_on_one_page_and_no_run_beside_them(tmp_path, capsys):
    from synthetic import calibrated, fits, make_run

    grids = {"one": Grid({"sd_U": (0.0, 1.0)}), "other": SOME}
    folders = [
        str(made_sweep(tmp_path / name, grid, ["naive"], datasets=3))
        for name, grid in grids.items()
    ]
    page = tmp_path / "both.html"
    assert main(["report", *folders, "--out", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "<title>Sweep: one, other</title>" in text
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)
    run = make_run(tmp_path / "run", fits({"beta_XY": calibrated(5)}))
    assert main(["report", folders[0], str(run)]) == 2
    assert "each kind has a page of its own" in capsys.readouterr().err
