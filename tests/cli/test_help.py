"""A command's help: examples that parse, the exit codes, the page to read next."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from sbc.cli import help as told
from sbc.cli import main as commands
from sbc.cli.main import COMMANDS, main
from sbc.plugins.errors import ExitCode

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_examples_that_parse_exit_codes_and_a_page(command, capsys):
    found = told.examples(command)
    assert found
    for line in found:
        words = shlex.split(line.partition(" > ")[0])
        assert words[0] == "sbc"
        assert callable(commands._parse(words[1:]).function)
    for page in told.page(command).split(", "):
        assert (ROOT / page).is_file()
    with pytest.raises(SystemExit):
        main([command, "--help"])
    shown = capsys.readouterr().out
    assert all(line in shown for line in found)
    assert f"read on: {told.page(command)}" in shown


def test_help_lists_every_exit_code(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert set(told._MEANING) == set(ExitCode)
    assert all(f"{code:>3}  " in shown for code in ExitCode)
