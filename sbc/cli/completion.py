"""Completion for shells: commands, options, files, and the names of what sbc brings along."""

from __future__ import annotations

import argparse
import importlib
import keyword
from collections.abc import Iterator
from typing import Any

from sbc.cli.main import COMMANDS, Parser
from sbc.plugins import catalogue
from sbc.plugins.errors import UserError

#: Options whose values are the names of plug-ins, and of which kind.
_NAMED = {"estimator": "estimator", "generator": "generator", "engine": "engine"}
#: A word of several names with commas between them, or a user's own file, in bash.
_BASH = """\
_sbc_{kind}() {{
  local before=""
  [[ "$1" == *,* ]] && before="${{1%,*}},"
  compgen -P "$before" -W "{names}" -- "${{1##*,}}"
  compgen -f -X '!*.py' -P "$before" -- "${{1##*,}}"
}}
"""


def whole() -> Parser:
    """Give ``sbc`` with all of its commands configured, which to run one is never needed."""
    parser = Parser(prog="sbc", allow_abbrev=False)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        about = f"{text[0].upper()}{text[1:]}."
        command = commands.add_parser(name, help=text, description=about, allow_abbrev=False)
        module = f"{name}_" if keyword.iskeyword(name) else name
        importlib.import_module(f"sbc.cli.{module}").configure(command)
    return parser


def script(shell: str) -> str:
    """Write the script by which a shell completes what is typed after ``sbc``.

    Parameters
    ----------
    shell : {"bash", "zsh", "tcsh"}
        Which; names of estimators, generators and engines are completed in the first two.

    Raises
    ------
    UserError
        If shtab, which writes it, is not installed.
    """
    try:
        import shtab
    except ImportError:
        raise UserError(
            "--print-completion needs the package shtab: pip install 'sbc-harness[completion]'"
        ) from None
    parser = whole()
    for action in _actions(parser):
        if (complete := _complete(action, shtab)) is not None:
            action.complete = complete  # type: ignore[attr-defined]
    functions = [
        _BASH.format(kind=kind, names=" ".join(catalogue.names(kind))) for kind in _NAMED.values()
    ]
    return str(shtab.complete(parser, shell, preamble={"bash": "\n".join(functions)}))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of all commands."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
        else:
            yield action


def _complete(action: argparse.Action, shtab: Any) -> Any:
    """Say by what an argument's value is completed; None if by nothing."""
    if action.dest in _NAMED and action.option_strings:
        kind = _NAMED[action.dest]
        return {"bash": f"_sbc_{kind}", "zsh": f"({' '.join(catalogue.names(kind))})"}
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if metavar == "DIR":
        return shtab.DIRECTORY
    return shtab.FILE if metavar.startswith("FILE") else None
