"""What a lecture does: whole, in parts, and after it was cut short."""

import pandas as pd
import pytest

from sbc.cli.main import main
from sbc.studies.lecture import perform
from sbc.studies.lecture.evidence import SCORES, Evidence
from sbc.studies.lecture.plan import Plan, run_folder, sigma_of, with_sigma
from sbc.studies.lecture.scenarios import SCENARIOS, TANKS


def test_a_line_that_was_cut_off_is_dropped(tmp_path):
    file = tmp_path / SCORES
    file.write_text("k,p\n1,2.5\n2,3.", encoding="utf-8")
    perform._repair(file)
    assert file.read_text(encoding="utf-8") == "k,p\n1,2.5\n"
    perform._repair(file)
    assert file.read_text(encoding="utf-8") == "k,p\n1,2.5\n"
    perform._repair(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_the_grid_is_the_lecture_s():
    sigmas = Plan(datasets=2, seed=1, grid=20).sigmas
    assert (sigmas[0], sigmas[-1], len(sigmas)) == (0.1, 5.0, 20)
    assert [sigma_of(with_sigma(sigma)) for sigma in sigmas] == sigmas
    assert sigma_of("tanks_fixed_sigma") == 1.0
    assert sigma_of("tanks_multilevel") is None


def test_the_real_tanks_are_the_lecture_s():
    data = perform.lecture_dataset("tanks")
    assert data["S"].shape == (48,)
    assert (data["S"] <= data["D"]).all()
    assert perform.lecture_dataset("confound")["Y"].shape == (200,)


def frames(folder):
    """Give all that the runs of a lecture hold, but for the times that fits took."""
    found = []
    for scenario in SCENARIOS:
        run = Evidence(scenario, run_folder(folder, scenario)).run
        found += [run.fits.drop(columns="seconds"), run.results]
    return [*found, Evidence(TANKS, run_folder(folder, TANKS)).scores]


@pytest.mark.slow
def test_a_lecture_in_two_parts_is_the_lecture(tmp_path, capsys):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    options = ["--quick", "--quiet", "--jobs", "2"]
    assert main(["lecture", "--out", str(whole), "--datasets", "6", *options]) == 0
    assert main(["lecture", "--out", str(parts), "--datasets", "4", *options]) == 0
    scores = run_folder(parts, TANKS) / SCORES
    scores.write_text(scores.read_text(encoding="utf-8")[:-9], encoding="utf-8")  # cut short
    again = ["lecture", "--resume", str(parts), "--datasets", "6", "--quiet", "--jobs", "1"]
    assert main(again) == 0
    for one, other in zip(frames(whole), frames(parts), strict=True):
        pd.testing.assert_frame_equal(one, other)
    told = capsys.readouterr().out.splitlines()
    verdicts = [line for line in told if line.endswith(")")]
    assert verdicts[: len(verdicts) // 3] == verdicts[-len(verdicts) // 3 :]
    assert (parts / "lecture.html").stat().st_size > 50_000
