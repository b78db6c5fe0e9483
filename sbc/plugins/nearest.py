"""Which of some names was probably meant by one that is none of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

#: Slips that are forgiven, as a share of the letters of the longer word.
_SHARE = 0.4
#: What it costs that a name has an ending which was not written, as coverage_95 has.
_ENDING = 0.5
#: What it costs that letters are large instead of small.
_CASE = 0.25
#: Where a name's ending begins: after a word of it, and before an element of a vector.
_STEM = re.compile(r"[^_\[-]+(?=[_\[-])")


def slips(wrong: str, right: str) -> int:
    """Count the slips of a typist that turn one word into another.

    A slip is a letter too many, a letter too few, another letter, or two neighbours exchanged:
    the restricted distance of Damerau [1]_.

    Parameters
    ----------
    wrong, right : str
        The two, in either order.

    References
    ----------
    .. [1] Damerau (1964). A technique for computer detection and correction of spelling errors.
       doi:10.1145/363958.363994

    Examples
    --------
    >>> slips("mundalk", "mundlak"), slips("coverge", "coverage"), slips("", "abc")
    (1, 1, 3)
    """
    before: list[int] = []
    last = list(range(len(right) + 1))
    for i, a in enumerate(wrong, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and b == wrong[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def near(name: str, allowed: Iterable[str]) -> str:
    """Give the allowed name that was probably meant; empty if there is none like it.

    A name is near by itself, or by how it begins: ``coverge`` is one slip and an ending from
    ``coverage_95``, and two slips from ``converged``.

    Parameters
    ----------
    name : str
        What was written.
    allowed : iterable of str
        What might have been. Of two that are as near, the one of the same letters is meant, else
        the first in the alphabet.
    """
    found = [
        (cost, sorted(one) != sorted(name), one) for one in allowed for cost in _costs(name, one)
    ]
    return min(found, default=(0.0, False, ""))[2]


def misspelled(name: str, allowed: Iterable[str]) -> bool:
    """Say whether a text is an allowed name with a slip in it, all of that name."""
    return any(_cost(name, one) is not None for one in allowed)


def _costs(name: str, allowed: str) -> Iterator[float]:
    """Give what it costs to have meant a name, in full or by how it begins."""
    if (cost := _cost(name, allowed)) is not None:
        yield cost
    for stem in _STEM.finditer(allowed):
        if len(name) > 2 and (cost := _cost(name, allowed[: stem.end()])) is not None:
            yield cost + _ENDING


def _cost(wrong: str, right: str) -> float | None:
    """Count slips, and a little for large letters; None for what is too far away."""
    most = _SHARE * max(len(wrong), len(right))
    if abs(len(wrong) - len(right)) > most:  # a long text is not worth a look
        return None
    cost = slips(wrong.casefold(), right.casefold())
    if cost > most:
        return None
    return cost + _CASE * (slips(wrong, right) > cost)
