"""A gate's verdicts as a notebook shows them."""

from __future__ import annotations

from html import escape

from sbc.gates.gate import Gate
from sbc.gates.words import LABELS, before, conclusion, datasets, fits_line, notes, regime, whose
from sbc.plugins.errors import in_python

#: Text on white and on black paper alike.
_COLOURS = {"pass": "#1a7f37", "fail": "#cf222e", "inconclusive": "#9a6700"}


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
        outcome = "fail" if one.faults else "pass"
        rows.append(_row(outcome, one.estimator, "before any fit", before(one), ""))
    for verdict in gate.verdicts:
        check = verdict.check
        who = f"{whose(check, gate)} {check.quantity}"
        found = f"{datasets(verdict)}: {verdict.evidence.found}"
        rows.append(_row(verdict.outcome, who, str(check.expectation), found,
                         verdict.evidence.least))  # fmt: skip
    heads = ("verdict", "of", "expected", "found", "could have seen")
    head = "".join(f'<th style="text-align:left">{name}</th>' for name in heads)
    told = [*(fits_line(found, gate) for found in gate.failures), *notes(gate)]
    items = "".join(f"<li>{_safe(line)}</li>" for line in told)
    outcome = gate.outcome if gate.outcome in _COLOURS else "fail"
    return (
        f'<p><strong style="color:{_COLOURS[outcome]}">{_safe(conclusion(gate))}</strong><br>'
        f"{_safe(regime(gate))}</p><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table><ul>{items}</ul>"
    )


def _row(outcome: str, *cells: str) -> str:
    first = f'<td style="color:{_COLOURS[outcome]}"><strong>{LABELS[outcome]}</strong></td>'
    rest = "".join(f'<td style="text-align:left">{_safe(cell)}</td>' for cell in cells)
    return f"<tr>{first}{rest}</tr>"


def _safe(text: str) -> str:
    return escape(in_python(text)).replace("\n", "<br>")
