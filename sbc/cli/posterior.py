"""``sbc posterior``: draw the posteriors of several estimators for one dataset."""

from __future__ import annotations

import argparse
from pathlib import Path

from sbc.cli import options
from sbc.plugins.errors import ExitCode, in_shell


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options, those that say what a fit is among them."""
    add = parser.add_argument
    add("folder", type=Path, nargs="?", metavar="DIR", help="a run to take all settings from")
    add("--cell", type=int, metavar="C", help="of a sweep: the cell's number, from 0")
    add("--dataset", type=int, required=True, metavar="K", help="the dataset's number, from 0")
    add("--out", type=Path, metavar="FILE", help="a .png, .svg or .pdf (default: posterior-K.png)")
    options.declare_settings(parser)
    parser.set_defaults(function=main, datasets=None)


def main(arguments: argparse.Namespace) -> int:
    """Fit, print what the posteriors are, and draw them."""
    from sbc.studies.posterior import posteriors

    file = arguments.out or Path(f"posterior-{arguments.dataset}.png")
    wanted = vars(arguments) | {"out": file}
    posteriors(wanted, arguments.folder, lambda line: print(in_shell(line), flush=True))
    print(file)
    return ExitCode.OK
