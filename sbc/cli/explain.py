"""``sbc explain``: say what is wrong with a run, and why."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sbc.cli.supervise import interruptible
from sbc.gates.causes import Explanations
from sbc.plugins.errors import ExitCode, in_shell


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="a run that has been made")
    add("--no-fits", action="store_true", help="fit nothing again: leave the sampler's word alone")
    add("--quiet", action="store_true", help="do not say what is being examined")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Look, and print what was found."""
    from sbc.studies.explain.explain import explain

    interruptible()
    found = explain(
        arguments.folder,
        fit_again=not arguments.no_fits,
        say=(lambda line: None) if arguments.quiet else _say,
    )
    print(in_shell(Explanations(found).neutral))
    return ExitCode.OK


def _say(line: str) -> None:
    print(f"sbc: {in_shell(line)}", file=sys.stderr)
