"""A gate's verdicts as a notebook shows them."""

from __future__ import annotations

from html import escape

from sbc.gates.gate import Gate
from sbc.gates.words import (
    LABELS,
    before,
    conclusion,
    datasets,
    fits_line,
    forward_label,
    notes,
    quantity,
    regime,
    whose,
)
from sbc.plugins.errors import in_python

#: Text on white and on black paper alike, by the label of a verdict.
_COLOURS = {"PASS": "#1a7f37", "FAIL": "#cf222e", "INCONCLUSIVE": "#9a6700", "": "inherit"}


def html(gate: Gate) -> str:
    """Write all verdicts as a table, and below it what is told of the fits.

    Parameters
    ----------
    gate : Gate
        All verdicts of one call.

    Returns
    -------
    str
        HTML, in which nothing out of a run is markup.
    """
    rows = []
    for one in gate.forward:
        rows.append(_row(forward_label(one), one.estimator, "before any fit", before(one), ""))
    for verdict in gate.verdicts:
        check = verdict.check
        who = f"{whose(check, gate)} {quantity(verdict)}"
        found = f"{datasets(verdict)}: {verdict.evidence.found}"
        rows.append(_row(LABELS[verdict.outcome], who, str(check.expectation), found,
                         verdict.evidence.least))  # fmt: skip
    heads = ("verdict", "of", "expected", "found", "could have seen")
    head = "".join(f'<th style="text-align:left">{name}</th>' for name in heads)
    told = [*(fits_line(found, gate) for found in gate.failures), *notes(gate)]
    items = "".join(f"<li>{safe(line)}</li>" for line in told)
    colour = _COLOURS[LABELS[gate.outcome]]
    return (
        f'<p><strong style="color:{colour}">{safe(conclusion(gate))}</strong><br>'
        f"{safe(regime(gate))}</p><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table><ul>{items}</ul>"
    )


def _row(label: str, *cells: str) -> str:
    first = f'<td style="color:{_COLOURS[label]}"><strong>{label}</strong></td>'
    rest = "".join(f'<td style="text-align:left">{safe(cell)}</td>' for cell in cells)
    return f"<tr>{first}{rest}</tr>"


def safe(text: str) -> str:
    """Write a text of a run as HTML in which nothing is markup, in Python's words."""
    return escape(in_python(text)).replace("\n", "<br>")
