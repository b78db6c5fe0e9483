"""``sbc report``: write a page about one run or several, with figures and words."""

from __future__ import annotations

import argparse
from pathlib import Path

from sbc.plugins.errors import ExitCode, UserError


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("folders", type=Path, nargs="+", metavar="DIR", help="runs or sweeps, finished or not")
    add("--out", type=Path, metavar="FILE", help="the page (default: report.html in the first DIR)")
    add(
        "--format",
        choices=("html", "markdown"),
        default="html",
        dest="kind",
        help="markdown prints verdicts and table, for a pull request's comment or a job's summary",
    )
    add("--figures", type=Path, metavar="DIR", help="write each figure too, as SVG and PNG")
    add(
        "--field",
        metavar="KIND[,KIND...]",
        help="figures of simulation studies, on the page and among --figures: forest, lollipop, "
        "zip, bland-altman, bias-rmse, recovery, nested-loop, or all",
    )
    add("--bound", action="append", metavar="METRIC=BOUND", help="of a sweep: what to ask instead")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Write what was asked for and name the files."""
    from sbc.store.database import Store, read_run

    sweeps = []
    for folder in arguments.folders:  # refuse what is not a run before pandas is imported
        sweeps += [folder] if read_run(folder).is_sweep else []
        Store.open(folder).close()
    if sweeps and len(sweeps) < len(arguments.folders):
        raise UserError(
            f"{sweeps[0]} is a sweep and others are runs: each kind has a page of its own"
        )
    if sweeps:
        return _of_sweeps(arguments)
    if arguments.bound:
        raise UserError("--bound is for the report of a sweep")
    from sbc.store.frames import load_run

    runs = [load_run(folder) for folder in arguments.folders]
    from sbc.studies.shown import report

    field = _field(arguments)
    print(report(runs, arguments.out, arguments.kind, arguments.figures, field))
    if arguments.figures is not None:
        print(f"figures in {arguments.figures}")
    return ExitCode.OK


def _field(arguments: argparse.Namespace) -> list[str]:
    """Read which figures of the field are asked for."""
    if arguments.field is None:
        return []
    from sbc.report.field import check_kinds

    return check_kinds(arguments.field.split(","))


def _of_sweeps(arguments: argparse.Namespace) -> int:
    """Write the page of one sweep or several, or their tables."""
    from sbc.studies.sweep.plan import parse_bounds
    from sbc.studies.sweep.read import load_sweep
    from sbc.studies.sweep.shown import report

    sweeps = [load_sweep(folder) for folder in arguments.folders]
    bounds = parse_bounds(arguments.bound or [], sweeps[0].settings)
    asked = (arguments.out, arguments.kind, arguments.figures, _field(arguments), bounds)
    print(report(sweeps, *asked))
    if arguments.figures is not None:
        print(f"figures in {arguments.figures}")
    return ExitCode.OK
