"""Why fits failed: the commonest reasons, those that differ in numbers alone taken together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sbc.store.rows import FAILED
from sbc.store.status import why

_NUMBER = re.compile(r"[-+]?\d[\d.,]*(?:e[-+]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Reason:
    """One kind of failure: its status and text as in its first fit, and the datasets it met."""

    status: str
    text: str
    datasets: tuple[int, ...]

    @property
    def kind(self) -> tuple[str, str]:
        """What failures of several estimators have in common: the status, and the words."""
        return self.status, _NUMBER.sub("#", self.text)

    @property
    def count(self) -> int:
        """How many fits failed so."""
        return len(self.datasets)


def reasons(fits: pd.DataFrame) -> list[Reason]:
    """Sort failed fits by what was wrong, the commonest first.

    Parameters
    ----------
    fits : DataFrame
        With the columns ``dataset``, unless that is the index, ``status`` and ``error``.
    """
    kinds: dict[tuple[str, str], list[int]] = {}
    texts: dict[tuple[str, str], str] = {}
    failed = fits[fits["status"].isin(FAILED)]
    datasets = failed.get("dataset", failed.index)
    for k, status, error in zip(datasets, failed["status"], failed["error"], strict=True):
        key = (status, _NUMBER.sub("#", error))
        texts.setdefault(key, error or why(status))
        kinds.setdefault(key, []).append(int(k))
    found = [Reason(key[0], texts[key], tuple(numbers)) for key, numbers in kinds.items()]
    return sorted(found, key=lambda reason: -reason.count)


def listed_once(fits: Mapping[str, pd.DataFrame], most: int = 3) -> dict[str, list[str]]:
    """Write the commonest reasons of several who fit, each text for the first of them only.

    Parameters
    ----------
    fits : mapping of str to DataFrame
        By the names of who fitted; columns as for `reasons`.
    most : int
        Reasons of each to write, at least 1.

    Returns
    -------
    dict of str to list of str
        Lines, as `listed` gives them; of a reason told before its count, and whose it was first.
    """
    whose: dict[str, str] = {}
    told = {}
    for name, frame in fits.items():
        lines = []
        for line in listed(frame, most):
            count, _, text = line.partition(" × ")
            first = whose.setdefault(_NUMBER.sub("#", text), name)
            lines.append(line if first == name else f"{count} × for the same reason as {first}")
        told[name] = lines
    return told


def readable(text: str, longest: int = 400) -> str:
    """Cut what nobody reads to the end, and what no page can hold."""
    clean = "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)
    return clean if len(clean) <= longest else f"{clean[:longest]} …"


def listed(fits: pd.DataFrame, most: int = 3) -> list[str]:
    """Write the commonest reasons, each on a line with its count."""
    found = reasons(fits)
    lines = [
        f"{reason.count} × {readable(' '.join(reason.text.split()), 200)}"
        for reason in found[:most]
    ]
    more = sum(reason.count for reason in found[most:])
    return [*lines, f"{more} × something else"] if more else lines
