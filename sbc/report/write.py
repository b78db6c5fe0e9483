"""Write a report to a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sbc.plugins.errors import UserError
from sbc.report.page.page import page
from sbc.store.frames import Run

NAME = "report.html"


def write_page(runs: Sequence[Run], file: Path | None = None) -> Path:
    """Write the page of some runs, into the folder of the first if no file is named.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    return write_text(page(runs), file or runs[0].folder / NAME)


def write_text(text: str, file: Path) -> Path:
    """Write a page.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UserError(f"cannot write {file}: {problem.strerror or problem}") from problem
    return file
