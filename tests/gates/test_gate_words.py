"""What a gate says of the check before any fit: nothing passes that was not compared in full."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

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
