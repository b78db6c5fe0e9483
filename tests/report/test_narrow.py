"""A table for a terminal: within its width, in its colours, with what a fit's state means."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from made_sweep import made_sweep
from synthetic import SETTINGS, calibrated, fits, make_run, scaled

from sbc.cli import terminal
from sbc.cli.main import main
from sbc.report.narrow import fitted, grid
from sbc.report.table import render
from sbc.store.frames import load_run
from sbc.studies.sweep.asked import parse_grid

ANSI = re.compile(r"\x1b\[\d+m")


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


@pytest.fixture
def folder(tmp_path):
    own = replace(SETTINGS, truth="self")
    rows = fits({"beta_XY": scaled(0.4), "beta_ZY": calibrated(seed=1)}, source="mundlak")
    return make_run(tmp_path / "run", rows, own, expected_uniform=["mundlak"])


@pytest.fixture
def screen(monkeypatch):
    def go(*argv, columns=80, **surroundings):
        shown = Screen()
        monkeypatch.setattr("sys.stdout", shown)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.delenv("NO_COLOR", raising=False)
        for name, value in surroundings.items():
            monkeypatch.setenv(name, value)
        main([str(word) for word in argv])
        return shown.getvalue()

    return go


@pytest.mark.parametrize("columns", [80, 60, 40, 200])
def test_no_line_is_wider_than_the_terminal(folder, screen, columns):
    shown = ANSI.sub("", screen("table", folder, columns=columns))
    assert max(map(len, shown.splitlines())) <= columns
    assert "beta_XY" in shown
    assert ("not shown, for want of room" in shown) == (columns == 80)
    assert "ok = R-hat is at most 1.01 and the ESS at least 400" in re.sub(r"\s+", " ", shown)


def test_too_wide_a_table_becomes_a_block_a_row():
    rows = [{"estimator": "mundlak", "estimand": "beta_XY", "bias": "0.1(2)", "rank p": "0.3"}]

    assert fitted(rows, 20) == "mundlak beta_XY\n  bias    0.1(2)\n  rank p  0.3"
    assert fitted(rows, 80) == grid(rows, "text")
    swept = [{"sd_U": "1.5", **rows[0]}]
    assert fitted(swept, 30, ["sd_U"]).startswith("sd_U 1.5 mundlak beta_XY\n  bias ")


def test_a_pipe_gets_eighty_columns_or_as_many_as_are_asked_for_and_no_colours(
    folder, capsys, monkeypatch
):
    run = load_run(folder)
    for columns, width in ((None, 80), ("110", 110), ("400", None)):
        monkeypatch.delenv("COLUMNS", raising=False)
        if columns:
            monkeypatch.setenv("COLUMNS", columns)
        main(["table", str(folder)])
        shown = capsys.readouterr().out
        assert max(map(len, shown.splitlines())) <= int(columns or 80)
        assert "\x1b" not in shown
        if width is not None:
            assert shown == f"{render(run, width=width)}\n"
        # the whole, a line a row, with room for it
        assert ("not shown, for want of room" in shown) == (width is not None)
        assert "ok = R-hat is at most 1.01" in shown


@pytest.mark.parametrize(
    "options",
    [
        ["--compare"],
        ["--agreement"],
        ["--measures", "bias,rmse,coverage_95,power"],
        ["--null", "0"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("columns", ["80", "30", "1"])
def test_every_table_of_a_run_keeps_to_the_width(options, columns, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    two = replace(SETTINGS, estimators=("naive", "mundlak"))
    rows = [
        *fits({"beta_XY": scaled(0.4), "beta_ZY": calibrated(seed=1)}, estimator="naive"),
        *fits({"beta_XY": calibrated(), "beta_ZY": calibrated(seed=1)}, estimator="mundlak"),
    ]
    folder = make_run(tmp_path / "two", rows, two)
    assert main(["table", str(folder), *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    if columns != "1":  # where there is room for no word each word has a line
        assert max(map(len, lines)) <= int(columns)
    assert "beta_XY" in "".join(line.strip() for line in lines)


def test_every_table_of_a_sweep_keeps_to_the_width(tmp_path, capsys, monkeypatch):
    grid_ = parse_grid(["sd_U=0,1.5", "n_groups=20,60"], SETTINGS)
    folder = made_sweep(tmp_path / "sweep", grid_)
    for columns in (80, 50):
        monkeypatch.setenv("COLUMNS", str(columns))
        for options in ([], ["--compare"], ["--by", "sd_U"], ["--measures", "bias,coverage_95"]):
            assert main(["table", str(folder), *options]) == 0
            lines = capsys.readouterr().out.splitlines()
            assert max(map(len, lines)) <= columns, (options, lines)
            assert any("sd_U" in line or "1.5" in line for line in lines)


def test_python_shows_a_run_in_the_width_that_there_is(folder, monkeypatch):
    import sbc

    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, str(sbc.load(folder)).splitlines())) <= 60


def test_what_is_wrong_is_red_unless_colours_are_not_wanted(folder, screen):
    shown = screen("table", folder, columns=200)
    assert re.search(r"\x1b\[31m[^\x1b]*\x1b\[0m", shown)  # the ranks of beta_XY
    assert re.search(r"\x1b\[32m[^\x1b]*\x1b\[0m", shown)  # those of beta_ZY
    plain = screen("table", folder, columns=200, NO_COLOR="1")
    assert "\x1b" not in plain
    assert plain == ANSI.sub("", shown)
    assert "\x1b" not in screen("table", folder, TERM="dumb")
    verdicts = screen("gate", folder)
    assert "\x1b[31mFAIL\x1b[0m  " in verdicts


def test_a_stranger_s_orders_are_still_taken_out(monkeypatch):
    shown = Screen()
    monkeypatch.setattr("sys.stdout", shown)
    monkeypatch.delenv("NO_COLOR", raising=False)
    with terminal.clean_stdout():
        print(terminal.kept("a\x1b[2Jb \x1b[31mred\x1b[0m"))
    assert shown.getvalue() == "a�[2Jb \x1b[31mred\x1b[0m\n"
