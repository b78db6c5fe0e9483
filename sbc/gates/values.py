"""What a bounded metric is the mean or the share of: one number a dataset, NaN for a failed fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sbc.gates.decisions import hits_of, hits_of_intervals
from sbc.gates.expectations import Bounds
from sbc.gates.history import History
from sbc.plugins.errors import UserError
from sbc.store.names import fitted_by
from sbc.store.rows import quantile_column

Array = NDArray[np.float64]
#: Metrics that are the root of a mean.
ROOTS = ("rmse", "model_se", "empirical_se", "z_sd")


def stacked(history: History, streams: Sequence[str], column: str) -> Array:
    """Give one column of all streams, shape (K, n)."""
    return np.stack([history.get(name, column) for name in streams])


def errors(history: History, streams: Sequence[str]) -> Array:
    """Give estimates minus truths, shape (K, n)."""
    return stacked(history, streams, "mean") - stacked(history, streams, "truth")


def values(bounds: Bounds, history: History, streams: Sequence[str]) -> Array:
    """Give what a metric is the mean of, that of the elements of each dataset, shape (n,).

    Of those in `ROOTS` it is the square. A variance is the mean of (x_i - m)^2 (i - 1)/i with m the
    mean of the values before x_i (Welford 1962, doi:10.1080/00401706.1962.10490022): each of these
    has the variance for its mean, whatever came before.
    """
    error, sd = errors(history, streams), stacked(history, streams, "sd")
    if bounds.family == "width":
        low, high = _ends(bounds, history, streams)
        return (high - low).mean(axis=0)
    found = {
        "bias": lambda: error,
        "bias_sd": lambda: error / sd,
        "rmse": lambda: error**2,
        "model_se": lambda: sd**2,
        "empirical_se": lambda: squares(error),
        "z_sd": lambda: squares(error / sd),
    }
    return found[bounds.metric]().mean(axis=0)


def hits(bounds: Bounds, history: History, streams: Sequence[str]) -> Array:
    """Give the share of elements whose intervals do what is counted, shape (n,).

    They hold the truth; or they do when moved by minus the bias of the datasets before; or, for the
    power, they leave out 0.
    """
    assert bounds.interval is not None
    ranked = all(history.is_ranked(name) for name in streams)
    unknown = not np.isfinite(stacked(history, streams, "mean")).any()
    if bounds.family == "coverage" and (ranked or unknown):
        return hits_of(stacked(history, streams, "pit"), bounds.interval).mean(axis=0)
    low, high = _ends(bounds, history, streams)
    truth = stacked(history, streams, "truth")
    if bounds.family == "power":
        inside = hits_of_intervals(np.zeros_like(truth), low, high)
        return (1 - inside).mean(axis=0)
    if bounds.family == "bias_eliminated_coverage":
        truth = truth + np.stack([_before(row) for row in errors(history, streams)])
    return hits_of_intervals(truth, low, high).mean(axis=0)


def _ends(bounds: Bounds, history: History, streams: Sequence[str]) -> tuple[Array, Array]:
    """Give the ends of intervals, shape (K, n) each.

    Raises
    ------
    UserError
        If there are fits and no intervals of this level.
    """
    assert bounds.interval is not None
    tail = round((1 - bounds.interval) / 2, 6)
    low, high = (stacked(history, streams, quantile_column(p)) for p in (tail, 1 - tail))
    known = np.isfinite(low).any() and np.isfinite(high).any()
    if not known and np.isfinite(stacked(history, streams, "mean")).any():
        raise UserError(
            f"{streams[0]} of {fitted_by(history.estimator, history.engine)} has "
            f"{'neither ranks nor' if bounds.family == 'coverage' else 'no'} intervals of "
            f"{100 * bounds.interval:g} %: bound the {bounds.family} of a level that it has"
        )
    return low, high


def _before(x: Array) -> Array:
    """Average what came before each value, leaving out NaN; 0 before the first."""
    known = np.isfinite(x)
    count = np.cumsum(known) - known
    total = np.cumsum(np.where(known, x, 0)) - np.where(known, x, 0)
    return total / np.maximum(count, 1)


def squares(rows: Array) -> Array:
    """Give, row by row, squares whose mean is the variance, as `values` has them."""
    return np.stack([_squares(row) for row in rows])


def _squares(x: Array) -> Array:
    """Give squares whose mean is the variance; the first value has none and repeats the next."""
    known = np.flatnonzero(np.isfinite(x))
    found = np.full(x.shape, np.nan)
    i = np.arange(1, known.size + 1)
    found[known] = (x[known] - _before(x[known])) ** 2 * (i - 1) / i
    if known.size > 1:
        found[known[0]] = found[known[1]]
    return found
