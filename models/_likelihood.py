"""What the maximum-likelihood estimators share: which rows inform, and what no maximum is."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from sbc.plugins.data import Array


@contextmanager
def strict() -> Iterator[None]:
    """Have a fit that warns fail: of separation, or of an iteration that has not converged.

    Numbers that are not finite on the way are not what it warns of; in what comes out they are
    refused anyway.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error")
        yield


def informative(group: Array, Y: Array) -> Array:
    """Say which rows lie in groups whose outcomes differ: the others say nothing of a slope."""
    sizes, events = np.bincount(group), np.bincount(group, weights=Y)
    return ((events > 0) & (events < sizes))[group]


def refuse_separated(group: Array, X: Array, Y: Array) -> None:
    """Refuse data whose likelihood, given each group's intercept, only rises with beta_XY.

    That is so if X tells the outcomes apart, in the same direction, in every group that has both.

    Raises
    ------
    ValueError
        If there is no finite maximum, or no group with both outcomes.

    Source: A. Albert & J. A. Anderson 1984, doi:10.1093/biomet/71.1.1.
    """
    rows = informative(group, Y)
    if not rows.any():
        raise ValueError("no group has both outcomes: beta_XY has no estimate")
    up = down = True
    for j in np.unique(group[rows]):
        x1, x0 = X[(group == j) & (Y == 1)], X[(group == j) & (Y == 0)]
        up, down = up and x1.min() >= x0.max(), down and x1.max() <= x0.min()
    if up or down:
        raise ValueError("X separates the outcomes in every group: beta_XY has no finite estimate")
