"""``sbc check``: compare what a generator and a model draw, before any fit."""

from __future__ import annotations

import argparse

from sbc.cli import options
from sbc.plugins.errors import in_shell
from sbc.store.settings import DECLARED
from sbc.studies.checked import DATASETS, checked


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    for name in ("estimators", "generator", "truth", "simulator", "parameters", "seed"):
        options.declare(parser, DECLARED[name])
    add = parser.add_argument
    add("--datasets", type=int, metavar="N", help=f"datasets to look at (default {DATASETS})")
    add("--alpha-fail", type=float, metavar="P", help="chance to fail by mistake (default 0.001)")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Compare and print."""
    found = checked(vars(arguments))
    print(in_shell(found.neutral))
    return found.exit_code
