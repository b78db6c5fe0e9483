"""Nothing out of a run moves a terminal, breaks a line's direction or orders a build server."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.cli.main import main
from sbc.cli.terminal import cleaned

#: Names as a stranger's run may have them.
HOSTILE = (
    "x\n::error file=a::owned",
    "\u202egnitset",
    "a\x1b[31mred\x1b]0;title\x07",
    "b\r\n::set-output name=a::b",
    "##[error]owned",
    "c\u2066d\x85::add-mask::x",
)
COMMANDS = (
    ("table",),
    ("table", "--format", "csv"),
    ("table", "--format", "markdown"),
    ("gate", "--expect", "{estimator}:beta_XY=calibrated"),
    ("gate", "--expect", "nobody:beta_XY=calibrated"),
    ("export", "--format", "csv"),
)
BAD = "\x1b\x07\r\x85\u202e\u2066"


@given(st.text())
def test_what_is_clean_obeys_nobody_and_is_left_as_it_is(text):
    once = cleaned(text)
    assert cleaned(once) == once
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in once.split("\n"))
    assert not set(once) & set(BAD)
    if text.isprintable() and ":" not in text and "#" not in text:
        assert once.replace("�", "") == text.replace("�", "") or any(not c.isascii() for c in text)


def test_line_breaks_tabs_and_letters_of_all_scripts_stay():
    text = "a\tb\nβ̂ é 漢字 שלום\n  c::d"
    assert cleaned(text) == text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_stranger_s_names_give_no_orders(
    name, new_run, new_fit, new_settings, capsys, monkeypatch
):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    fits = [replace(new_fit(k), estimator=name) for k in range(12)]
    fits[1] = replace(fits[1], status="error", error=f"{name}\n::warning::x", results=())
    folder = new_run(fits, new_settings(estimators=(name,)))
    for command in COMMANDS:
        main([command[0], str(folder), *(word.format(estimator=name) for word in command[1:])])
        told = capsys.readouterr()
        for text in (told.out, told.err):
            assert not set(text) & set(BAD)
            assert not any(line.lstrip().startswith("::") for line in text.splitlines())


def test_what_is_meant_for_the_build_server_reaches_it(new_run, new_fit, capsys, monkeypatch):
    """The twin: orders that the gate itself gives come through."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    folder = new_run([new_fit(k) for k in range(12)])
    main(["gate", str(folder), "--expect", "naive:beta_XY=calibrated"])
    out = capsys.readouterr().out
    assert any(line.startswith("::") for line in out.splitlines())


def test_a_spreadsheet_computes_nothing(new_run, new_fit, new_settings, tmp_path, capsys):
    name = "=HYPERLINK(1)"
    fits = [replace(new_fit(k), estimator=name) for k in range(3)]
    fits.append(replace(new_fit(3), estimator=name, status="error", error="@x", results=()))
    folder = new_run(fits, new_settings(estimators=(name,), datasets=4))
    assert main(["export", str(folder), "--format", "csv", "--out", str(tmp_path / "out")]) == 0
    text = (tmp_path / "out" / "fits.csv").read_text()
    assert "'=HYPERLINK(1)" in text
    assert ",'@x," in text
    assert json.loads((folder / "run.json").read_text())["settings"]["estimators"] == [name]
