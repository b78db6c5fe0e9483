"""Which quantities have their figures on paper, where a page may not be as long as on a screen."""

from __future__ import annotations

import math

from sbc.report.verdicts import WORST_FIRST, Pair

#: So many quantities of an estimator are printed with all of their figures.
FULL = 3
#: Of more, so many are printed, each with its first three figures; fewer of very many.
BRIEF, FEWEST = 4, 2
#: So many are very many: their table takes half a sheet by itself.
MANY = 9
#: With more than so many, intervals side by side would fill a sheet: their table is enough there.
DENSE = 16


def printed(pairs: list[Pair]) -> set[int]:
    """Choose the quantities whose figures are printed: of each estimator those that depart most.

    Parameters
    ----------
    pairs : list of Pair
        Of one run.

    Returns
    -------
    set of int
        Places in `pairs`: all of an estimator with up to `FULL` quantities, else `BRIEF` of it,
        `FEWEST` or one; failures before open verdicts before passes, then the smallest p-values.
    """
    groups: dict[tuple[str, str], list[int]] = {}
    for i, pair in enumerate(pairs):
        groups.setdefault((pair.estimator, pair.engine), []).append(i)
    kept: set[int] = set()
    for mine in groups.values():
        worst = sorted(mine, key=lambda i: (WORST_FIRST[pairs[i].outcome], _p(pairs[i]), i))
        kept.update(worst if len(mine) <= FULL else worst[: _most(len(mine))])
    return kept


def _p(pair: Pair) -> float:
    return 1.0 if math.isnan(pair.adjusted) else pair.adjusted


def _most(count: int) -> int:
    return BRIEF if count < MANY else FEWEST if count <= DENSE else 1


def words(pairs: list[Pair]) -> str:
    """Say on paper what is not printed; nothing if everything is."""
    if not brief(pairs):
        return ""
    return (
        "On paper, three figures are shown for a few quantities of each estimator, those that "
        "depart most from uniform ranks. The page on a screen has all figures of all quantities."
    )


def brief(pairs: list[Pair], most: int = FULL) -> bool:
    """Say whether an estimator has more than so many quantities."""
    whose = [(pair.estimator, pair.engine) for pair in pairs]
    return any(whose.count(one) > most for one in set(whose))
