"""Sweeps by the command line, on a conjugate model whose fits cost nothing."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from cells import TABLES, contents

import sbc
from sbc.cli.main import main
from sbc.plugins import registry
from sbc.plugins.memory import forget
from sbc.store.rows import CELL
from sbc.store.schema import RESULTS_FILE
from sbc.studies.sweep.read import load_sweep

FILE = Path(__file__).resolve().parents[2] / "files" / "normal_mean.py"
WORLD = ["--generator", f"{FILE}:normal_world", "--estimator", f"{FILE}:normal_mean"]
EXACT = [*WORLD, "--engine", "exact", "--seed", "3", "--quiet", "--jobs", "1"]
VARY = ["--vary", "n_rows=2,5"]


def sweep(folder, *more):
    assert main(["sweep", *EXACT, *VARY, "--out", str(folder), *more]) == 0
    return folder


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    return sweep(tmp_path_factory.mktemp("sweep") / "whole", "--datasets", "12")


@pytest.mark.parametrize(("cell", "n_rows"), [(0, 2), (1, 5)])
def test_a_cell_has_the_bits_of_a_run_of_its_own(swept, tmp_path, cell, n_rows):
    alone = ["--set", f"n_rows={n_rows}", "--datasets", "12", "--out", str(tmp_path / "run")]
    assert main(["run", *EXACT, *alone]) == 0
    assert contents(swept, cell) == contents(tmp_path / "run")


def test_cells_share_their_random_numbers(swept):
    few, many = contents(swept, 0), contents(swept, 1)
    for table, column in (("dataset", "truth"), ("dataset", "stream"), ("fit", "seed")):
        assert [row[column] for row in few[table]] == [row[column] for row in many[table]]
    assert [row["mean"] for row in few["result"]] != [row["mean"] for row in many["result"]]


def test_a_sweep_that_was_stopped_goes_on_to_the_same_bits(swept, tmp_path, capsys):
    folder = sweep(tmp_path / "sweep", "--datasets", "12")
    with closing(sqlite3.connect(folder / RESULTS_FILE)) as connection, connection:
        for table in TABLES:
            connection.execute(f"DELETE FROM {table} WHERE k % 3 = 1")
    assert main(["sweep", "--resume", str(folder), "--quiet"]) == 0
    assert all(contents(folder, c) == contents(swept, c) for c in (0, 1))
    assert "24 fits in all" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["", "# another model\n"])
@pytest.mark.parametrize("command", [["sweep"], ["design", "--width-95", "3"]])
def test_it_goes_on_only_with_the_models_that_it_began_with(command, change, tmp_path, capsys):
    own = tmp_path / "own.py"
    own.write_text(FILE.read_text(encoding="utf-8"), encoding="utf-8")
    world = ["--generator", f"{own}:normal_world", "--estimator", f"{own}:normal_mean"]
    begun = [*command, *world, "--engine", "exact", *VARY, "--datasets", "30", "--quiet"]
    assert main([*begun, "--out", str(tmp_path / "made")]) == 0
    own.write_text(own.read_text(encoding="utf-8") + change, encoding="utf-8")
    words = [*command, "--resume", str(tmp_path / "made"), "--datasets", "40", "--quiet"]
    assert main(words) == (2 if change else 0)
    told = f"{own} has changed since {tmp_path / 'made'} was made; start a new run"
    assert (told in capsys.readouterr().err) == bool(change)


def test_a_sweep_grows(swept, tmp_path):
    folder = sweep(tmp_path / "sweep", "--datasets", "5")
    assert main(["sweep", "--resume", str(folder), "--datasets", "12", "--quiet"]) == 0
    assert all(contents(folder, c) == contents(swept, c) for c in (0, 1))
    (counts,) = load_sweep(folder).plan.datasets.values()
    assert counts == (12, 12)


def test_shards_are_merged_to_the_same_bits(swept, tmp_path, capsys):
    parts = [sweep(tmp_path / str(i), "--datasets", "12", "--shard", f"{i}/3") for i in (1, 2, 3)]
    counts = [len(contents(part)["fit"]) for part in parts]
    assert counts == [4, 4, 4]
    assert main(["merge", *map(str, parts), "--out", str(tmp_path / "whole")]) == 0
    assert all(contents(tmp_path / "whole", c) == contents(swept, c) for c in (0, 1))
    capsys.readouterr()
    gap = ["merge", *map(str, parts[:2]), "--out", str(tmp_path / "gap")]
    assert main(gap) == 2
    assert "8 of 24 fits are missing, the first of dataset 2;" in capsys.readouterr().err
    assert main([*gap, "--allow-gaps"]) == 0
    assert "sbc sweep --resume" in capsys.readouterr().out
    assert main(["sweep", "--resume", str(tmp_path / "gap"), "--quiet"]) == 0
    assert all(contents(tmp_path / "gap", c) == contents(swept, c) for c in (0, 1))


def test_sweeps_of_other_grids_are_not_merged(swept, tmp_path, capsys):
    other = tmp_path / "other"
    words = ["sweep", *EXACT, "--vary", "n_rows=2,6", "--datasets", "12", "--out", str(other)]
    assert main(words) == 0
    assert main(["merge", str(swept), str(other), "--out", str(tmp_path / "m")]) == 2
    assert "vary" in capsys.readouterr().err


def test_fits_that_no_plan_has_are_refused_when_merging(tmp_path, capsys):
    part = sweep(tmp_path / "part", "--datasets", "3")
    with closing(sqlite3.connect(part / RESULTS_FILE)) as connection, connection:
        connection.execute(f"UPDATE fit SET k = {5 * CELL} WHERE k = 0")
    assert main(["merge", str(part), "--out", str(tmp_path / "m"), "--allow-gaps"]) == 2
    assert "not of its run" in capsys.readouterr().err


def test_one_fit_of_a_cell_is_made_again(swept, capsys):
    words = ["replay", str(swept), "--dataset", "3", "--estimator", f"{FILE}:normal_mean"]
    assert main([*words, "--cell", "1"]) == 0
    assert "identical to the stored fit" in capsys.readouterr().out
    for wrong in ([], ["--cell", "2"]):
        assert main([*words, *wrong]) == 2
        assert "--cell 0 to 1" in capsys.readouterr().err


def test_who_takes_a_single_run_says_so_of_a_sweep(swept, tmp_path, capsys):
    folder = str(swept)
    assert main(["run", "--resume", folder]) == 2
    assert "is a sweep and no single run" in capsys.readouterr().err
    assert main(["run", *EXACT, "--datasets", "2", "--out", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    for words in (
        ["sweep", "--resume", str(tmp_path / "run")],
        ["replay", str(tmp_path / "run"), "--dataset", "0", "--estimator",
         f"{FILE}:normal_mean", "--cell", "0"],
    ):  # fmt: skip
        assert main(words) == 2
        assert "is a run and no sweep" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "a sweep varies something"),
        (["--vary", "n_rows=2,5", "--bound", "bias"], "METRIC=VALUE"),
        (["--vary", "n_rows=2,5", "--bound", "bais=1"], "Did you mean 'bias'"),
        (["--vary", "n_rows=2,5", "--bound", "coverage_95=0.9"], "two bounds"),
        (["--vary", "n_rows=2,5", "--bound", "calibrated=0.1"], "no metric"),
        (["--vary", "n_rows=2,5", "--precision", "bias=0"], "positive"),
        (["--vary", "n_rows=2,5", "--precision", "bias"], "METRIC=ERROR"),
        (["--vary", "n_rows=2,5", "--precision", "coverage_00=1"], "no metric"),
        (["--vary", "n_rows=2,5", "--max-datasets", "0"], "at least 1"),
        (["--vary", "n_rows=2,5", "--budget", "0"], "at least 1"),
        (["--vary", "n_rows=2,5", "--datasets", "1000001"], "at most 1,000,000"),
        (["--vary", "n_rows=2,5", "--precision", "bias=1", "--shard", "1/2"], "a part of them"),
        (["--resume", ".", "--out", "x"], "name one of them"),
    ],
)
def test_a_mistake_is_told_in_one_line(words, told, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", *EXACT, *words]) == 2
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def damaged(folder, change):
    run = json.loads((folder / "run.json").read_text())
    change(run["sweep"])
    (folder / "run.json").write_text(json.dumps(run))


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.pop("vary"),
        lambda s: s.update(vary={"n_rows": [2, 5, 7]}),
        lambda s: s.update(datasets=[]),
        lambda s: s.update(datasets={name: [1, -1] for name in s["datasets"]}),
        lambda s: s.update(datasets={name: ["a", None] for name in s["datasets"]}),
        lambda s: s.update(bounds={"bias": "x"}),
        lambda s: s.update(bounds=3),
        lambda s: s.update(precision={"bias": "x"}),
        lambda s: s.update(budget=0.5),
    ],
)
def test_a_damaged_plan_is_told_in_one_line(change, tmp_path, capsys):
    folder = sweep(tmp_path / "sweep", "--datasets", "2")
    capsys.readouterr()
    damaged(folder, change)
    for words in (["table", str(folder)], ["sweep", "--resume", str(folder)]):
        assert main(words) == 2
        assert "run.json is damaged" in capsys.readouterr().err


def test_datasets_go_where_the_doubt_is(tmp_path, capsys):
    # The posterior sd is 1/√(n + 1): the bias of one row a dataset is harder to know.
    folder = sweep(
        tmp_path / "sweep",
        *("--datasets", "50", "--bound", "bias=0.5", "--precision", "bias=0.03"),
        *("--max-datasets", "400"),
    )
    (counts,) = load_sweep(folder).plan.datasets.values()
    assert 50 < counts[1] < counts[0] < 400
    assert "0 of 2 cells in doubt" in capsys.readouterr().out
    sizes = [len(contents(folder, cell)["fit"]) for cell in (0, 1)]
    assert sizes == list(counts)


def test_a_budget_that_is_spent_ends_it(tmp_path, capsys):
    options = ("--datasets", "30", "--precision", "bias=0.001")
    folder = sweep(tmp_path / "most", *options, "--max-datasets", "60")
    assert load_sweep(folder).plan.fits(load_sweep(folder).settings) == 120
    assert "2 of 2 cells in doubt" in capsys.readouterr().out
    folder = sweep(tmp_path / "budget", *options, "--budget", "70")
    assert len(contents(folder, 0)["fit"]) + len(contents(folder, 1)["fit"]) == 70


def test_the_bits_do_not_depend_on_how_datasets_were_added(swept, tmp_path):
    folder = sweep(
        tmp_path / "sweep", "--datasets", "4", "--precision", "bias=0.001", "--max-datasets", "12"
    )
    assert all(contents(folder, c) == contents(swept, c) for c in (0, 1))


def compilations(monkeypatch, tmp_path, *vary):
    """Sweep with a sampler and count what it compiles, by estimator."""
    counted = []
    engine = registry.engine("nutpie")
    compile_ = engine.compile

    def counting(estimator, generator, data):
        counted.append(estimator.name)
        return compile_(estimator, generator, data)

    monkeypatch.setattr(engine, "compile", counting)
    forget()
    words = ["sweep", "--estimator", "naive,multilevel", *vary, "--datasets", "1", "--quiet"]
    budget = ["--draws", "20", "--tune", "20", "--jobs", "2"]
    assert main([*words, *budget, "--out", str(tmp_path / "sweep")]) == 0
    assert all(len(contents(tmp_path / "sweep", cell)["fit"]) == 2 for cell in range(4))
    return sorted(counted)


def test_each_estimator_is_compiled_once_for_all_cells(monkeypatch, tmp_path):
    vary = ["--vary", "sd_U=0,2", "--vary", "rows_per_group=2,4", "--set", "n_groups=5"]
    assert compilations(monkeypatch, tmp_path, *vary) == ["multilevel", "naive"]


def test_only_other_lengths_of_parameters_are_compiled_again(monkeypatch, tmp_path):
    vary = ["--vary", "sd_U=0,2", "--vary", "n_groups=4,6"]
    # naive has no parameter along the groups
    assert compilations(monkeypatch, tmp_path, *vary) == ["multilevel", "multilevel", "naive"]


def test_a_sweep_has_the_verbs_of_a_run(swept, tmp_path):
    sweep = sbc.load(swept)
    assert sweep.table()["cell"].nunique() == len(sweep.cells)
    assert "<pre>generator" in sweep._repr_html_()
    assert "sweep" in sweep.report(tmp_path / "page.html").read_text(encoding="utf-8").lower()
    files = sweep.export("csv", tmp_path / "csv")
    assert [file.name for file in files] == ["long.csv", "fits.csv", "results.csv", "table.csv"]
    fits = pd.read_csv(files[1])
    (varied,) = sweep.plan.grid.vary
    assert list(fits.columns[:2]) == ["cell", varied]
    assert len(fits) == sum(len(run.fits) for run in sweep.runs)
    for run in sweep.runs:
        assert (fits[fits.cell == run.cell][varied] == sweep.cells[run.cell][varied]).all()
    (tree,) = sweep.export("netcdf", tmp_path)
    assert tree.suffix == ".nc"


def test_what_varies_may_be_called_as_a_column_is(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(
        Path(FILE).read_text(encoding="utf-8").replace("n_rows", "attempt"), encoding="utf-8"
    )
    words = ["sweep", "--generator", f"{file}:normal_world", "--estimator", f"{file}:normal_mean"]
    words += ["--engine", "exact", "--vary", "attempt=4,6", "--datasets", "2", "--quiet"]
    assert main([*words, "--out", str(tmp_path / "sweep")]) == 0
    files = sbc.load(tmp_path / "sweep").export("csv", tmp_path)
    header, *rows = files[1].read_text(encoding="utf-8").splitlines()
    assert header.startswith("cell,vary_attempt,")
    assert header.count(",attempt,") == 1
    assert [row.split(",")[:2] for row in rows] == [["0", "4"], ["0", "4"], ["1", "6"], ["1", "6"]]
