"""What a gate says: before any fit nothing passes that was not compared in full; what failed."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from synthetic import SETTINGS, calibrated, fits, make_run, scaled

import sbc
from sbc.gates.forward import Forward, Found
from sbc.gates.words import before, forward_label


def found(n, at=None):
    return Found("prior", "tau", n, "location", 0.5, 0.01, 0.0, at, "agrees in all")


@pytest.mark.parametrize(
    ("variables", "judged", "label", "words"),
    [
        ([found(400)], True, "PASS", "agree (400 datasets)"),
        ([found(100)], True, "INCONCLUSIVE", "in full on 100 of 400 datasets"),
        ([found(400), found(9)], True, "INCONCLUSIVE", "in full on 9 of 400 datasets"),
        ([], True, "INCONCLUSIVE", "could not be compared (400 datasets)"),
        ([found(400, at=12)], True, "FAIL", "differ"),
        ([found(400)], False, "", "agree (400 datasets)"),
    ],
)
def test_the_label_says_what_the_words_say(variables, judged, label, words):
    one = Forward("mine", judged, 0.001, 400, tuple(variables))
    assert forward_label(one) == label
    assert words in before(one)


def test_a_gate_prints_the_label(monkeypatch):
    from sbc.gates import words

    one = Forward("mine", True, 0.001, 400, (found(100),))
    gate = SimpleNamespace(forward=[one], verdicts=[], beside=[], failures=[])
    for name in ("regime", "conclusion"):
        monkeypatch.setattr(words, name, lambda gate: "")
    monkeypatch.setattr(words, "notes", lambda gate: [])
    assert "INCONCLUSIVE  mine: before any fit" in words.text(gate)
    assert "PASS" not in words.text(gate)


def test_a_fail_is_titled_by_the_quantity_that_failed(tmp_path):
    own = replace(SETTINGS, truth="self")
    even, narrow = calibrated(), scaled(0.4, seed=1)
    for of_mu, of_prior, title in (
        (even, narrow, "FAIL          mundlak log_prior, judged with mu: calibrated within 0.1"),
        (narrow, even, "FAIL          mundlak mu: calibrated within 0.1"),
        (even, even, " mundlak mu: calibrated within 0.1"),
    ):
        rows = fits({"mu": of_mu, "log_prior": of_prior}, source="mundlak")
        name = str(len(list(tmp_path.iterdir())))
        run = make_run(tmp_path / name, rows, own, expected_uniform=["mundlak"], estimands=["mu"])
        gate = sbc.load(run).gate(expect={"mu": "calibrated"})
        assert title in str(gate)
        shown = gate._repr_html_()
        assert ("log_prior, judged with mu" in shown) == ("log_prior, judged" in title)
        gate = sbc.load(run).gate(expect={"mu": "calibrated"}, junit=tmp_path / "0" / "a.xml")
        assert 'name="mu: calibrated within 0.1"' in (tmp_path / "0" / "a.xml").read_text()


def test_a_control_that_is_not_caught_is_about_what_it_names(tmp_path):
    rows = fits({"mu": calibrated(), "log_prior": calibrated(seed=1)}, source="mundlak")
    own = replace(SETTINGS, truth="self")
    run = make_run(tmp_path / "run", rows, own, expected_uniform=["mundlak"], estimands=["mu"])
    told = str(sbc.load(run).gate(expect={"mu": "miscalibrated"}))
    assert "mundlak mu: miscalibrated" in told
