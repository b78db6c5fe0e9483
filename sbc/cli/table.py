"""``sbc table``: summarise a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from sbc.cli.main import OK


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the run's folder")
    parser.add_argument(
        "--format", choices=("text", "markdown", "csv", "json"), default="text", dest="kind"
    )
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Print the table."""
    from sbc.store import Store, read_run

    read_run(arguments.folder)  # refuse what is not a run before pandas is imported
    Store.open(arguments.folder).close()
    from sbc.read import load_run
    from sbc.table import render

    print(render(load_run(arguments.folder), arguments.kind))
    return OK
