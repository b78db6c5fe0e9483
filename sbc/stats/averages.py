"""A metric averaged over conditions that share their datasets, with its Monte Carlo error.

Dataset k has the same random numbers in every condition, so that the values v_1, …, v_C of a metric
are not independent. Condition c has n_c datasets and influence values psi_ck: dataset k moves v_c
by about psi_ck/n_c (`sbc.stats.metrics`). The average (1/C) Σ_c v_c moves by

    h_k = (1/C) Σ_c psi_ck / √(n_c (n_c − 1)),    MCSE = √(Σ_k h_k²),

psi_ck centred in its condition and 0 where dataset k is not in it. For one condition that is
sd(psi)/√n; for conditions that share nothing it is the usual error of independent ones; whatever
they share is counted as it is, either way: the linearised variance of clustered data, with the
datasets as clusters [1]_. Of RMSE, empirical SE, model SE and sd z the squares are averaged, as
over the elements of a vector (`sbc.stats.vectors`).

References
----------
.. [1] Liang & Zeger (1986), Biometrika 73:13. doi:10.1093/biomet/73.1.13
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbc.stats.fits import Estimate, Fits, Proportion, standard_error
from sbc.stats.metrics import influence
from sbc.stats.vectors import ROOTS, SHARES, Elements, pooled_influence, proportion

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Condition:
    """The fits of one condition.

    Attributes
    ----------
    what : Fits or Elements
        n datasets, of a scalar or of a vector.
    datasets : array of shape (n,)
        Their numbers; equal ones have the same random numbers in all conditions.
    """

    what: Fits | Elements
    datasets: NDArray[np.int64]

    def influence(self, metric: str, **options: Any) -> tuple[float, FloatArray, NDArray[np.int64]]:
        """Give a metric's value, how far each dataset moves it, and the datasets' numbers."""
        if isinstance(self.what, Fits):
            return *influence(metric, self.what, **options), self.datasets
        there = self.what.members.any(axis=1)
        return *pooled_influence(metric, self.what, **options), self.datasets[there]


def average(metric: str, conditions: Sequence[Condition], **options: Any) -> Estimate | Proportion:
    """Average a metric over conditions, each with the same weight.

    Parameters
    ----------
    metric : str
        A key of `sbc.stats.metrics.METRICS`.
    conditions : sequence of Condition
        At least one.
    **options
        Further arguments of the metric, such as ``level``.

    Returns
    -------
    Estimate or Proportion
        In the unit of the metric; NaN if it is not defined in one of them. The error is that of
        the influence values, also of an empirical SE, whose error in a single condition is usually
        given for normal estimates.
    """
    value, psi = averaged_influence(metric, conditions, **options)
    if metric not in SHARES:
        return Estimate(value, standard_error(psi))
    total = sum(c.what.n if isinstance(c.what, Fits) else int(c.what.members.sum())
                for c in conditions)  # fmt: skip
    return proportion(value, psi, total)


def average_difference(
    metric: str, pairs: Sequence[tuple[Condition, Condition]], **options: Any
) -> Estimate:
    """Subtract the averages of two estimators, a − b, over conditions.

    Parameters
    ----------
    metric, **options
        As for `average`.
    pairs : sequence of (Condition, Condition)
        The two estimators in each condition, on the same datasets in the same order.
    """
    one, other = zip(*pairs, strict=True)
    (value_a, psi_a), (value_b, psi_b) = (
        averaged_influence(metric, side, **options) for side in (one, other)
    )
    with np.errstate(all="ignore"):
        return Estimate(value_a - value_b, standard_error(psi_a - psi_b))


def averaged_influence(
    metric: str, conditions: Sequence[Condition], **options: Any
) -> tuple[float, FloatArray]:
    """Value of an average over conditions, and how far each dataset moves it.

    Returns
    -------
    value : float
    psi : array of shape (K,)
        Of the K datasets that are in any condition, in the order of their numbers; its standard
        error is that of the average.
    """
    parts = [condition.influence(metric, **options) for condition in conditions]
    with np.errstate(all="ignore"):
        if metric in ROOTS:
            parts = [(v**2, 2 * v * psi, numbers) for v, psi, numbers in parts]
        value = float(np.mean([v for v, *_ in parts]))
        known, h = _moved(parts)
        psi = h * np.sqrt(known.size * (known.size - 1.0)) if known.size > 1 else np.full(1, np.nan)
        if metric in ROOTS:
            root = float(np.sqrt(value))
            return root, psi / (2 * np.float64(root))
        return value, psi


def _moved(
    parts: Sequence[tuple[float, FloatArray, NDArray[np.int64]]],
) -> tuple[NDArray[np.int64], FloatArray]:
    """Add up how far each dataset moves the average, in standard errors of its conditions."""
    known = np.unique(np.concatenate([numbers for *_, numbers in parts]))
    h = np.zeros(known.size)
    for _, psi, numbers in parts:
        if (n := numbers.size) < 2:  # of one dataset nobody knows the error
            return known, np.full(known.size, np.nan)
        h[np.searchsorted(known, numbers)] += (psi - psi.mean()) / np.sqrt(n * (n - 1.0))
    return known, h / len(parts)
