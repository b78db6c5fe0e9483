"""Fits that several cells have in common are made once, and their rows stand in each of them.

An option of one estimator is nothing to the others: cells that differ in such options alone have
the same data, the same random streams and the same fits of the others, bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sbc.fitting.fit import Task
from sbc.store.database import Store
from sbc.store.repeated import repeat
from sbc.store.shard import Shard
from sbc.studies.sweep.plan import Plan


@dataclass(frozen=True)
class Shared:
    """The fits of a plan, or of one part of it.

    Attributes
    ----------
    made : list of Task
        Those to be made.
    copied : dict of (str, str) to list of (int, int)
        Of each estimator, by the name that it is kept under, and engine: the numbers in the store
        of a fit that is made, and of one that is the same.
    """

    made: list[Task]
    copied: dict[tuple[str, str], list[tuple[int, int]]]


def shared(plan: Plan, fits: Iterable[Task], part: Shard) -> Shared:
    """Tell the fits that are to be made from those that are the same as one of these.

    A part has the fits of its own numbers only, so that one that the first cell of several has in
    another part is made in both.

    Parameters
    ----------
    plan : Plan
        Of the sweep.
    fits : iterable of Task
        All of them, the cells of an estimator in the order of their numbers.
    part : Shard
        Which of them are meant.
    """
    firsts = {name: plan.grid.first_alike(name) for name in plan.datasets}
    found = Shared([], {})
    seen: dict[tuple[str, str, int, int], int] = {}
    for task in fits:
        number, estimator, engine = task.key
        if number not in part:
            continue
        alike = (estimator, engine, firsts[estimator][task.cell], task.dataset)
        if (first := seen.setdefault(alike, number)) == number:
            found.made.append(task)
        else:
            found.copied.setdefault((estimator, engine), []).append((first, number))
    return found


def copy(store: Store, found: Shared) -> None:
    """Give each cell the rows of the fits that it shares with another one.

    Parameters
    ----------
    store : Store
        Open to write. What is not made yet is left for later; what is there stays.
    found : Shared
        From `shared`.
    """
    done = store.done()
    for (estimator, engine), pairs in found.copied.items():
        there = {number for number, *whose in done if whose == [estimator, engine]}
        missing = [pair for pair in pairs if pair[0] in there and pair[1] not in there]
        repeat(store, estimator, engine, missing)
