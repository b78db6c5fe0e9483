import pytest
from synthetic import SETTINGS, calibrated, fits, make_run

from sbc.plugins import catalogue, registry
from sbc.report.figures.colours import PALETTE, assign
from sbc.report.labels import Labels
from sbc.report.page.answer import grid, regime_words
from sbc.report.verdicts import pairs_of, with_words
from sbc.store.frames import load_run


def judged(run):
    return {(p.estimator, p.quantity): p for p in with_words(pairs_of(run))}


def test_verdicts_are_those_of_the_sequential_gate(make):
    found = judged(make(n=200, estimators=("latent", "mundlak", "naive")))
    assert found["latent", "beta_XY"].outcome == "pass"
    assert found["latent", "beta_XY"].words == ""
    assert found["mundlak", "beta_XY"].outcome == "fail"
    assert found["mundlak", "beta_XY"].words.startswith(
        "The posterior is too narrow: its sd is about"
    )
    assert found["naive", "beta_XY"].outcome == "fail"
    assert "too high by 1.00 " in found["naive", "beta_XY"].words
    assert "too low by 0.50 " in found["naive", "beta_ZY"].words


def test_too_few_datasets_leave_it_open_and_say_how_many_more(make):
    pair = judged(make(n=40, estimators=("latent",)))["latent", "beta_XY"]
    assert pair.outcome == "inconclusive"
    assert "more datasets would tell" in pair.note


def test_failed_fits_that_could_turn_a_verdict_leave_it_open(make):
    found = judged(make(n=200, estimators=("latent",), failed=range(0, 200, 4)))
    pair = found["latent", "beta_XY"]
    assert pair.outcome == "inconclusive"
    assert pair.note == "the failed fits could change it"
    assert pair.n == 150


def test_the_number_that_says_how_comes_first(make):
    run = make(n=200, estimators=("mundlak", "naive"))
    pairs = with_words(pairs_of(run))
    labels = Labels.of(run, assign(run.settings.estimators))
    rows = grid(run, pairs, labels, [str(i) for i in range(len(pairs))])
    first = {row["name"]: row["cells"][0][1]["lines"][0][0] for row in rows}
    assert first == {"mundlak": "95 % interval covers", "naive": "bias"}


@pytest.mark.parametrize(
    ("expected_uniform", "words"),
    [
        ((), "Uniform ranks are expected of no estimator"),
        (("latent",), "Uniform ranks are expected of latent alone"),
        (("latent", "naive"), "any departure is a fault of model or sampler"),
    ],
)
def test_the_regime_says_of_whom_uniform_ranks_are_expected(make, expected_uniform, words):
    assert words in " ".join(regime_words(make(n=2, expected_uniform=expected_uniform)))


def test_a_gap_ends_what_is_judged(tmp_path):
    rows = fits({"beta_XY": calibrated(200)})
    del rows[50]
    run = load_run(make_run(tmp_path / "gap", rows, SETTINGS))
    assert pairs_of(run)[0].outcome == "inconclusive"


def test_an_estimator_keeps_its_colour_whoever_else_is_there():
    assert assign(["mine.py:x", "naive"])["naive"] == assign(["naive", "latent"])["naive"]
    many = assign(f"mine.py:{i}" for i in range(20))
    assert set(many.values()) == set(range(len(PALETTE)))


@pytest.mark.parametrize("world", ["confound", "reedfrogs", "trolley"])
def test_no_two_estimators_of_a_report_share_a_colour(world):
    shown = [name for name in catalogue.names("estimator") if registry.feeds(world, name)]
    places = assign(shown[: len(PALETTE)])
    assert len({places[name] for name in shown[: len(PALETTE)]}) == min(len(shown), len(PALETTE))
