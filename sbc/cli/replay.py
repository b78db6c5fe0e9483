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
    add("--estimator", required=True, metavar="NAME", help="one of the run's")
    add("--engine", metavar="NAME", help="one of the run's (default: its first)")
    add("--cell", type=int, metavar="C", help="of a sweep: the cell's number, from 0")
    add("--save", type=Path, metavar="FILE", help="write data and posterior, all of it, as netCDF")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Fit, print the summary, and save."""
    from sbc.store.database import Store, read_run

    settings = read_run(arguments.folder).settings
    Store.open(arguments.folder).close()
    from sbc.fitting.allowed import validate
    from sbc.studies import replay

    task = replay.task_of(
        arguments.folder,
        arguments.dataset,
        arguments.estimator,
        arguments.engine,
        arguments.cell,
    )
    validate(settings)  # a user's own file may be gone
    made = replay.replay(arguments.folder, task)
    print(replay.describe(made))
    if arguments.save is not None:
        from sbc.fitting.resample import save

        save(task, made.fit, arguments.save)
        print(f"saved: {arguments.save}")
    return ExitCode.OK
