"""From a verdict to its cause, with the real sampler: what is at work is named, and kept."""

from __future__ import annotations

import json

import pytest

import sbc
from sbc.cli.main import main
from sbc.fitting import loop
from sbc.fitting.options import settings_over
from sbc.gates.causes import FILE, read_causes
from sbc.gates.config import Config
from sbc.gates.forward_file import read_forward
from sbc.plugins.errors import UserError
from sbc.report.page.page import page
from sbc.store.frames import load_run
from sbc.studies.explain.explain import explain
from sbc.studies.gate import judge_while_running

HERE = "tests/files/causes.py"
SIDES = "tests/files/two_sides.py"


def made(folder, datasets=120, **wanted):
    settings = settings_over(None, {"datasets": datasets, **wanted})
    with loop.create(settings, folder) as store:
        loop.execute(settings, store, 2, progress=False)
    return folder


def made_with_quantity(folder, name, datasets):
    wanted = {"estimator": f"{HERE}:mean_and_sd", "truth": "self", "datasets": datasets}
    return made(folder, quantity=f"{HERE}:{name}", **wanted)


def kinds(found):
    return [clue.kind for clue in found.causes]


def test_of_a_sound_run_there_is_nothing_to_explain(tmp_path):
    folder = made(tmp_path / "run", estimator=f"{HERE}:mean_and_sd", truth="self")
    (found,) = explain(folder)
    assert found.faults == ()
    assert found.causes == []
    assert "there is nothing to explain" in found.paragraph
    assert "Why" not in page([load_run(folder)])


@pytest.mark.slow
def test_a_sampler_whose_draws_lie_too_close_is_named_and_not_the_density(tmp_path):
    folder = made(
        tmp_path / "run", estimator=f"{HERE}:mean_and_sd", truth="self", engine=f"{HERE}:shrunk"
    )
    (found,) = explain(folder)
    assert set(kinds(found)) == {"sampler"}
    (moved,) = [clue for clue in found.causes if "by nutpie" in clue.words]
    assert "the posterior moves" in moved.words
    assert "mu: mean moved by" in moved.words
    assert float(moved.words.split("mu: ")[1].split("sd, sd ")[1][:4]) == pytest.approx(
        0.6, abs=0.05
    )
    # The same engine again says the same again: it draws as narrowly as before.
    assert len(found.causes) == 1
    assert found.paragraph.count("the sampler") == 1


@pytest.mark.slow
def test_a_density_that_does_not_belong_to_its_draws_is_named(tmp_path):
    folder = made(tmp_path / "run", estimator=f"{HERE}:other_density", truth="self", datasets=200)
    (found,) = explain(folder)
    assert kinds(found)[0] == "density"
    assert "mu" in found.causes[0].words


@pytest.mark.slow
def test_no_density_is_accused_whose_draws_were_not_compared(tmp_path):
    folder = made(
        tmp_path / "run",
        60,
        estimator=f"{SIDES}:line",
        generator=f"{SIDES}:clipped_line",
        engine="laplace",
    )
    (found,) = explain(folder, fit_again=False)
    assert found.faults
    (compared,) = read_forward(folder)
    assert "y" in compared.skipped
    # What was not looked at is not told as found.
    assert "agree" not in found.paragraph
    assert "belong together" not in found.paragraph
    assert "the sampler (no fit was made again)" in found.paragraph
    assert "density" not in kinds(found)


@pytest.mark.slow
def test_a_likelihood_that_differs_is_named_and_gate_and_page_say_so(tmp_path, capsys):
    folder = made(
        tmp_path / "run",
        estimator=f"{SIDES}:logistic",
        generator=f"{SIDES}:flipped_sign",
        truth="prior",
        datasets=60,
    )
    assert main(["gate", str(folder)]) == 1
    assert "to find out why: python -m sbc explain" in capsys.readouterr().out
    assert main(["explain", str(folder), "--no-fits", "--quiet"]) == 0
    told = capsys.readouterr().out
    assert "The cause is the likelihood of y" in told
    assert "shown by: python -m sbc check" in told
    assert main(["gate", str(folder), "--json", str(tmp_path / "gate.json")]) == 1
    assert "why: " in capsys.readouterr().out
    value = json.loads((tmp_path / "gate.json").read_text())
    assert value["causes"][0]["clues"][0]["kind"] == "likelihood"
    shown = page([load_run(folder)])
    assert "<h3>Why</h3>" in shown
    assert "Generator and model, before any fit" in shown
    assert "The cause is the likelihood of y" in shown


@pytest.mark.slow
def test_where_uniform_ranks_are_not_expected_the_design_is_told(tmp_path):
    folder = made(tmp_path / "run", estimator="mundlak", truth="effects", datasets=30)
    (found,) = explain(folder)
    assert found.faults == ()
    assert "differ by design" in found.paragraph
    assert "prior of alpha_bar" in found.paragraph


def test_what_was_found_is_read_again_and_damage_is_told(tmp_path):
    folder = made(tmp_path / "run", estimator=f"{HERE}:mean_and_sd", truth="self", datasets=5)
    found = explain(folder)
    assert list(read_causes(folder)) == found
    (folder / FILE).write_text("{}")
    with pytest.raises(UserError, match="is damaged"):
        read_causes(folder)


def test_a_run_without_fits_is_refused(tmp_path):
    settings = settings_over(None, {"estimator": f"{HERE}:mean_and_sd", "truth": "self"})
    loop.create(settings, tmp_path / "run").close()
    with pytest.raises(UserError, match="nothing to explain"):
        explain(tmp_path / "run")


def test_a_quantity_of_the_users_is_ranked_beside_the_estimands(tmp_path):
    folder = made_with_quantity(tmp_path / "run", "spread_of_mu", 10)
    run = load_run(folder)
    assert "spread_of_mu" in set(run.results.quantity)
    assert str(HERE) in run.provenance.files


def test_functions_are_left_out_and_named(tmp_path):
    files = "tests/files"
    model, function = f"{files}/normal_mean.py:normal_mean", f"{files}/functions.py:posterior"
    how = {"truth": "prior", "engine": "exact", "datasets": 5, "jobs": 1, "progress": False}
    world = f"{files}/normal_mean.py:normal_world"
    folder = sbc.run([model, function], world, out=tmp_path / "run", **how).folder
    said: list[str] = []
    (found,) = explain(folder, say=said.append)
    assert found.estimator == model
    assert said[0].endswith("posterior is left out: a function has no model to examine")
    folder = sbc.run(function, world, out=tmp_path / "alone", **how).folder
    with pytest.raises(UserError, match="holds only functions, which have no model"):
        explain(folder)


@pytest.mark.parametrize(
    ("quantity", "told"),
    [
        ("raising_quantity", "raises KeyError: 'nope'"),
        ("two_numbers", "must give one number, not an array of shape"),
    ],
)
def test_a_quantity_that_gives_no_number_is_refused_before_any_fit(tmp_path, quantity, told):
    with pytest.raises(UserError, match=told):
        made_with_quantity(tmp_path / "run", quantity, 3)


def test_a_constant_quantity_is_not_ranked_and_fails_no_fit(tmp_path):
    folder = made_with_quantity(tmp_path / "run", "always_one", 5)
    run = load_run(folder)
    assert "always_one" not in set(run.results.quantity)
    assert (run.fits.status != "nonconverged").sum() >= 3


def test_a_gate_that_failed_before_any_fit_is_explained(tmp_path):
    settings = settings_over(
        None,
        {"estimator": f"{SIDES}:logistic", "generator": f"{SIDES}:wider_z", "truth": "prior"},
    )
    folder = tmp_path / "run"
    gate = judge_while_running(settings, folder, Config(max_datasets=60), jobs=1)
    assert gate.outcome == "fail"
    (found,) = explain(folder)
    assert "The cause is the prior of z" in found.paragraph


@pytest.mark.slow
def test_fits_that_raise_are_no_fault_of_the_sampler(tmp_path):
    folder = made(
        tmp_path / "run",
        estimator=f"{HERE}:mean_and_sd",
        truth="self",
        engine=f"{HERE}:broken",
        datasets=20,
    )
    (found,) = explain(folder)
    assert kinds(found) == ["error"]
    assert "out of order" in found.paragraph
