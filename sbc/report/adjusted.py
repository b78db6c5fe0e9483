"""The p-values of a table's ranks, adjusted for all that is looked at."""

from __future__ import annotations

from typing import Any

from sbc.report.targets import ELEMENT
from sbc.stats.uniformity import holm
from sbc.stats.vector_ranks import rank_test
from sbc.store.frames import Run, as_fits


def others(run: Run) -> list[float]:
    """Test the ranks of what is no estimand: log likelihood, log prior, a user's quantities."""
    estimands = {key for key, _ in run.streams(estimands_only=True)}
    return [
        rank_test(as_fits(frame)).p
        for key, frame in run.streams()
        if key not in estimands and len(frame) > 1
    ]


def adjust(rows: list[dict[str, Any]], others: list[float]) -> None:
    """Adjust the p-values of ranks for all that are looked at, elements among themselves.

    Parameters
    ----------
    rows : list of dict
        Of a table; their ``rank_p_adjusted`` is filled in.
    others : list of float
        From `others`, or nothing.
    """
    elements = [row for row in rows if row["kind"] == ELEMENT]
    units = [row for row in rows if row["kind"] != ELEMENT]
    for family, beside in ((units, others), (elements, [])):
        adjusted = holm([*(row["rank_p"] for row in family), *beside])
        for row, p in zip(family, adjusted, strict=False):
            row["rank_p_adjusted"] = float(p)
