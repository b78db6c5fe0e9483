"""Break datasets down by a feature of their data: what holds on average may hold nowhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def strata(values: ArrayLike, max_groups: int = 4) -> list[tuple[str, NDArray[np.bool_]]]:
    """Group the datasets by a feature of their data, to see where an estimator goes wrong.

    Parameters
    ----------
    values : array_like of shape (n,)
        Feature of each dataset, finite. It must not look at the truth: strata of the truth show
        shrinkage even in a calibrated posterior.
    max_groups : int
        Most groups, ≥ 1. With no more distinct values than that each is a group; otherwise
        groups are quantile bins, as equal in size as ties allow.

    Returns
    -------
    list of (str, array of shape (n,))
        Labels, all different, and boolean masks in the order of the values; every dataset is in
        exactly one. Empty for no values.

    Raises
    ------
    ValueError
        If a value is not finite or an argument is out of range.
    """
    x = np.asarray(values, dtype=float) + 0.0  # so that −0 is 0 in the labels too
    if x.ndim != 1 or not np.all(np.isfinite(x)) or max_groups < 1:
        raise ValueError("strata need a 1-d array of finite values and max_groups of at least 1")
    tops = np.unique(x)
    if tops.size > max_groups:
        cuts = np.quantile(x, np.arange(1, max_groups) / max_groups, method="inverted_cdf")
        # A cut at the largest value would leave the bin above it empty.
        tops = np.append(np.unique(np.minimum(cuts, tops[-2])), tops[-1])
    group = np.searchsorted(tops, x)
    masks = [group == g for g in range(tops.size)]
    for digits in range(3, 18):  # as few as keep the labels apart; 17 always do
        ends = [(f"{x[m].min():.{digits}g}", f"{x[m].max():.{digits}g}") for m in masks]
        labels = [low if low == high else f"{low} to {high}" for low, high in ends]
        if len(set(labels)) == len(labels):
            break
    return list(zip(labels, masks, strict=True))
