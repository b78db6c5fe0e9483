"""A table for a terminal: within its width, in its colours, with what a fit's state means."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from synthetic import SETTINGS, calibrated, fits, make_run, scaled

from sbc.cli import terminal
from sbc.cli.main import main
from sbc.report.narrow import fitted
from sbc.report.table import grid, render
from sbc.store.frames import load_run

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
    assert "ok = R-hat at most 1.01 and ESS 400 or more" in re.sub(r"\s+", " ", shown)


def test_too_wide_a_table_becomes_a_block_a_row():
    rows = [{"estimator": "mundlak", "estimand": "beta_XY", "bias": "0.1(2)", "rank p": "0.3"}]

    def table(rows):
        return grid(rows, "text")

    assert fitted(rows, 20, table) == "mundlak beta_XY\n  bias    0.1(2)\n  rank p  0.3"
    assert fitted(rows, 80, table) == table(rows)


def test_a_file_gets_the_whole_table_in_one_line_a_row_and_no_colours(folder, capsys):
    main(["table", str(folder)])
    shown = capsys.readouterr().out
    assert shown == f"{render(load_run(folder))}\n"
    assert "\x1b" not in shown


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
