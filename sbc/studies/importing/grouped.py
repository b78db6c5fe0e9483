"""Rows of a long table by whose they are: one method on one dataset."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sbc.studies.importing.pieces import Key, twice, two_truths
from sbc.studies.importing.tables import Table


def grouped(table: Table) -> Iterator[tuple[Key, str, list[int]]]:
    """Yield dataset, method and the places of their rows, in the order in which they come.

    Raises
    ------
    UserError
        If one of them has an estimand twice, with the same truth or another.
    """
    places: dict[tuple[Key, str], dict[str, int]] = {}
    for i, (key, method, estimand) in enumerate(table.rows()):
        mine = places.setdefault((key, method), {})
        if estimand in mine:
            truth = table.truths(needed=False)
            one, other = truth[mine[estimand]], truth[i]
            if not np.isnan([one, other]).any() and one != other:
                raise two_truths(key, estimand, one, other)
            raise twice(key, method, estimand)
        mine[estimand] = i
    for (key, method), mine in places.items():
        yield key, method, list(mine.values())
