"""A run as a notebook shows it: the table that a terminal shows, and a link to the page."""

from __future__ import annotations

from html import escape
from pathlib import Path

from sbc.gates.notebook import safe
from sbc.report.marks import marked
from sbc.report.readable import readable_rows
from sbc.report.table import table
from sbc.report.table_notes import regime_line
from sbc.report.targets import ELEMENT
from sbc.report.write import NAME
from sbc.store.frames import Run

#: Text on white and on black paper alike.
_COLOURS = {"bad": "#cf222e", "warn": "#9a6700", "good": "#1a7f37"}


def html(run: Run) -> str:
    """Write the table, and below it how the fits went and where the page is.

    Parameters
    ----------
    run : Run
        With any number of fits, none included.

    Returns
    -------
    str
        HTML, in which nothing out of a run is markup.
    """
    frame = table(run)
    rows = [r for r in frame.to_dict(orient="records") if r["kind"] != ELEMENT]
    readable = readable_rows(run, rows)
    heads = list(readable[0]) if readable else []
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(_row(row, cells) for row, cells in zip(rows, readable, strict=True))
    page = run.folder / NAME
    link = _link(page) if page.is_file() else "run.report() writes the page"
    told = "<br>".join(map(safe, _fits(run)))
    return (
        f"<p>{safe(regime_line(run))}.</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<p>{told}<br>{link}</p>"
    )


def _row(row: dict, cells: dict[str, str]) -> str:
    marks = marked(row)
    return f"<tr>{''.join(_cell(text, marks.get(head, '')) for head, text in cells.items())}</tr>"


def _cell(text: str, mark: str) -> str:
    style = f' style="color:{_COLOURS[mark]};font-weight:bold"' if mark else ""
    return f"<td{style}>{safe(text)}</td>"


def _fits(run: Run) -> list[str]:
    """Count the fits of each estimator by what became of them."""
    lines = []
    for estimator, engine in run.settings.pairs:
        counts = run.fits_of(estimator, engine)["status"].value_counts()
        who = run.settings.who(estimator, engine)
        told = ", ".join(f"{n} {status}" for status, n in counts.items())
        lines.append(f"fits of {who}: {told or 'none yet'}")
    return lines


def _link(page: Path) -> str:
    return f'<a href="{escape(page.resolve().as_uri(), quote=True)}">{safe(str(page))}</a>'
