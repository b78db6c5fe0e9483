"""How well two estimators agree, dataset by dataset, by the differences of their estimates.

References
----------
.. [1] Bland & Altman (1999). Measuring agreement in method comparison studies. Statistical Methods
   in Medical Research 8:135. doi:10.1177/096228029900800204
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sbc.stats.fits import Estimate, Fits, FloatArray, standard_error
from sbc.stats.metrics import influence
from sbc.stats.vectors import Elements, pooled_influence

#: Half the width of limits that hold 95 % of normal differences, in their sds.
REACH = 1.959964


class Agreement(NamedTuple):
    """Mean and sd of the differences, and the limits of agreement, each with its error."""

    mean: Estimate
    sd: Estimate
    low: Estimate
    high: Estimate


def agreement(a: Fits | Elements, b: Fits | Elements) -> Agreement:
    """Give the limits of agreement of two estimators: mean ± 1.96 sd of the differences a − b [1]_.

    Parameters
    ----------
    a, b : Fits or Elements
        Both scalars, or the same elements of a vector; the same n datasets in the same order.

    Returns
    -------
    Agreement
        In the unit of the estimand. The errors are sd(psi)/√n with the influence values of mean
        and sd; for normal differences those of the limits are close to √(3/n) sd [1]_. Of a
        vector, differences of all elements are pooled, their variances as in
        `sbc.stats.vectors`, and errors come from the variation between datasets.

    Raises
    ------
    ValueError
        If one is a scalar and the other a vector.
    """
    what = _differences(a, b)
    (mean, moved), (sd, spread) = (_influence(name, what) for name in ("bias", "empirical_se"))
    with np.errstate(all="ignore"):
        return Agreement(
            Estimate(mean, standard_error(moved)),
            Estimate(sd, standard_error(spread)),
            *(
                Estimate(mean + sign * REACH * sd, standard_error(moved + sign * REACH * spread))
                for sign in (-1, 1)
            ),
        )


def _differences(a: Fits | Elements, b: Fits | Elements) -> Fits | Elements:
    """Give what has the differences for its errors."""
    if isinstance(a, Fits) and isinstance(b, Fits):
        return _scalar(a, b)
    if isinstance(a, Elements) and isinstance(b, Elements):
        pairs = zip(a.fits, b.fits, strict=True)
        return replace(a, fits=tuple(_scalar(one, other) for one, other in pairs))
    raise ValueError("a scalar cannot be compared with a vector")


def _scalar(one: Fits, other: Fits) -> Fits:
    return replace(one, mean=one.mean - other.mean, truth=np.zeros(one.n))


def _influence(metric: str, what: Fits | Elements) -> tuple[float, FloatArray]:
    if isinstance(what, Fits):
        return influence(metric, what)
    return pooled_influence(metric, what)
