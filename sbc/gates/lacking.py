"""What an open verdict on ranks still lacks: that location is right, that width is, or both."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sbc.stats.sequential.e_values import log_e_pass

LOCATION, WIDTH = "location", "width"
#: Where the two processes of each stand in `log_e_pass`.
_PROCESSES = {LOCATION: slice(0, 2), WIDTH: slice(2, 4)}
_NAMED = 2


def lacking(
    u: ArrayLike, streams: tuple[str, ...], delta: float, alpha_pass: float
) -> tuple[tuple[str, str], ...]:
    """Find what is not yet known to be within the tolerance.

    Parameters
    ----------
    u : array_like of shape (K, n)
        PIT values, NaN for a failed fit.
    streams : tuple of str
        Names of the K streams.
    delta : float
        The tolerance of both means, in (0, ½).
    alpha_pass : float
        The level, in (0, 1), at which a departure is excluded.

    Returns
    -------
    tuple of (str, str)
        Streams, each with ``location`` or ``width``.
    """
    reached = log_e_pass(u, delta).max(axis=-1, initial=0.0) >= -np.log(alpha_pass)
    return tuple(
        (name, part)
        for name, row in zip(streams, reached, strict=True)
        for part, where in _PROCESSES.items()
        if not row[where].all()
    )


def lacking_words(found: tuple[tuple[str, str], ...], several: bool) -> str:
    """Say what is open, as a clause.

    Parameters
    ----------
    found : tuple of (str, str)
        As `lacking` gives it.
    several : bool
        Whether streams must be named.

    Examples
    --------
    >>> lacking_words((("mu", "width"),), several=False)
    'the width is still open'
    >>> lacking_words((("mu", "location"), ("tau", "location"), ("tau", "width")), several=True)
    'still open are the location of mu, the location and width of tau'
    """
    if not found:
        return ""
    parts = list(dict.fromkeys(part for _, part in found))
    if not several:
        return f"{_the(parts)} {'are' if len(parts) > 1 else 'is'} still open"
    names = list(dict.fromkeys(name for name, _ in found))
    told = [f"{_the([p for n, p in found if n == name])} of {name}" for name in names[:_NAMED]]
    more = len(names) - _NAMED
    told += [f"{more} more {'quantity' if more == 1 else 'quantities'}"] if more > 0 else []
    verb = "are" if len(found) > 1 else "is"
    return f"still open {verb} {', '.join(told)}"


def _the(parts: list[str]) -> str:
    return f"the {' and '.join(parts)}"
