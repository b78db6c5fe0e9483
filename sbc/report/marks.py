"""What stands out in a table: what is wrong, what to look at, and how a terminal shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Below this adjusted p-value ranks are called not uniform.
LEVEL = 0.01


def marked(row: Mapping[str, Any]) -> dict[str, str]:
    """Say which cells of a readable row stand out.

    Parameters
    ----------
    row : mapping
        Of the table, in full, as `sbc.report.table.table` has it.

    Returns
    -------
    dict of str to str
        Heads of columns to ``"bad"`` (uniform ranks are expected and are not there), ``"warn"``
        (they are not expected, or fits have failed) or ``"good"``; others are left out.
    """
    found = {}
    p = row["rank_p_adjusted"]
    if p < LEVEL:  # NaN where there are no ranks
        found["rank p"] = "bad" if row["uniform_expected"] else "warn"
    elif p >= LEVEL and row["uniform_expected"]:
        found["rank p"] = "good"
    if row["n_failed"]:
        found["failed"] = "warn"
    return found


#: What begins each mark in a terminal, and what ends it.
CODES = {"bad": "\x1b[31m", "warn": "\x1b[33m", "good": "\x1b[32m"}
END = "\x1b[0m"


def painted(cells: Mapping[str, str], marks: Mapping[str, str]) -> dict[str, str]:
    """Put a row's marks around its cells, as colours of a terminal."""
    return {
        head: f"{CODES[marks[head]]}{text}{END}" if head in marks else text
        for head, text in cells.items()
    }
