"""What is shown of sweeps: their page, or tables as Markdown, and figures as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sbc.plugins.errors import unknown
from sbc.report.field import check_kinds
from sbc.studies.shown import FORMATS
from sbc.studies.sweep.read import Sweep


def report(
    sweeps: Sequence[Sweep],
    out: str | Path | None = None,
    format: str = "html",
    figures: str | Path | None = None,
    field: Sequence[str] = (),
    bounds: Mapping[str, Any] | None = None,
) -> Path | str:
    """Write a report.

    Parameters
    ----------
    sweeps : sequence of Sweep
        At least one.
    out, format, figures, field
        As for `sbc.studies.shown.report`; of several sweeps each has a folder of figures.
    bounds : mapping
        What to ask instead of what the sweep was made for, as for `sbc.sweep`.

    Raises
    ------
    UserError
        For another format, a bound that cannot be, or what cannot be written.
    """
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    field = check_kinds(field)
    asked = bounds_of(sweeps[0], bounds)
    file = None if out is None else Path(out)
    if figures is not None:
        _save_figures(sweeps, Path(figures), asked, field)
    if format == "html":
        from sbc.report.write import write_text
        from sbc.studies.sweep.page import sweep_page

        page = sweep_page(*sweeps, bounds=asked, field=field)
        return write_text(page, file or sweeps[0].folder / "report.html")
    from sbc.store.publish import publish_text
    from sbc.studies.sweep.table import render

    text = "\n\n".join(render(sweep, "markdown", asked) for sweep in sweeps)
    return text if file is None else publish_text(file, f"{text}\n")


def bounds_of(sweep: Sweep, bounds: Mapping[str, Any] | None) -> tuple[Any, ...]:
    """Read what is asked of a sweep instead; nothing if nothing is named.

    Raises
    ------
    UserError
        For a metric or a bound that cannot be.
    """
    from sbc.studies.sweep.plan import checked_bounds, read_bounds

    found = checked_bounds(bounds or {}, sweep.settings)
    return read_bounds(found) if found else ()


def _save_figures(
    sweeps: Sequence[Sweep], folder: Path, asked: tuple[Any, ...], field: Sequence[str]
) -> None:
    from sbc.report.files import save_pictures
    from sbc.studies.sweep.pictures import sweep_pictures

    for sweep in sweeps:
        mine = folder / sweep.folder.name if len(sweeps) > 1 else folder
        save_pictures(sweep_pictures(sweep, asked, field), mine)
