"""A table to publish: rows grouped by estimand and factors, one a method; how it is laid out.

The rows are those of `sbc.report.table.table` or of a sweep's long frame.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sbc.report.measures import Measure, cell
from sbc.report.targets import ELEMENT
from sbc.store.names import fitted_by
from sbc.store.reasons import readable
from sbc.store.settings import write_value

#: How errors stand in a table.
ERRORS = ("full", "compact")
_ROUNDED = (
    "rounded to one significant digit, or two if the first is 1; estimates end with them and have "
    "at most three significant digits"
)
_TOLD = {
    "full": f"In parentheses: Monte Carlo standard errors, {_ROUNDED}.",
    "compact": "In parentheses: Monte Carlo standard errors in units of the last digit, so that "
    f"0.017 (5) is 0.017 with an error of 0.005; {_ROUNDED}.",
}
_SHARES = "In brackets: 95 % Wilson intervals, where a share is 0 or 1."


@dataclass(frozen=True)
class Sheet:
    """A table of texts.

    Attributes
    ----------
    heads : tuple of str
        Of the columns; the first has the methods.
    groups : tuple of (str, rows)
        The head of a group of rows, empty if there is one without a name; its rows of texts.
    caption : str
        What it is.
    notes : tuple of str
        What stands below it.
    """

    heads: tuple[str, ...]
    groups: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    caption: str
    notes: tuple[str, ...]

    @property
    def rows(self) -> list[dict[str, str]]:
        """All rows, by the heads of their columns, with what their group is in the first."""
        named = any(title for title, _ in self.groups)
        return [
            ({"Group": title} if named else {}) | dict(zip(self.heads, row, strict=True))
            for title, rows in self.groups
            for row in rows
        ]


def sheet(
    records: Sequence[Mapping[str, Any]],
    measures: Sequence[Measure],
    factors: Mapping[str, str],
    errors: str = "full",
    caption: str = "",
    notes: Sequence[str] = (),
    elements: bool = False,
) -> Sheet:
    """Lay out rows.

    Parameters
    ----------
    records : sequence of mapping
        The rows in full.
    measures : sequence of Measure
        The columns; those of which nothing is known are left out.
    factors : mapping of str to str
        What the rows are grouped by beside the estimand, each with its column.
    errors : {"full", "compact"}
        How errors are written.
    caption, notes : str
        What stands above and below.
    elements : bool
        Whether to show the elements of vectors.
    """
    shown = [r for r in records if elements or r["kind"] != ELEMENT]
    several = Counter(name for name, _ in {(r["estimator"], r["engine"]) for r in shown})
    estimands = len({r["estimand"] for r in shown}) > 1
    compact = errors == "compact"
    known = [m for m in measures if any(_known(r[m.column]) for r in shown)]
    keyed = [(_title(r, factors, estimands), r) for r in shown]
    order = list(dict.fromkeys(title for title, _ in keyed))
    keyed.sort(key=lambda pair: order.index(pair[0]))
    groups = []
    for title, members in groupby(keyed, key=lambda pair: pair[0]):
        rows = tuple(
            (
                readable(
                    fitted_by(r["estimator"], r["engine"] if several[r["estimator"]] > 1 else "")
                ),
                *(cell(r, m, compact) for m in known),
            )
            for _, r in members
        )
        groups.append((title, rows))
    texts = [text for _, rows in groups for row in rows for text in row[1:]]
    told = [
        _TOLD[errors],
        *([_SHARES] if any(text.endswith("]") for text in texts) else []),
        *notes,
    ]
    heads = ("Method", *(m.head for m in known))
    return Sheet(heads, tuple(groups), readable(caption), tuple(map(readable, told)))


def _known(value: Any) -> bool:
    return not (isinstance(value, float) and math.isnan(value))


def _title(record: Mapping[str, Any], factors: Mapping[str, str], estimands: bool) -> str:
    """Name the group of a row: its estimand, and the levels of its factors."""
    parts = [record["estimand"]] if estimands else []
    for name, column in factors.items():
        value = record[column]
        text = f"{value:g}" if isinstance(value, float) else write_value(value)
        parts.append(text if name == "stratum" else f"{name} = {text}")
    return readable(", ".join(parts))
