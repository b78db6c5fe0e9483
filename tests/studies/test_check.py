"""The forward check: each planted fault is found before any fit, and where it lies is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sbc.fitting.options import settings_over
from sbc.gates.config import Config
from sbc.gates.forward import Forward, evidence, judge_forward
from sbc.gates.forward_file import FILE, read_forward, write_forward
from sbc.gates.forward_words import text
from sbc.plugins.errors import UserError
from sbc.studies.check import check

FILES = "tests/files/two_sides.py"
#: The generator, what is named, and how many datasets that takes at most.
FAULTS = [
    ("halved_prior_sd", "prior of b", 100),
    ("wider_z", "prior of z", 100),
    ("other_family", "prior of tau", 400),
    ("flipped_sign", "likelihood of y", 100),
    ("off_by_one", "likelihood of y", 200),
    ("shuffled", "likelihood of y", 200),
    ("probit", "likelihood of y", 100),
    ("other_alpha", "truth of alpha", 20),
]


def settings(generator, datasets, seed=1, **wanted):
    wanted = {"estimator": f"{FILES}:logistic", "generator": f"{FILES}:{generator}", **wanted}
    return settings_over(None, {**wanted, "datasets": datasets, "seed": seed})


@pytest.mark.parametrize(("generator", "named", "datasets"), FAULTS)
def test_a_fault_is_found_and_named_first(generator, named, datasets):
    (found,) = check(settings(generator, datasets))
    assert found.judged
    assert found.faults[0].what == named


def test_a_model_that_states_the_same_is_not_accused():
    (found,) = check(settings("sound", 150))
    assert found.faults == []
    assert {one.what for one in found.found} == {
        *(f"prior of {name}" for name in ("a", "b", "c", "tau", "z")),
        "likelihood of y",
    }
    assert "No difference found." in text(found)
    assert "would usually detect" in text(found)


@pytest.mark.slow
def test_sound_models_are_accused_no_more_often_than_told():
    """400 looks at 20 seeds each of two models, at a rate of one in ten: three at most in forty."""
    accused = 0
    for seed in range(20):
        (mine,) = check(settings("sound", 400, seed), alpha=0.1)
        wanted = {"estimator": "latent", "truth": "prior", "datasets": 400, "seed": seed}
        (lecture,) = check(settings_over(None, wanted), alpha=0.1)
        accused += bool(mine.faults) + bool(lecture.faults)
    assert accused <= 9  # of 40 at one in ten: more with a chance below one in a thousand


def test_the_error_rate_holds_over_two_thousand_looks():
    """Eleven streams of uniform numbers, in five variables of which one has seven elements."""
    rng = np.random.default_rng(0)
    named = 0
    for _ in range(200):
        pits = {("prior", f"v{i}", "value"): rng.random(2000) for i in range(4)}
        pits |= {("prior", "z", f"[{i}]"): rng.random(2000) for i in range(6)}
        pits["prior", "z", "location"] = rng.random(2000)
        found = judge_forward(pits, {}, 2000, alpha=0.1)
        named += any(one.at is not None for one in found)
    assert named <= 36  # of 200 at one in ten: more with a chance below one in a thousand


def test_its_twin_with_one_stream_a_little_off_is_named():
    rng = np.random.default_rng(0)
    pits = {("prior", f"v{i}", "value"): rng.random(2000) for i in range(4)}
    pits["prior", "v2", "value"] **= 1.2
    found = judge_forward(pits, {}, 2000, alpha=0.001)
    assert [one.variable for one in found if one.at is not None] == ["v2"]
    assert "lie too low" in found[2].words


def test_missing_datasets_are_no_evidence():
    u = np.random.default_rng(0).random((1, 50)) ** 3
    gaps = np.full((1, 100), np.nan)
    gaps[:, ::2] = u
    assert evidence(gaps)[0, -1] == pytest.approx(evidence(u)[0, -1])


def test_where_ranks_are_not_expected_to_be_uniform_nothing_fails():
    wanted = {"estimator": "latent", "truth": "effects", "datasets": 60}
    (found,) = check(settings_over(None, wanted))
    assert not found.judged
    assert found.faults == []
    differing = {one.what for one in found.found if one.at is not None}
    assert "prior of alpha_bar" in differing
    assert "likelihood of Y" not in differing
    assert "fails nothing" in text(found)


def test_of_a_model_on_its_own_data_there_is_nothing_to_compare():
    with pytest.raises(UserError, match="nothing to compare it with"):
        check(settings_over(None, {"estimator": "latent", "truth": "self"}))


def test_with_a_simulator_the_likelihood_alone_is_compared():
    one = settings_over(
        None,
        {
            "estimator": "docs/examples/eight_schools.py:non_centred",
            "simulator": f"{FILES}:too_wide",
            "datasets": 60,
        },
    )
    (found,) = check(one)
    assert [one.what for one in found.found] == ["likelihood of effect"]
    assert found.faults


def test_what_was_found_is_kept_and_read_again(tmp_path):
    found = check(settings("other_alpha", 20))
    write_forward(tmp_path, found)
    assert list(map(text, read_forward(tmp_path))) == list(map(text, found))
    assert read_forward(tmp_path / "nowhere") == ()
    (tmp_path / FILE).write_text("[1]")
    with pytest.raises(UserError, match="is damaged"):
        read_forward(tmp_path)


def test_a_dataset_that_cannot_be_compared_is_counted():
    (found,) = check(settings("sometimes_odd", 40))
    assert sum(found.failed.values()) > 0
    assert "ValueError: no rows are left" in found.failed
    assert "not compared in all" in text(found)
    # One dataset in five is left out, and what keeps them from it may be the fault.
    assert found.incomplete
    assert "Undecided" in text(found)


def test_truths_that_the_model_calls_impossible_are_a_fault():
    (found,) = check(settings("negative_tau", 40))
    assert [one.what for one in found.faults] == ["prior of tau"]
    assert "are impossible under the model's prior in" in text(found)


def test_what_is_found_depends_on_seed_and_names_alone():
    (one,) = check(settings("sound", 30))
    (again,) = check(settings("sound", 30))
    assert one == again
    (other,) = check(settings("sound", 30, seed=2))
    assert one.found[0].pit_mean != other.found[0].pit_mean


def test_a_gate_looks_first_and_fits_nothing_where_the_two_differ(tmp_path):
    from sbc.studies.gate import judge_while_running

    one = replace(settings("wider_z", 1), engines=("nutpie",))
    folder = tmp_path / "run"
    gate = judge_while_running(one, folder, Config(max_datasets=60), jobs=1)
    assert (gate.outcome, gate.exit_code) == ("fail", 1)
    (kept,) = read_forward(folder)
    assert isinstance(kept, Forward)
    assert kept.alpha == pytest.approx(0.0001)
    assert [found.n for found in gate.failures] == [0]


def test_a_function_states_no_model_to_compare_with():
    with pytest.raises(UserError, match="wald' is a function: it states no model to compare"):
        check(settings("sound", 5, estimator="tests/files/functions.py:wald"))
