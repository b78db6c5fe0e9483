"""A study described: only what its run bears out, for runs, imported results and sweeps."""

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_sweep import made_sweep
from synthetic import SETTINGS, calibrated, fits, make_run

import sbc
from sbc.cli.main import main
from sbc.gates.config import Config
from sbc.gates.record import Record, write_record
from sbc.plugins.errors import UserError
from sbc.report.ademp import paragraphs
from sbc.store.database import Store
from sbc.store.folder import read_run, write_run
from sbc.store.frames import load_run
from sbc.studies.describe import describe
from sbc.studies.sweep.grid import Grid

HEADS = ["Aims", "Data-generating mechanisms", "Estimands", "Methods", "Performance measures"]
HEADS += ["Number of datasets", "Failures", "Reproducibility"]


def said_of(folder):
    return {one.head: " ".join(one.sentences) for one in paragraphs([load_run(folder)])}


@pytest.fixture
def folder(tmp_path):
    streams = {"beta_XY": calibrated(30), "beta_ZY": calibrated(30, 1)}
    rows = fits(streams, failed=[3, 4]) + fits(streams, estimator="naive")
    settings = replace(SETTINGS, estimators=("mundlak", "naive"), datasets=30,
                       parameters={"n_groups": 20})  # fmt: skip
    made = make_run(tmp_path / "run", rows, settings, expected_uniform=["mundlak"])
    more = {"sbc": "0.1.0", "python": "3.13.0", "packages": {"pymc": "6.0", "jax": None}}
    write_run(made, read_run(made) | more)
    return made


def test_it_says_what_the_run_holds(folder):
    said = said_of(folder)
    assert list(said) == HEADS
    assert said["Aims"] == "The aims of the study are not recorded in its run."
    assert "generator confound" in said["Data-generating mechanisms"]
    assert "n_groups = 20 was set" in said["Data-generating mechanisms"]
    assert "same datasets" in said["Data-generating mechanisms"]
    assert "The estimands were beta_XY and beta_ZY" in said["Estimands"]
    truth = load_run(folder).results.query("quantity == 'beta_XY'")["truth"]
    assert f"their mean was {truth.mean():.3g}" in said["Estimands"]
    assert "2 chains of 300 warm-up steps and 500 draws" in said["Methods"]
    assert "expected of mundlak" in said["Performance measures"]
    assert (
        "simulated 30 datasets. The reason for this number is not recorded"
        in said["Number of datasets"]
    )
    assert said["Failures"].startswith(
        "2 of 60 fits failed. Of mundlak, 2 of 30 failed (did not converge); commonest reason: 2 ×"
    )
    assert "no dataset was replaced" in said["Failures"]
    assert "2 fits were repeated" in said["Failures"]
    assert "seed of all random numbers was 1" in said["Reproducibility"]
    assert "pymc 6.0." in said["Reproducibility"]
    assert "jax" not in said["Reproducibility"]


def test_it_says_nothing_that_the_run_does_not_bear_out(tmp_path):
    rows = fits({"beta_XY": calibrated(10)})
    settings = replace(SETTINGS, datasets=25)
    said = said_of(make_run(tmp_path / "r", rows, settings, estimands=["beta_XY"]))
    whole = " ".join(said.values())
    assert said["Failures"] == "All 10 fits worked."
    assert "It is not complete: 10 of 25 planned fits were made." in said["Number of datasets"]
    assert said["Reproducibility"] == "The seed of all random numbers was 1."
    for word in ("uniformity", "set.", "same datasets", "again", "nan", "None"):
        assert word not in whole


def test_the_precision_that_was_asked_for_is_the_reason(folder):
    asked = {"errors": {"bias": 0.1}, "max_datasets": 40, "stopped": "reached", "open": []}
    write_run(folder, read_run(folder) | {"precision": asked})
    said = said_of(folder)["Number of datasets"]
    assert "bias 0.1, at most 40 datasets. The run stopped at 30 datasets" in said
    assert "not recorded" not in said


def test_what_is_not_known_of_imported_results_is_said(tmp_path):
    rng = np.random.default_rng(1)
    rows = [
        (k, n, m, 0.3 + rng.normal() / n, 1 / n) for n in (5, 20) for k in range(12) for m in "ab"
    ]
    frame = pd.DataFrame(rows, columns=["dataset", "n", "method", "estimate", "se"])
    frame.loc[0, "estimate"] = math.nan
    sbc.import_results(frame, tmp_path / "r", true=0.3)
    said = said_of(tmp_path / "r")
    assert "not known to sbc" in said["Data-generating mechanisms"]
    assert "crossed by n (5, 20)" in said["Data-generating mechanisms"]
    assert "The true value of estimate was 0.3 in all datasets" in said["Estimands"]
    assert "not known to sbc" in said["Methods"]
    assert "12 datasets in each of 2 combinations" in said["Number of datasets"]
    assert "1 of 48 fits failed" in said["Failures"]
    assert "replaced" not in said["Failures"]  # which nobody knows
    assert "seed" not in said["Reproducibility"]
    assert "chains" not in " ".join(said.values())


def test_what_has_not_worked_is_not_said_to_have_been_done(tmp_path):
    rows = fits({"beta_XY": calibrated(4)}, failed=range(4))
    said = said_of(make_run(tmp_path / "r", rows, replace(SETTINGS, datasets=4)))
    assert said["Methods"] == "No fit of mundlak by nutpie has worked."
    assert said["Performance measures"].startswith("There are no estimates")
    assert "largest" not in said["Number of datasets"]


def test_users_files_are_called_by_their_names(tmp_path):
    mine = "/home/me/studies/mine.py:model"
    settings = replace(SETTINGS, estimators=(mine,), datasets=10)
    rows = fits({"beta_XY": calibrated(10)}, estimator=mine)
    text = describe(make_run(tmp_path / "r", rows, settings))
    assert "model (mine.py) by nutpie" in text
    assert "/home" not in text


def test_it_is_written_in_markdown_and_latex(folder, capsys):
    assert main(["describe", str(folder)]) == 0
    text = capsys.readouterr().out
    assert re.findall(r"\*\*(.*?)\.\*\*", text) == HEADS
    assert r"beta\_XY" in text
    assert "doi:10.1002/sim.8086" in text
    assert main(["describe", str(folder), "--format", "latex"]) == 0
    text = capsys.readouterr().out
    assert re.findall(r"\\paragraph\{(.*?)\.\}", text) == HEADS
    assert r"95 \%" in text
    assert main(["describe", str(folder / "nothing")]) == 2
    with pytest.raises(UserError, match="markdown or latex"):
        describe(folder, "html")


def test_a_run_of_which_one_method_is_half_done_is_not_complete(tmp_path):
    streams = {"beta_XY": calibrated(6)}
    rows = fits(streams) + fits({"beta_XY": calibrated(3)}, estimator="naive")
    settings = replace(SETTINGS, estimators=("mundlak", "naive"), datasets=6)
    made = make_run(tmp_path / "r", rows, settings)
    assert "9 of 12 planned fits were made" in said_of(made)["Number of datasets"]
    write_record(made, Record(Config(), fitted=True))  # a gate has stopped where it knew enough
    told = said_of(made)["Number of datasets"]
    assert "not complete" not in told
    assert "until each check of a gate was decided" in told


def test_a_sweep_is_described_by_all_of_its_cells(tmp_path):
    grid = Grid({"sd_U": (0.0, 1.5), "mundlak@width": (1, 2)}, {"mundlak@width": "option"})
    gone = [(0, k, "naive") for k in range(5)]
    made = made_sweep(tmp_path / "s", grid, datasets=5, failed=gone)
    said = {one.partition(".** ")[0]: one for one in describe(made).split("\n\n")}
    assert (
        r"varied sd\_U (0, 1.5) and the option width of mundlak (1, 2), in a full"
        in said["**Data-generating mechanisms"]
    )
    assert "No fit of" not in said["**Methods"]  # it worked in other cells than the first
    assert "naive by nutpie and mundlak by nutpie" in said["**Methods"]
    assert "not complete" not in said["**Number of datasets"]
    # naive has two cells of its own and mundlak four: what the option leaves alone is counted once
    assert "5 of 30 fits failed" in said["**Failures"]


def test_a_sweep_that_was_stopped_is_not_told_as_whole(tmp_path):
    made = made_sweep(tmp_path / "s", Grid({"sd_U": (0.0, 1.5)}), datasets=4)
    with Store.open(made, write=True) as store, store.writing() as run:
        run.execute("DELETE FROM fit WHERE k > 1000000")
    assert "It is not complete: 10 of 16 planned fits were made" in describe(made)
