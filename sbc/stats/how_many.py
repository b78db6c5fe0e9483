"""How many datasets make a Monte Carlo error as small as is asked, before anything is fitted.

References
----------
.. [1] Morris, White & Crowther (2019). Using simulation studies to evaluate statistical methods.
   Statistics in Medicine 38:2074, section 5.3. doi:10.1002/sim.8086
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Needed(NamedTuple):
    """A number of datasets, and the reckoning in words."""

    datasets: int
    why: str


def datasets_for(
    metric: str, error: float, level: float | None = None, spread: float | None = None
) -> Needed | None:
    """Give the number of datasets at which the Monte Carlo error of a metric is so small [1]_.

    Parameters
    ----------
    metric : str
        A key of `sbc.stats.metrics.METRICS`.
    error : float
        The error asked for, in the unit of the metric; positive.
    level : float, optional
        Of a coverage, in (0, 1); it is taken to be nominal.
    spread : float, optional
        The empirical SE that is expected, in the unit of the estimand; estimates are taken to be
        normal and unbiased.

    Returns
    -------
    Needed or None
        Nothing where the number depends on what is not known.

    Examples
    --------
    >>> datasets_for("coverage", 0.007, level=0.95).datasets
    970
    >>> datasets_for("bias", 0.01, spread=0.2).datasets
    400
    """
    if metric == "coverage" and level is not None:
        worst = _up(0.25 / error**2)
        why = f"{level:g} × {1 - level:.3g} / {error:g}²; {worst} if coverage were 50 %"
        return Needed(_up(level * (1 - level) / error**2), why)
    if metric == "power":
        return Needed(_up(0.25 / error**2), f"0.5 × 0.5 / {error:g}², the most it can take")
    if metric in ("bias_sd", "z_sd"):
        n = (1.0 if metric == "bias_sd" else 0.5) / error**2
        return Needed(_up(n), f"{'1' if metric == 'bias_sd' else '½'} / {error:g}², if calibrated")
    if spread is None:
        return None
    ratio = (spread / error) ** 2
    by = f"empirical SE {spread:g}, error {error:g}"
    reckoned = {
        "bias": (ratio, f"(empirical SE / error)²; {by}"),
        "median_bias": (math.pi / 2 * ratio, f"π/2 (empirical SE / error)²; {by}"),
        "empirical_se": (1 + ratio / 2, f"1 + ½ (empirical SE / error)²; {by}"),
        "rmse": (ratio / 2, f"½ (empirical SE / error)²; {by}"),
        "mse": (2 * spread**4 / error**2, f"2 empirical SE⁴ / error²; {by}"),
    }
    if metric not in reckoned:
        return None
    n, why = reckoned[metric]
    return Needed(_up(n), why)


def scaled(datasets: int, had: float, error: float) -> Needed | None:
    """Give the number by what so many datasets came to: errors shrink with the root of it.

    Parameters
    ----------
    datasets : int
        Of the pilot.
    had : float
        Their Monte Carlo error, infinite where there was none.
    error : float
        The error asked for.
    """
    if not math.isfinite(had):
        return None
    n = _up(datasets * (had / error) ** 2)
    return Needed(n, f"{datasets} datasets had an error of {had:.2g}")


def _up(n: float) -> int:
    """Round up, but not for the last bits of a product."""
    return max(math.ceil(n * (1 - 1e-12)), 2)
