"""The parser of every command at once, for the page that lists them."""

from __future__ import annotations

import importlib
import keyword

from sbc.cli.main import COMMANDS, Parser


def parser() -> Parser:
    """Give ``sbc`` with all of its commands configured, as its own entry point never needs it."""
    whole = Parser(prog="sbc", allow_abbrev=False)
    commands = whole.add_subparsers(metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        about = f"{text[0].upper()}{text[1:]}."
        command = commands.add_parser(name, help=text, description=about, allow_abbrev=False)
        module = f"{name}_" if keyword.iskeyword(name) else name
        importlib.import_module(f"sbc.cli.{module}").configure(command)
    return whole
