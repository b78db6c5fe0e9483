"""From the estimates of one fit to its rows: no draws, and so no rank and no diagnostics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sbc.plugins.engine import Draws
from sbc.plugins.estimates import Estimated, Estimates
from sbc.store.names import element
from sbc.store.rows import PROBABILITIES, Result


def check_shapes(found: Estimates | Draws, truth: Mapping[str, Any]) -> None:
    """Refuse what a function gives of vectors of other lengths than the truth has.

    Raises
    ------
    ValueError
        Naming both shapes.
    """
    for name, value in found.values.items():
        shape = np.shape(truth[name])
        mine = value.value.shape if isinstance(value, Estimated) else value.shape[2:]
        if mine != shape:
            what = "the estimate" if isinstance(value, Estimated) else "each draw"
            raise ValueError(f"{what} of '{name}' has shape {mine}, and its truth {shape}")


def rows_of(found: Estimates, truth: Mapping[str, Any]) -> tuple[Result, ...]:
    """Give a row a number that is estimated, vectors by their elements.

    Parameters
    ----------
    found : Estimates
        By parameter.
    truth : mapping
        The true value of each.

    Raises
    ------
    ValueError
        If an estimate has another shape than its truth.
    """
    check_shapes(found, truth)
    rows = []
    for name, estimated in found.values.items():
        true = np.asarray(truth[name], dtype=float)
        kept = np.stack([np.ravel(q) for q in estimated.quantiles(PROBABILITIES)])
        rows += [
            Result(
                quantity=element(name, str(i)) if true.ndim else name,
                truth=float(np.ravel(true)[i]),
                mean=float(np.ravel(estimated.value)[i]),
                sd=float(np.ravel(estimated.error)[i]),
                quantiles=tuple(kept[:, i].tolist()),
            )
            for i in range(true.size)
        ]
    return tuple(rows)
