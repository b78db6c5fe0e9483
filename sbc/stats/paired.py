"""How far apart two estimators are on the same datasets.

Both saw the same luck, so most of it cancels in the difference; two separate standard errors
would count it twice.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sbc.stats.fits import Estimate, Fits, standard_error
from sbc.stats.metrics import empirical_se, influence


def paired(metric: str, a: Fits, b: Fits, **options: Any) -> Estimate:
    """Difference of a metric between two estimators, a − b.

    Parameters
    ----------
    metric : str
        A key of `sbc.stats.metrics.METRICS`.
    a, b : Fits
        The same n datasets in the same order: those where both fits worked.
    **options
        Further arguments of the metric, such as ``level``.

    Returns
    -------
    Estimate
        The difference in the unit of the metric, and its MCSE sd(psi_a − psi_b)/√n with the
        influence values of the metric (the delta method). An MCSE of 0 says that no dataset told
        the two apart, not that the difference is known.

    Raises
    ------
    ValueError
        If there is no such metric, or the truths of `a` and `b` differ.

    References
    ----------
    .. [1] Morris, White & Crowther (2019). Using simulation studies to evaluate statistical
       methods. Statistics in Medicine 38:2074. doi:10.1002/sim.8086
    """
    _check_same(a, b)
    (value_a, psi_a), (value_b, psi_b) = (influence(metric, fits, **options) for fits in (a, b))
    with np.errstate(all="ignore"):
        difference = psi_a - psi_b
        return Estimate(value_a - value_b, standard_error(difference))


def precision_gain(fits: Fits, reference: Fits) -> Estimate:
    """Give how much more precise an estimator is than a reference, as a share: 0.1 is 10 %.

    Parameters
    ----------
    fits, reference : Fits
        The same n datasets in the same order: those where both fits worked.

    Returns
    -------
    Estimate
        (empSE_reference/empSE)² − 1, and its MCSE 2 (empSE_reference/empSE)² √((1 − ρ²)/(n − 1)),
        ρ the correlation of their errors [1]_; NaN where either error does not vary.

    Raises
    ------
    ValueError
        If the truths differ.

    References
    ----------
    .. [1] Morris, White & Crowther (2019), Statistics in Medicine 38:2074, table 6.
       doi:10.1002/sim.8086
    """
    _check_same(fits, reference)
    with np.errstate(all="ignore"):
        ratio = (np.float64(empirical_se(reference).value) / empirical_se(fits).value) ** 2
        if fits.n < 2 or not np.isfinite(ratio):
            return Estimate(math.nan, math.nan)
        rho = np.corrcoef(fits.mean - fits.truth, reference.mean - reference.truth)[0, 1]
        mcse = 2 * ratio * np.sqrt(max(1 - rho**2, 0.0) / (fits.n - 1))
    return Estimate(float(ratio - 1), float(mcse))


def _check_same(a: Fits, b: Fits) -> None:
    if not np.array_equal(a.truth, b.truth, equal_nan=True):
        raise ValueError("a and b are not on the same datasets: their truths differ")
