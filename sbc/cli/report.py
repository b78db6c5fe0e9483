"""``sbc report``: write a page about one run or several, with figures and words."""

from __future__ import annotations

import argparse
from pathlib import Path

from sbc.plugins.errors import ExitCode, UserError


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("folders", type=Path, nargs="+", metavar="DIR", help="runs, finished or not")
    add("--out", type=Path, metavar="FILE", help="the page (default: report.html in the first DIR)")
    add(
        "--format",
        choices=("html", "markdown"),
        default="html",
        dest="kind",
        help="markdown prints verdicts and table, for a pull request's comment or a job's summary",
    )
    add("--figures", type=Path, metavar="DIR", help="write each figure too, as SVG and PNG")
    add("--bound", action="append", metavar="METRIC=BOUND", help="of a sweep: what to ask instead")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Write what was asked for and name the files."""
    from sbc.store.database import Store, read_run

    sweeps = []
    for folder in arguments.folders:  # refuse what is not a run before pandas is imported
        sweeps += [folder] if read_run(folder).is_sweep else []
        Store.open(folder).close()
    if sweeps:
        return _of_sweep(arguments)
    if arguments.bound:
        raise UserError("--bound is for the report of a sweep")
    from sbc.store.frames import load_run

    runs = [load_run(folder) for folder in arguments.folders]
    from sbc.studies.shown import report

    print(report(runs, arguments.out, arguments.kind, arguments.figures))
    if arguments.figures is not None:
        print(f"figures in {arguments.figures}")
    return ExitCode.OK


def _of_sweep(arguments: argparse.Namespace) -> int:
    """Write the page of a sweep, or its table.

    Raises
    ------
    UserError
        For what a sweep's report has not.
    """
    from sbc.studies.sweep.plan import parse_bounds, read_bounds
    from sbc.studies.sweep.read import load_sweep

    if len(arguments.folders) > 1:
        raise UserError("a sweep has a report of its own; name one folder")
    sweep = load_sweep(arguments.folders[0])
    bounds = parse_bounds(arguments.bound or [], sweep.settings)
    asked = read_bounds(bounds) if bounds else ()
    if arguments.kind == "html":
        from sbc.report.write import write_text
        from sbc.studies.sweep.page import sweep_page

        print(write_text(sweep_page(sweep, asked), arguments.out or sweep.folder / "report.html"))
    else:
        from sbc.studies.sweep.table import render

        _print(render(sweep, "markdown", asked), arguments.out)
    if arguments.figures is not None:
        from sbc.report.files import save_pictures
        from sbc.studies.sweep.page import sweep_pictures

        files = save_pictures(sweep_pictures(sweep, asked), arguments.figures)
        print(f"{len(files)} files in {arguments.figures}")
    return ExitCode.OK


def _print(text: str, file: Path | None) -> None:
    if file is None:
        print(text)
        return
    from sbc.store.publish import publish_text

    print(publish_text(file, f"{text}\n"))
