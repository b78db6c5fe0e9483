"""How good an estimator is at a whole vector: a metric pooled over its elements, with its error.

Elements of one dataset share a posterior and depend on each other, so that 48 elements of 100
datasets are not 4800 estimates. The datasets are the independent units: the Monte Carlo error is
taken from the variation between them, whatever the elements of one have in common.

A metric of element j has a value v_j and influence values psi_ij: dataset i moves v_j by about
psi_ij/n (`sbc.stats.metrics`). With m_ij = 1 where element j of dataset i is pooled, N = Σ m_ij and
n_j = Σ_i m_ij,

    value = Σ_j n_j v_j / N,    psi_i = (n/N) Σ_j m_ij (psi_ij + v_j − value),    MCSE = sd(psi)/√n

with sd over the n datasets: the linearised, cluster-robust standard error [1]_. For bias, coverage,
mean z and all other means this is: average over the elements of each dataset first, then over
datasets. Of RMSE, empirical SE, model SE and sd z it is the square that is averaged.

References
----------
.. [1] Liang & Zeger (1986), Biometrika 73:13. doi:10.1093/biomet/73.1.13
.. [2] Franco, Little, Louis & Slud (2019), J. Survey Statistics and Methodology 7:334 (Wilson's
   interval with an effective sample size). doi:10.1093/jssam/smy019
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from sbc.stats.fits import UNKNOWN, Estimate, Fits, Proportion, standard_error
from sbc.stats.intervals import wilson
from sbc.stats.metrics import METRICS, influence
from sbc.stats.metrics import share as scalar_share
from sbc.stats.paired import paired, precision_gain

FloatArray = NDArray[np.float64]
Members = NDArray[np.bool_]

#: Pooled as their squares, so that the RMSE of a vector is the root of its mean squared error.
ROOTS = frozenset({"rmse", "empirical_se", "model_se", "z_sd"})
SHARES = frozenset({"coverage", "bias_eliminated_coverage", "power", "rope_inside", "rope_outside"})


@dataclass(frozen=True, eq=False)
class Elements:
    """One estimator and the J elements of one vector over the same n datasets.

    Attributes
    ----------
    names : tuple of str
        Of the elements.
    fits : tuple of Fits
        One an element, their datasets in the same order.
    members : array of shape (n, J)
        Which elements of which datasets are pooled; by default all.

    Raises
    ------
    ValueError
        If the elements are not of the same number of datasets, or `members` has another shape.
    """

    names: tuple[str, ...]
    fits: tuple[Fits, ...]
    members: Members = field(default_factory=lambda: np.ones((0, 0), dtype=bool))

    def __post_init__(self) -> None:
        shape = self.fits[0].truth.size, len(self.fits)
        if self.members.shape == (0, 0):
            object.__setattr__(self, "members", np.ones(shape, dtype=bool))
        if self.members.shape != shape or any(f.truth.size != shape[0] for f in self.fits):
            raise ValueError("the elements of a vector need the same datasets")

    @property
    def n(self) -> int:
        """Datasets of which something is pooled."""
        return int(self.members.any(axis=1).sum())

    @property
    def pit(self) -> FloatArray:
        """PIT values, shape (n, J), NaN where an element is not pooled."""
        return np.where(self.members, np.stack([fits.pit for fits in self.fits], axis=1), np.nan)


def measure(metric: str, what: Fits | Elements, **options: Any) -> Estimate | Proportion:
    """Evaluate a metric of a scalar, or pool it over the elements of a vector.

    Parameters
    ----------
    metric : str
        A key of `sbc.stats.metrics.METRICS`.
    what : Fits or Elements
        Whose fits.
    **options
        Further arguments of the metric, such as ``level``.
    """
    if isinstance(what, Fits):
        return METRICS[metric](what, **options)
    value, psi = pooled_influence(metric, what, **options)
    if metric in SHARES:
        return proportion(value, psi, int(what.members.sum()))
    return Estimate(value, standard_error(psi))


def share(hits: Sequence[NDArray[np.bool_]], what: Fits | Elements) -> Proportion:
    """Give the share of hits, of a scalar or pooled over the elements of a vector.

    Parameters
    ----------
    hits : sequence of array of shape (n,)
        One array an element, one alone for a scalar.
    what : Fits or Elements
        Whose.
    """
    if isinstance(what, Fits):
        return scalar_share(hits[0])
    return pooled_share(np.stack(hits, axis=1), what.members)


def difference(metric: str, a: Fits | Elements, b: Fits | Elements, **options: Any) -> Estimate:
    """Difference of a metric between two estimators, a − b, on the same datasets.

    Parameters
    ----------
    metric : str
        A key of `sbc.stats.metrics.METRICS`.
    a, b : Fits or Elements
        Both scalars, or the same elements of a vector; the same n datasets in the same order.
    **options
        Further arguments of the metric.

    Returns
    -------
    Estimate
        As `paired.paired` has it, with the influence values of the pooled metric for vectors.

    Raises
    ------
    ValueError
        If the truths of `a` and `b` differ, or a scalar meets a vector.
    """
    if isinstance(a, Fits) and isinstance(b, Fits):
        return paired(metric, a, b, **options)
    (value_a, psi_a), (value_b, psi_b) = _influences(metric, a, b, **options)
    with np.errstate(all="ignore"):
        return Estimate(value_a - value_b, standard_error(psi_a - psi_b))


def gain(what: Fits | Elements, reference: Fits | Elements) -> Estimate:
    """Give the gain in precision over a reference, as a share, of a scalar or a vector.

    Arguments and errors are those of `difference`, the value and a scalar's error those of
    `paired.precision_gain`. Of a vector, variances are pooled, and the error is sd(psi)/√n with
    psi = 2 ratio (psi_reference/empSE_reference − psi/empSE).
    """
    if isinstance(what, Fits) and isinstance(reference, Fits):
        return precision_gain(what, reference)
    (mine, psi), (its, psi_its) = _influences("empirical_se", what, reference)
    with np.errstate(all="ignore"):
        ratio = (np.float64(its) / mine) ** 2
        moved = 2 * ratio * (psi_its / np.float64(its) - psi / np.float64(mine))
        return Estimate(float(ratio - 1), standard_error(moved))


def _influences(
    metric: str, a: Fits | Elements, b: Fits | Elements, **options: Any
) -> list[tuple[float, FloatArray]]:
    if not (isinstance(a, Elements) and isinstance(b, Elements)):
        raise ValueError("a scalar cannot be compared with a vector")
    if not _same_truths(a.fits, b.fits):
        raise ValueError("a and b are not on the same datasets: their truths differ")
    return [pooled_influence(metric, x, **options) for x in (a, b)]


def pooled_influence(metric: str, elements: Elements, **options: Any) -> tuple[float, FloatArray]:
    """Value of a pooled metric and how far each dataset moves it.

    Parameters
    ----------
    metric : str
        A key of `sbc.stats.metrics.METRICS`.
    elements : Elements
        The vector.
    **options
        Further arguments of the metric.

    Returns
    -------
    value : float
    psi : array of shape (n,)
        Of the datasets of which something is pooled, in their order.
    """
    there = elements.members.any(axis=1)
    members = elements.members[there]
    used = np.flatnonzero(members.any(axis=0))
    values, psi = np.zeros(members.shape[1]), np.zeros(members.shape)
    for j in used:
        mine = elements.fits[j].take(elements.members[:, j])
        values[j], psi[members[:, j], j] = influence(metric, mine, **options)
    if metric not in ROOTS:
        return _pool(values, psi, members)
    with np.errstate(all="ignore"):
        square, psi_i = _pool(values**2, 2 * values * psi, members)
        root = float(np.sqrt(square))
        return root, psi_i / (2 * np.float64(root))


def _pool(values: FloatArray, psi: FloatArray, members: Members) -> tuple[float, FloatArray]:
    total = int(members.sum())
    if not total:
        return math.nan, np.zeros(0)
    value = float(members.sum(axis=0) @ values) / total
    moved = np.where(members, psi + values - value, 0.0).sum(axis=1)
    return value, moved * len(members) / total


def pooled_share(hits: NDArray[np.bool_] | FloatArray, members: Members) -> Proportion:
    """Pool the share of elements that hit.

    Parameters
    ----------
    hits : array of shape (n, J)
        Which elements hit; or shares of them, in [0, 1], whose interval then means nothing.
    members : array of shape (n, J)
        Which are pooled.
    """
    kept = members.any(axis=1)
    hit, members = hits[kept].astype(np.float64), members[kept]
    value = float(hit[members].mean()) if members.any() else math.nan
    value, psi = _pool(np.full(members.shape[1], value), hit - value, members)
    return proportion(value, psi, int(members.sum()))


def proportion(p: float, psi: FloatArray, total: int) -> Proportion:
    """Give a share its interval: Wilson's, of the effective number of independent hits [2]_.

    That number is p (1 − p)/MCSE², less for an MCSE that is itself estimated from n datasets; and
    n, as if the elements of a dataset all agreed, where all or none hit.
    """
    if np.isnan(psi).any():
        return UNKNOWN
    n, mcse = psi.size, standard_error(psi)
    effective = float(n)
    if mcse > 1e-12:
        estimated = 1.959964 / float(stdtrit(n - 1, 0.975))
        effective = min(p * (1 - p) / mcse**2 * estimated**2, float(total))
    low, high = wilson(p * effective if effective else 0.0, effective)
    return Proportion(p, mcse, float(low), float(high))


def _same_truths(a: Sequence[Fits], b: Sequence[Fits]) -> bool:
    return len(a) == len(b) and all(
        np.array_equal(one.truth, other.truth, equal_nan=True)
        for one, other in zip(a, b, strict=True)
    )
