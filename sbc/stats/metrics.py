"""How good one estimator of one estimand is over n datasets, and how sure of that we are.

Every metric takes a `Fits` and returns an `Estimate` or a `Proportion`: a value and its Monte
Carlo standard error (MCSE), which says how far the value would move if the n datasets were drawn
again. What is not defined (no dataset, the spread of one number, a relative bias of many truths)
is NaN and raises no warning, so that a table can ask every metric of every row. Only a level
whose quantiles are missing is an error.

The body of a metric returns its result *and* its influence values psi: dataset i moves the value
by about psi_i/n. They live there and nowhere else. Their standard error sd(psi)/√n is the MCSE
unless a docstring gives another formula, and `paired` compares estimators by their difference.

The module is longer than 300 lines because it is one catalogue, a formula and its error each.

Notation: theta truth, m and s posterior mean and sd, e = m − theta, z = e/s, u the randomised
probability integral transform (PIT) of theta; sd(.) and var(.) divide by n − 1.

References
----------
.. [1] Morris, White & Crowther (2019), Statistics in Medicine 38:2074. doi:10.1002/sim.8086
.. [2] MacKinnon & White (1985), J. Econometrics 29:305 (HC3). doi:10.1016/0304-4076(85)90158-7
.. [3] Dawid & Sebastiani (1999), Annals of Statistics 27:65. doi:10.1214/aos/1018031101
.. [4] Gneiting & Raftery (2007), JASA 102:359 (CRPS). doi:10.1198/016214506000001437
.. [5] Price & Bonett (2001), J. Statistical Computation and Simulation 68:295 (error of a median).
   doi:10.1080/00949650108812071
.. [6] Kruschke (2018), Advances in Methods and Practices in Psychological Science 1:270 (ROPE).
   doi:10.1177/2515245918771304
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any, Literal, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from sbc.stats.fits import (
    UNKNOWN,
    Estimate,
    Fits,
    FloatArray,
    IntervalFor,
    Proportion,
    standard_error,
    variance,
)
from sbc.stats.intervals import checked_level, wilson

Kind = Literal["pit", "quantile", "known"]


METRICS: dict[str, Callable[..., Estimate | Proportion]] = {}
"""Every metric by its name. Each can be called with a `Fits` alone; those that take a ``level``
then take .95, for which all but `coverage` need the quantiles."""
_BODIES: dict[str, Callable[..., tuple[Estimate | Proportion, FloatArray]]] = {}


def _metric[**P, R: (Estimate, Proportion)](
    body: Callable[P, tuple[R, FloatArray]],
) -> Callable[P, R]:
    """Enter a metric in `METRICS`; its callers get the result, not the influence values."""
    quiet = np.errstate(all="ignore")(body)  # 0/0 is how the undefined becomes NaN

    @functools.wraps(body)
    def metric(*args: P.args, **kwargs: P.kwargs) -> R:
        return quiet(*args, **kwargs)[0]

    # help() reads the body's signature, which would promise the influence values too.
    returns = get_args(get_type_hints(body)["return"])[0].__name__
    signature = inspect.signature(body).replace(return_annotation=returns)
    metric.__dict__["__signature__"] = signature
    METRICS[body.__name__] = metric
    _BODIES[body.__name__] = quiet
    return metric


def influence(metric: str, fits: Fits, **options: Any) -> tuple[float, FloatArray]:
    """Value of a metric and how far each dataset moves it.

    Parameters
    ----------
    metric : str
        A key of `METRICS`.
    fits : Fits
        n datasets.
    **options
        Further arguments of the metric, such as ``level``.

    Returns
    -------
    value : float
    psi : array of shape (n,)
        In the unit of the metric; their mean vanishes like 1/n.

    Raises
    ------
    ValueError
        If there is no such metric.
    """
    if metric not in _BODIES:
        raise ValueError(f"no metric called {metric!r}; there are {', '.join(METRICS)}")
    result, psi = _BODIES[metric](fits, **options)
    return result.value, psi


def _mean(x: FloatArray) -> tuple[Estimate, FloatArray]:
    mean = np.mean(x) if x.size else np.float64(np.nan)
    return Estimate(float(mean), standard_error(x)), x - mean


def _root_mean(x: FloatArray) -> tuple[Estimate, FloatArray]:
    mean, psi = _mean(x)
    root = np.sqrt(mean.value)
    psi = psi / (2 * root)
    return Estimate(float(root), standard_error(psi)), psi


def _spread(x: FloatArray) -> tuple[Estimate, FloatArray]:
    var = variance(x)
    # Two numbers are always equally far from their mean: their psi would promise an error of 0.
    psi = (_mean(x)[1] ** 2 - var) / (2 * np.sqrt(var)) if x.size > 2 else np.full(x.shape, np.nan)
    return Estimate(float(np.sqrt(var)), standard_error(psi)), psi


def _share(
    hits: NDArray[np.bool_], interval: IntervalFor, *needed: FloatArray
) -> tuple[Proportion, FloatArray]:
    """Give the share of hits; where what they are `needed` for is unknown, so is the share."""
    if any(np.isnan(column).any() for column in needed):
        return UNKNOWN, np.full(hits.shape, np.nan)
    (p, _), psi = _mean(hits.astype(float))
    mcse = math.sqrt(p * (1 - p) / hits.size) if hits.size > 1 else math.nan
    low, high = interval(int(hits.sum()), hits.size)
    return Proportion(p, mcse, float(low), float(high)), psi


def share(hits: NDArray[np.bool_]) -> Proportion:
    """Give the share of datasets that hit, with its error and its 95 % Wilson interval."""
    return _share(hits, wilson)[0]


def _central(fits: Fits, level: float) -> tuple[FloatArray, FloatArray]:
    tail = (1 - checked_level(level)) / 2
    # 1 − .95 is not quite .05: look for the probability, not for its last bit.
    low, high = (
        [q for p, q in fits.quantiles.items() if abs(p - want) < 1e-9] for want in (tail, 1 - tail)
    )
    if low and high:
        return low[0], high[0]
    lower = [p for p in sorted(fits.quantiles, reverse=True) if p < 0.5]
    levels = [f"{1 - 2 * p:g}" for p in lower if any(abs(1 - p - r) < 1e-9 for r in fits.quantiles)]
    raise ValueError(f"no quantiles for level {level:g}; available: {', '.join(levels) or 'none'}")


@_metric
def bias(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Mean of e, in the unit of the estimand; 0 is best. MCSE sd(e)/√n [1]_."""
    return _mean(fits.mean - fits.truth)


@_metric
def median_bias(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Median of e, in the unit of the estimand: a bias that a few wild estimates do not decide.

    MCSE half the distance of the order statistics c and n + 1 − c of e over their normal quantile,
    c near (n + 1)/2 − √n, without an estimate of a density [5]_; psi is sign(e − median) by that.
    """
    from scipy.special import bdtr

    e, n = np.sort(fits.mean - fits.truth), fits.n
    if n < 2 or np.isnan(e).any():
        return Estimate(float(e[0]) if n == 1 else math.nan, math.nan), np.full(n, np.nan)
    c = max(round((n + 1) / 2 - math.sqrt(n)), 1)
    beyond = float(bdtr(c - 1, n, 0.5))
    mcse = (e[n - c] - e[c - 1]) / (2 * NormalDist().inv_cdf(1 - beyond))
    median = np.median(e)
    psi = np.sign(fits.mean - fits.truth - median) * math.sqrt(n - 1) * mcse
    return Estimate(float(median), float(mcse)), psi


@_metric
def relative_bias(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Bias as a share of the one truth of all datasets; NaN if that is 0 or there are several.

    The MCSE is that of the bias over abs(theta) [1]_.
    """
    same = fits.truth.size > 0 and np.ptp(fits.truth) == 0 and fits.truth[0] != 0
    return _mean((fits.mean - fits.truth) / (fits.truth if same else np.nan))


@_metric
def proportional_bias(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Slope of m on theta, minus 1: −0.2 says that a fifth of every effect is lost.

    NaN where all truths are the same. The MCSE is the HC3 standard error, which needs no equal
    variances [2]_; it is NaN when a dataset alone decides the slope (leverage 1).
    """
    n, x = fits.truth.size, _mean(fits.truth)[1]
    # Truths that are the same may still differ from their mean by a rounding error.
    sxx = np.sum(x**2) if n > 1 and np.ptp(fits.truth) > 0 else np.float64(np.nan)
    slope = np.sum(x * fits.mean) / sxx
    residual = _mean(fits.mean)[1] - slope * x
    room = 1 - 1 / max(n, 1) - x**2 / sxx
    psi = n * x * residual / sxx / np.where(room > 1e-9, room, np.nan)
    return Estimate(float(slope - 1), float(np.sqrt(np.sum(psi**2)) / n)), psi


@_metric
def bias_sd(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Mean of z: the bias in posterior sds; 0 under calibration. MCSE sd(z)/√n."""
    return _mean((fits.mean - fits.truth) / fits.sd)


@_metric
def z_sd(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Spread sd(z): 1 under calibration, above 1 for posteriors that are too narrow.

    MCSE √((m4 − sd(z)⁴)/(4 n sd(z)²)) with the fourth central moment m4 of z; no normality is
    assumed. NaN where so few z say nothing about it: always for n = 2.
    """
    z = (fits.mean - fits.truth) / fits.sd
    (value, _), psi = _spread(z)
    moment = np.mean((z - np.mean(z)) ** 4) if z.size > 2 else np.float64(np.nan)
    spread = np.float64(value)
    room = np.float64((moment - spread**4) / (4 * max(z.size, 1) * spread**2))
    return Estimate(value, float(np.sqrt(room)) if room > 0 else math.nan), psi


@_metric
def empirical_se(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Spread sd(e), in the unit of the estimand. MCSE sd(e)/√(2 (n − 1)), for normal e [1]_."""
    (value, _), psi = _spread(fits.mean - fits.truth)
    return Estimate(value, value / math.sqrt(2 * max(fits.truth.size - 1, 1))), psi


@_metric
def mse(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Mean of e², in the squared unit of the estimand. MCSE sd(e²)/√n [1]_."""
    return _mean((fits.mean - fits.truth) ** 2)


@_metric
def rmse(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Root of the MSE, in the unit of the estimand. MCSE that of the MSE over 2 RMSE [1]_."""
    return _root_mean((fits.mean - fits.truth) ** 2)


@_metric
def model_se(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Root of mean s²: the error that the posteriors claim. MCSE √(var(s²)/(4 n modSE²)) [1]_."""
    return _root_mean(fits.sd**2)


@_metric
def model_se_error(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Model SE over empirical SE, minus 1: below 0 for posteriors that are too narrow.

    MCSE (modSE/empSE) √(var(s²)/(4 n modSE⁴) + 1/(2 (n − 1))): e normal and unrelated to s [1]_.
    """
    (model, model_mcse), model_psi = _root_mean(fits.sd**2)
    (actual, _), actual_psi = _spread(fits.mean - fits.truth)
    ratio = np.float64(model) / actual
    half = 1 / (2 * max(fits.truth.size - 1, 1))
    mcse = ratio * np.sqrt((np.float64(model_mcse) / model) ** 2 + half)
    return Estimate(float(ratio - 1), float(mcse)), ratio * (
        model_psi / model - actual_psi / actual
    )


@_metric
def coverage(
    fits: Fits,
    level: float = 0.95,
    kind: Kind = "pit",
    interval: IntervalFor = wilson,
) -> tuple[Proportion, FloatArray]:
    """Share of datasets whose central posterior interval holds the truth.

    Parameters
    ----------
    fits : Fits
        n datasets.
    level : float
        Probability of the posterior interval, in (0, 1).
    kind : {"pit", "quantile", "known"}
        ``pit`` asks whether abs(2u − 1) ≤ level, exactly Bernoulli(level) under calibration: gate
        on this one. ``quantile`` takes the interval between two sample quantiles, which a user
        would report and which, from S draws, covers at best level (S − 1)/(S + 1). ``known`` is
        ``quantile``, or ``pit`` where no such interval is known: of results made elsewhere.
    interval : callable
        Makes `low` and `high` of hits and n: `wilson` or `clopper_pearson`.

    Returns
    -------
    Proportion
        MCSE √(p (1 − p)/n) [1]_, which is 0 when all or none are hit: read the interval instead.

    Raises
    ------
    ValueError
        If `level` or `kind` is not one of these, or the quantiles are not in `fits`.
    """
    if kind not in get_args(Kind):
        raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}, not {kind!r}")
    if kind == "known":
        ends = () if not fits.quantiles else _central(fits, level)
        kind = "quantile" if ends and not np.isnan(ends).any() else "pit"
    if kind == "pit":
        return _share(np.abs(2 * fits.pit - 1) <= checked_level(level), interval, fits.pit)
    low, high = _central(fits, level)
    return _share((low <= fits.truth) & (fits.truth <= high), interval, low, high)


@_metric
def bias_eliminated_coverage(
    fits: Fits, level: float = 0.95, interval: IntervalFor = wilson
) -> tuple[Proportion, FloatArray]:
    """Coverage of the quantile intervals after each is moved by minus the bias.

    Far above `coverage` when bias is to blame, as low when the width is. Arguments and errors are
    those of ``coverage(kind="quantile")``. The MCSE, as there, takes the bias for known [1]_.
    """
    (low, high), (shift, _) = _central(fits, level), bias(fits)
    inside = (low - shift <= fits.truth) & (fits.truth <= high - shift)
    return _share(inside, interval, low, high)


@_metric
def power(
    fits: Fits, level: float = 0.95, null: float = 0.0, interval: IntervalFor = wilson
) -> tuple[Proportion, FloatArray]:
    """Share of datasets whose quantile interval leaves out `null`, as a test of it rejects [1]_.

    Where the truth is `null` this is the type I error. Other arguments, MCSE and errors are those
    of ``coverage(kind="quantile")``.
    """
    low, high = _central(fits, level)
    return _share((null < low) | (high < null), interval, low, high)


def _in_rope(
    fits: Fits, level: float, rope: tuple[float, float]
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_], NDArray[np.bool_]]:
    (low, high), (least, most) = _central(fits, level), rope
    return low, high, (least <= low) & (high <= most), (high < least) | (most < low)


@_metric
def rope_inside(
    fits: Fits,
    level: float = 0.95,
    rope: tuple[float, float] = (-0.1, 0.1),
    interval: IntervalFor = wilson,
) -> tuple[Proportion, FloatArray]:
    """Share of datasets whose quantile interval lies within a region of practical equivalence.

    There the null value is accepted for practical purposes [6]_. `rope` has the region's ends, in
    the unit of the estimand. Other arguments, MCSE and errors are those of
    ``coverage(kind="quantile")``.
    """
    low, high, inside, _ = _in_rope(fits, level, rope)
    return _share(inside, interval, low, high)


@_metric
def rope_outside(
    fits: Fits,
    level: float = 0.95,
    rope: tuple[float, float] = (-0.1, 0.1),
    interval: IntervalFor = wilson,
) -> tuple[Proportion, FloatArray]:
    """Share of datasets whose quantile interval lies wholly outside of the region: it is rejected.

    Neither inside nor outside: undecided. Arguments are those of `rope_inside` [6]_.
    """
    low, high, _, outside = _in_rope(fits, level, rope)
    return _share(outside, interval, low, high)


@_metric
def width(fits: Fits, level: float = 0.95) -> tuple[Estimate, FloatArray]:
    """Mean width of the quantile interval, in the unit of the estimand; errors as `coverage`."""
    low, high = _central(fits, level)
    return _mean(high - low)


@_metric
def contraction(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Mean of 1 − s²/v, v the prior variance: 0 for data that teach nothing, near 1 for sharp ones.

    Negative where the posterior is wider than the prior; NaN without a prior variance. Where v is
    estimated from truths, the MCSE holds that error too: dataset i moves the contraction by
    −(s_i² − mean s²)/v + mean(s²)/v² · ((theta_i − mean theta)² − v), and truths of other datasets
    move v alone.
    """
    squares, v = fits.sd**2, np.float64(np.nan if fits.prior_var is None else fits.prior_var)
    estimate, psi = _mean(1 - squares / v)
    if fits.prior_truths is None:
        return estimate, psi
    n, slope = fits.n, np.mean(squares) / v**2 if fits.n else np.nan
    centre = np.mean(fits.prior_truths)
    every, mine = ((truths - centre) ** 2 - v for truths in (fits.prior_truths, fits.truth))
    psi = psi + slope * mine * n / every.size
    rest = slope**2 * variance(every) * max(every.size - n, 0) / every.size**2
    error = standard_error(psi)
    return Estimate(estimate.value, float(np.sqrt(error**2 + rest))), psi


@_metric
def crps(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Mean CRPS, in the unit of the estimand, ≥ 0, less is better [4]_; NaN if not stored."""
    return _mean(np.full(fits.truth.shape, np.nan) if fits.crps is None else fits.crps)


@_metric
def dawid_sebastiani(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Mean of 2 log s + z², less is better [3]_; only differences mean something."""
    return _mean(2 * np.log(fits.sd) + ((fits.mean - fits.truth) / fits.sd) ** 2)


@_metric
def pit_mean(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Mean of u: ½ under calibration, less for estimates that are too high.

    MCSE sd(u)/√n, right at any truth; under calibration it tends to 1/√(12 n).
    """
    return _mean(fits.pit)


@_metric
def pit_spread(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Mean of w = abs(2u − 1): ½ under calibration, more for posteriors that are too narrow.

    MCSE sd(w)/√n, right at any truth; under calibration it tends to 1/√(12 n).
    """
    return _mean(np.abs(2 * fits.pit - 1))
