"""Write a report to a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sbc.report.page.page import page
from sbc.store.frames import Run
from sbc.store.publish import publish_text

NAME = "report.html"


def write_page(runs: Sequence[Run], file: Path | None = None, field: Sequence[str] = ()) -> Path:
    """Write the page of some runs, into the folder of the first if no file is named.

    Figures of the field are added if some of `sbc.report.field.KINDS` are named.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    return write_text(page(runs, field), file or runs[0].folder / NAME)


def write_text(text: str, file: Path) -> Path:
    """Write a page.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    return publish_text(file, text)
