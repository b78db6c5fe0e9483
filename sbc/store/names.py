"""The names of vectors and their elements.

``p[3]``, ``b[age]`` and ``corr[intercept, slope]`` are elements, by number or by coordinates, and
``p[*]`` is all of them pooled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

_ELEMENT = re.compile(r"(?P<vector>.+?)\[(?P<place>(?!\*\])[^\[\]]+)\]", re.DOTALL)
_POOLED = "[*]"
#: Characters that turn the direction of text, as within the brackets of a regular expression: a
#: stranger's names may hold them, and none is shown.
TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"


def fitted_by(estimator: str, engine: str = "") -> str:
    """Name an estimator, and the engine that fits it where that is in question."""
    return f"{estimator} by {engine}" if engine else estimator


def called(spec: str) -> str:
    """Name what stands in a user's file by its own name and that of the file.

    Examples
    --------
    >>> called("studies/mine.py:model"), called("mundlak")
    ('model (mine.py)', 'mundlak')
    """
    path, colon, name = spec.rpartition(":")
    return f"{name} ({PurePath(path).name})" if colon and path else spec


def meant(name: str, there: Iterable[str]) -> str:
    """Find which of some estimators is meant: by its name, or by that without its file's path.

    Examples
    --------
    >>> meant("cox", ["studies/mine.py:cox", "naive"])
    'studies/mine.py:cox'
    """
    names = list(there)
    ends = [one for one in names if one.rpartition(":")[2] == name]
    return ends[0] if name not in names and len(ends) == 1 else name


def vector_of(name: str) -> str:
    """Give the vector that an element belongs to, or the name itself."""
    found = _ELEMENT.fullmatch(name)
    return found["vector"] if found else name


def place_of(name: str) -> str:
    """Give what stands within an element's brackets; empty for a name that is no element's."""
    found = _ELEMENT.fullmatch(name)
    return found["place"] if found else ""


def element(vector: str, place: str) -> str:
    """Name an element."""
    return f"{vector}[{place}]"


def spaced(name: str) -> str:
    """Write an element's name as sbc does, however many spaces follow its commas."""
    found = _ELEMENT.fullmatch(name)
    if not found:
        return name
    return element(found["vector"], ", ".join(p.strip() for p in found["place"].split(",")))


def natural(name: str) -> tuple[str, tuple[int, ...]]:
    """Give a key by which names sort with their elements in order: ``p[2]`` before ``p[10]``.

    Elements that are named by coordinates keep the order in which they stand.
    """
    found = _ELEMENT.fullmatch(name)
    if not found:
        return name, ()
    parts = [part.strip() for part in found["place"].split(",")]
    if not all(part.isdecimal() for part in parts):
        return found["vector"], ()
    return found["vector"], tuple(int(part) for part in parts)


def vectors(names: Iterable[str]) -> dict[str, list[str]]:
    """Find the vectors among names, each with its elements in order.

    An element that stands alone is a scalar like any other: it makes no vector.
    """
    found: dict[str, list[str]] = {}
    for name in sorted(dict.fromkeys(names), key=natural):
        if vector_of(name) != name:
            found.setdefault(vector_of(name), []).append(name)
    return {vector: elements for vector, elements in found.items() if len(elements) > 1}


def units(names: Iterable[str]) -> dict[str, list[str]]:
    """Arrange names in what is shown together: each scalar by itself, each vector as ``p[*]``.

    Parameters
    ----------
    names : iterable of str
        Scalars and elements.

    Returns
    -------
    dict of str to list of str
        In the order in which the first of each came.
    """
    names = list(dict.fromkeys(names))
    known = vectors(names)
    found: dict[str, list[str]] = {}
    for name in names:
        if (vector := vector_of(name)) in known:
            found.setdefault(pooled_name(vector), known[vector])
        else:
            found[name] = [name]
    return found


def pooled_name(vector: str) -> str:
    """Name the pool of a vector's elements."""
    return f"{vector}{_POOLED}"


def compact(names: Iterable[str]) -> list[str]:
    """List names with the elements of each vector in one word: ``p[0] … p[47]``."""
    return [
        name if len(elements) == 1 else f"{elements[0]} … {elements[-1]}"
        for name, elements in units(names).items()
    ]
