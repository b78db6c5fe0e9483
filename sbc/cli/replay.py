"""``sbc replay``: make one fit of a run again and compare it with what is stored."""

from __future__ import annotations

import argparse
from pathlib import Path

from sbc.plugins.errors import ExitCode


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="the run's folder")
    add("--dataset", type=int, required=True, metavar="K", help="the dataset's number, from 0")
    add("--estimator", metavar="NAME", help="one of the run's (default: its only one)")
    add("--engine", metavar="NAME", help="one of the run's (default: its first)")
    add("--cell", type=int, metavar="C", help="of a sweep: the cell's number, from 0")
    add("--save", type=Path, metavar="FILE", help="write data and posterior, all of it, as netCDF")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Fit, print the summary, and save."""
    from sbc.store.database import Store, read_run

    read_run(arguments.folder)
    Store.open(arguments.folder).close()
    from sbc.studies.replay import replayed

    names = ("dataset", "estimator", "engine", "cell", "save")
    print(replayed(arguments.folder, *(getattr(arguments, name) for name in names)))
    if arguments.save is not None:
        print(f"saved: {arguments.save}")
    return ExitCode.OK
