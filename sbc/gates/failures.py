"""Fits that failed: how many, whether too many, and whether failing depends on the truth.

Leaving out failed fits by a rule that looks at the data alone does little harm; leaving them out by
anything that follows the truth can make any estimator look calibrated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sbc.gates.history import History
from sbc.stats.intervals import clopper_pearson
from sbc.stats.sequential.coverage import judge_bounds
from sbc.stats.sequential.outcome import ALPHA_PASS
from sbc.store.reasons import listed

Array = NDArray[np.float64]

TOO_MANY = 0.05
"""The share of failed fits that a gate does not put up with."""


@dataclass(frozen=True)
class Dependence:
    """How failing goes with the truth of an estimand.

    ``effect`` is the rank-biserial correlation of a dataset's failing with the truth, or with its
    distance from the median truth (``what``); ``p`` is adjusted for all that were looked at.
    """

    estimand: str
    what: str
    effect: float
    p: float


@dataclass(frozen=True)
class Failures:
    """What became of one estimator's fits: counts by status, and the share that failed.

    ``low`` and ``high`` are the Clopper–Pearson 95 % interval of that share. ``surely`` says that
    it is above 5 %, however often one looks: for whoever judges while fits come in. ``pareto_k``
    and ``elbo_drift``, what an approximation has in place of R-hat and ESS, are medians over the
    fits, NaN where the engine has none. ``reasons`` are the commonest of the failed ones.
    """

    estimator: str
    engine: str
    n: int
    failed: int
    low: float
    high: float
    retried: int
    statuses: dict[str, int]
    dependence: tuple[Dependence, ...]
    surely: bool
    pareto_k: float = np.nan
    elbo_drift: float = np.nan
    reasons: tuple[str, ...] = ()

    @property
    def too_many(self) -> bool:
        """Whether the share that failed is above 5 %."""
        return self.low > TOO_MANY or self.surely

    @property
    def depends(self) -> Dependence | None:
        """The clearest sign, at 5 %, that failing goes with the truth."""
        signs = [d for d in self.dependence if d.p < 0.05]
        return min(signs, key=lambda d: d.p) if signs else None


def failures(history: History, estimands: Sequence[str], alpha: float) -> Failures:
    """Count the failed fits of one estimator and test whether they go with the truth.

    Parameters
    ----------
    history : History
        Its datasets.
    estimands : sequence of str
        Names whose true values may matter; those without true values are left out.
    alpha : float
        Chance, in (0, 1), to ever say ``surely`` if it is not so.
    """
    count = int(history.failed.sum())
    low, high = clopper_pearson(count, history.n)
    statuses = history.fits["status"].value_counts()
    return Failures(
        estimator=history.estimator,
        engine=history.engine,
        n=history.n,
        failed=count,
        low=float(low),
        high=float(high),
        retried=int((history.fits["attempt"] > 0).sum()),
        statuses={str(name): int(number) for name, number in statuses.items()},
        dependence=_dependence(history.failed, {name: history.truth(name) for name in estimands}),
        surely=_surely(history, alpha),
        pareto_k=_median(history.fits, "pareto_k"),
        elbo_drift=_median(history.fits, "elbo_drift"),
        reasons=tuple(listed(history.fits)),
    )


def _median(fits: pd.DataFrame, column: str) -> float:
    values = fits[column].dropna() if column in fits else ()
    return float(np.median(values)) if len(values) else np.nan


def _surely(history: History, alpha: float) -> bool:
    if not history.n:
        return False
    worked = (~history.failed).astype(float)
    levels = {"alpha_fail": alpha, "alpha_pass": ALPHA_PASS}
    return judge_bounds(worked, 0.99, 1 - TOO_MANY, 1, **levels).outcome == "fail"


def _dependence(failed: NDArray[np.bool_], truths: dict[str, Array]) -> tuple[Dependence, ...]:
    """Compare the truths of failed and other fits by Mann and Whitney's test, Holm's p-values."""
    found = []
    for estimand, truth in truths.items():
        known = np.isfinite(truth)
        if known.sum() < 2 or np.ptp(truth[known]) == 0:
            continue
        centre = np.median(truth[known])
        for what, x in (("truth", truth), ("distance from the median", np.abs(truth - centre))):
            bad, good = x[known & failed], x[known & ~failed]
            if bad.size and good.size:
                from scipy.stats import mannwhitneyu  # slow to import, and mostly not needed

                test = mannwhitneyu(bad, good)
                effect = 2 * float(test.statistic) / (bad.size * good.size) - 1
                found.append((estimand, what, effect, float(test.pvalue)))
    order = np.argsort([row[3] for row in found])
    adjusted, highest = np.ones(len(found)), 0.0
    for position, index in enumerate(order):
        highest = max(highest, min(1.0, found[index][3] * (len(found) - position)))
        adjusted[index] = highest
    return tuple(Dependence(*row[:3], float(p)) for row, p in zip(found, adjusted, strict=True))
