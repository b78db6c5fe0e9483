"""``sbc merge``: join the shards of a run into one folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from sbc.plugins.errors import ExitCode


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("folders", type=Path, nargs="+", metavar="DIR", help="the shards' folders")
    add("--out", type=Path, required=True, metavar="DIR", help="the folder of the merged run")
    add("--overwrite", action="store_true", help="replace the run that --out holds")
    add("--allow-gaps", action="store_true", help="fits may be missing, to be made by --resume")
    add("--allow-versions", action="store_true", help="versions of packages or models may differ")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Merge, and say what is missing."""
    from sbc.studies.merge import merge

    out = arguments.out
    allowed = (arguments.allow_gaps, arguments.allow_versions, arguments.overwrite)
    missing = merge(arguments.folders, out, *allowed)
    if missing:
        from sbc.cli.options import resume_command
        from sbc.studies.sweep.read import is_sweep

        name = "sweep" if is_sweep(out) else "run"
        print(f"{missing} fits are missing; make them by: {resume_command(name, out)}")
    print(f"run folder: {out}")
    return ExitCode.OK
