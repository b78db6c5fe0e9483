"""What is shown of runs: their page, or verdicts and table as Markdown, and figures as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sbc.plugins.errors import unknown
from sbc.report.field import check_kinds
from sbc.store.frames import Run

FORMATS = ("html", "markdown")


def report(
    runs: Sequence[Run],
    out: str | Path | None = None,
    format: str = "html",
    figures: str | Path | None = None,
    field: Sequence[str] = (),
) -> Path | str:
    """Write a report.

    Parameters
    ----------
    runs : sequence of Run
        At least one.
    out : str or Path
        The file; by default ``report.html`` in the folder of the first. Markdown without a file is
        given as text.
    format : {"html", "markdown"}
        The page, or verdicts and table.
    figures : str or Path
        A folder: write each figure too, as SVG and PNG.
    field : sequence of str
        Figures of simulation studies to add, some of `sbc.report.field.KINDS`.

    Raises
    ------
    UserError
        For another format, or what cannot be written.
    """
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    field = check_kinds(field)
    file = None if out is None else Path(out)
    if figures is not None:
        from sbc.report.files import save_figures

        save_figures(runs, Path(figures), field)
    if format == "html":
        from sbc.report.write import write_page

        return write_page(runs, file, field)
    from sbc.report.markdown import markdown
    from sbc.store.publish import publish_text

    text = markdown(list(runs))
    return text if file is None else publish_text(file, f"{text}\n")
