"""The columns of a table for reading where results were made elsewhere: those that there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sbc.report.numbers import with_ends, with_error

_NOTHING = "–"
#: What simulation studies of estimators tell besides, by its head.
_MORE = {
    "empirical SE": "emp_se",
    "model SE": "model_se",
    "its error %": "model_se_error_percent",
    "gain in precision %": "precision_gain_percent",
}


def of_study(
    rows: Sequence[dict[str, Any]], readable: Sequence[dict[str, str]], power: bool
) -> list[dict[str, str]]:
    """Add what simulation studies tell, and leave out the columns of which nothing is known.

    Parameters
    ----------
    rows : sequence of dict
        Of the table, in full.
    readable : sequence of dict
        The same as they are written for reading.
    power : bool
        Whether to tell the power, which is about one truth.
    """
    whole = []
    for row, told in zip(rows, readable, strict=True):
        more = {head: with_error(row[name], row[f"{name}_mcse"]) for head, name in _MORE.items()}
        more |= {"power 95 %": with_ends(row, "power_95")} if power else {}
        counts = {name: told[name] for name in ("datasets", "failed")}
        whole.append({**{n: v for n, v in told.items() if n not in counts}, **more, **counts})
    known = {name for row in whole for name, value in row.items() if value != _NOTHING}
    return [{name: value for name, value in row.items() if name in known} for row in whole]
