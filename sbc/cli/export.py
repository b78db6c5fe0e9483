"""``sbc export``: write a run or a sweep as Parquet, CSV or netCDF."""

from __future__ import annotations

import argparse
from pathlib import Path

from sbc.plugins.errors import ExitCode


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the run's folder")
    parser.add_argument(
        "--format",
        choices=("parquet", "csv", "netcdf"),
        default="parquet",
        help="tables, or trees of ranks as ArviZ reads them (default parquet)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where to (default: the run's folder)"
    )
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Write the files and name them."""
    from sbc.store.database import Store, read_run

    read_run(arguments.folder)
    Store.open(arguments.folder).close()
    from sbc.studies.loaded import loaded

    for file in loaded(arguments.folder).export(arguments.format, arguments.out):
        print(file)
    return ExitCode.OK
