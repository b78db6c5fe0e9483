"""``sbc report``: a page about one run or several."""

from __future__ import annotations

import argparse
from pathlib import Path

from sbc.cli.main import OK
from sbc.errors import UserError


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
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Write what was asked for and name the files."""
    from sbc.store import Store, read_run

    for folder in arguments.folders:  # refuse what is not a run before pandas is imported
        read_run(folder)
        Store.open(folder).close()
    from sbc.read import load_run

    runs = [load_run(folder) for folder in arguments.folders]
    if arguments.kind == "html":
        from sbc.report.write import write_page

        print(write_page(runs, arguments.out))
    else:
        _markdown(runs, arguments.out)
    if arguments.figures is not None:
        from sbc.report.files import save_figures

        print(f"{len(save_figures(runs, arguments.figures))} files in {arguments.figures}")
    return OK


def _markdown(runs: list, file: Path | None) -> None:
    from sbc.report.markdown import markdown

    text = markdown(runs)
    if file is None:
        print(text)
        return
    try:
        file.write_text(f"{text}\n", encoding="utf-8", errors="replace")
    except OSError as problem:
        raise UserError(f"cannot write {file}: {problem.strerror or problem}") from problem
    print(file)
