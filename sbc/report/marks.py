"""What stands out in a row of a table: what is wrong, and what to look at."""

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
