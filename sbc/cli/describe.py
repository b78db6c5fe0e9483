"""``sbc describe``: write the study's paragraphs of methods (ADEMP) from what its run holds."""

from __future__ import annotations

import argparse
from pathlib import Path

from sbc.plugins.errors import ExitCode, in_shell


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="a run or a sweep, finished or not")
    add("--format", choices=("markdown", "latex"), default="markdown", dest="kind")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Print the paragraphs."""
    from sbc.store.database import Store, read_run

    read_run(arguments.folder)  # refuse what is not a run before pandas is imported
    Store.open(arguments.folder).close()
    from sbc.studies.describe import describe

    print(in_shell(describe(arguments.folder, arguments.kind)))
    return ExitCode.OK
