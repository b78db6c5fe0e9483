"""Compare a run with an earlier one, dataset by dataset: whether the estimates have moved.

Both runs saw the same datasets, so that what is left between them is the samplers' Monte Carlo
error, and whatever a new version of PyMC, of the model or of the budget has changed. That is seen
at a tenth of the datasets that it takes to see whether an estimator is calibrated.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sbc.gates.decisions import Levels, mean_imputations
from sbc.gates.evidence import Evidence
from sbc.gates.expectations import Unmoved
from sbc.gates.history import History
from sbc.gates.judge import Check, CheckVerdict, Histories, agreed
from sbc.plugins.errors import UserError
from sbc.stats.fits import standard_error
from sbc.stats.sequential.means import Decision, judge_mean, mean_excess
from sbc.store.settings import Settings

Array = NDArray[np.float64]

TOLERANCE = 0.1
"""How far estimates may move, in posterior sds, and posterior sds as a share of themselves."""

_MAY_DIFFER = ("budget", "estimators", "engines", "functions", "datasets")


def check_comparable(new: Settings, old: Settings, where: str) -> None:
    """Refuse a baseline that is not about the same datasets and estimators.

    Parameters
    ----------
    new, old : Settings
        Of the run and of its baseline. Versions and budget may differ, and either may have more
        datasets, estimators and engines: what both have is compared.
    where : str
        The baseline's name, for errors.

    Raises
    ------
    UserError
        Naming the setting that differs.
    """
    mine, its = new.to_json(), old.to_json()
    for name in mine.keys() - _MAY_DIFFER:
        if mine[name] != its[name]:
            raise UserError(
                f"the baseline {where} was made with {name} = {its[name]}, not {mine[name]}: "
                "only runs of the same datasets can be compared"
            )
    for name in ("estimators", "engines"):
        if not set(mine[name]) & set(its[name]):
            theirs = ", ".join(its[name])
            raise UserError(f"the baseline {where} shares no {name[:-1]} with this run: {theirs}")


def compare(
    new: Histories, old: Histories, levels: Levels, tolerance: float = TOLERANCE
) -> list[CheckVerdict]:
    """Judge for everything that both runs ranked whether it moved.

    Parameters
    ----------
    new, old : mapping of (estimator, engine) to History
        The datasets of both runs; the leading ones that both have are compared.
    levels : Levels
        Error rates of one check; asymptotic.
    tolerance : float
        In posterior sds, and as a share of posterior sds.

    Raises
    ------
    UserError
        If a dataset is not the same in both.
    """
    verdicts = []
    for key in new.keys() & old.keys():
        for quantity in sorted(set(new[key].quantities) & set(old[key].quantities)):
            verdicts.append(_moved(new[key], old[key], quantity, levels, tolerance))
    return sorted(verdicts, key=lambda v: (list(new).index(_key(v)), v.check.quantity))


def _key(verdict: CheckVerdict) -> tuple[str, str]:
    return verdict.check.estimator, verdict.check.engine


def _moved(
    new: History, old: History, quantity: str, levels: Levels, tolerance: float
) -> CheckVerdict:
    n = min(new.n, old.n)
    _check_truths(new, old, quantity, n)
    shift, stretch, scatter = differences(new, old, quantity)
    bounds = [
        (shift, -tolerance, tolerance),
        (stretch, -np.log1p(tolerance), np.log1p(tolerance)),
        (scatter, -np.inf, tolerance**2),
    ]
    each = Levels(levels.fail / len(bounds), levels.passing)
    missing = int(np.isnan(shift).sum())
    imputations = [_judge(bounds, each)]
    if missing and missing < n:
        ends = [[way(0.0) for way in mean_imputations(x)[1:]] for x, _, _ in bounds]
        imputations += [
            _judge([(x[i], *b[1:]) for x, b in zip(ends, bounds, strict=True)], each)
            for i in (0, 1)
        ]
    outcome, at, needed, turned = agreed(imputations)
    return CheckVerdict(
        check=Check(new.estimator, new.engine, quantity, Unmoved(tolerance), (quantity,)),
        outcome=outcome,
        n=n,
        failed=missing,
        at=at,
        needed=needed,
        turned=turned,
        evidence=_evidence(new, old, quantity, (shift, stretch, scatter)),
    )


def differences(new: History, old: History, quantity: str) -> tuple[Array, Array, Array]:
    """Compare two fits to each dataset.

    Parameters
    ----------
    new, old : History
        The datasets of both runs; the leading ones that both have are compared.
    quantity : str
        What was estimated.

    Returns
    -------
    shift : array of shape (n,)
        New minus old posterior mean, in posterior sds.
    stretch : array of shape (n,)
        Log of new over old posterior sd.
    scatter : array of shape (n,)
        shift² less what the samplers' errors add to it, 1/ESS each. Its mean shows fits that moved
        up and down by turns.
    """
    n = min(new.n, old.n)
    (m1, s1, e1), (m0, s0, e0) = (
        (p.get(quantity, "mean")[:n], p.get(quantity, "sd")[:n], _size(p, quantity)[:n])
        for p in (new, old)
    )
    shift = (m1 - m0) / np.sqrt((s1**2 + s0**2) / 2)
    return shift, np.log(s1 / s0), shift**2 - 1 / e1 - 1 / e0


def _size(history: History, quantity: str) -> Array:
    """Give the effective number of draws: all of them, where an engine's are independent.

    An estimate without draws has no sampler's error, as if it had infinitely many.
    """
    ess = history.get(quantity, "ess_bulk")
    if np.isfinite(ess).any() or not np.isfinite(history.get(quantity, "mean")).any():
        return ess
    size = (history.fits["chains"] * history.fits["draws"]).to_numpy(float)
    return np.where(size > 0, size, np.inf)


def _check_truths(new: History, old: History, quantity: str, n: int) -> None:
    mine, its = (p.get(quantity, "truth")[:n] for p in (new, old))
    other = np.flatnonzero(np.isfinite(mine) & np.isfinite(its) & (mine != its))
    if other.size:
        k = int(other[0])
        raise UserError(
            f"dataset {k} has {quantity} = {mine[k]:g} for {new.estimator} and {its[k]:g} in the "
            "baseline: the generator has changed, and the runs cannot be compared"
        )


def _judge(bounds: list[tuple[Array, float, float]], levels: Levels) -> Decision:
    """Pass if all three are within bounds, fail if one is not."""
    parts = [
        judge_mean(mean_excess(x), low, high, alpha_fail=levels.fail, alpha_pass=levels.passing)
        for x, low, high in bounds
    ]
    failed = [part.at for part in parts if part.outcome == "fail" and part.at is not None]
    if failed:
        return Decision("fail", min(failed))
    passed = [part.at for part in parts if part.at is not None]
    if len(passed) == len(parts):
        return Decision("pass", max(passed))
    needed = [part.needed for part in parts if part.at is None]
    known = [more for more in needed if more is not None]
    return Decision("inconclusive", None, max(known) if len(known) == len(needed) else None)


def _evidence(
    new: History, old: History, quantity: str, parts: tuple[Array, Array, Array]
) -> Evidence:
    shift, stretch, scatter = (x[np.isfinite(x)] for x in parts)
    if shift.size < 2:
        return Evidence("no two fits to compare", "too few to show anything")
    n = parts[0].size
    ranks = np.abs(new.get(quantity, "pit")[:n] - old.get(quantity, "pit")[:n])
    numbers = {
        "datasets": float(shift.size),
        "shift": float(shift.mean()),
        "shift_mcse": standard_error(shift),
        "sd_ratio": float(np.exp(stretch.mean())),
        "sd_ratio_mcse": float(np.exp(stretch.mean()) * standard_error(stretch)),
        "scatter": float(np.sqrt(max(scatter.mean(), 0))),
    }
    found = (
        f"moved by {numbers['shift']:+.3f} ± {numbers['shift_mcse']:.3f} posterior sds, "
        f"sds × {numbers['sd_ratio']:.3f} ± {numbers['sd_ratio_mcse']:.3f}"
    )
    if np.isfinite(ranks).any():
        numbers["rank_difference"] = float(np.nanmean(ranks))
        found += f", ranks by {100 * numbers['rank_difference']:.1f} %"
    least = f"beyond Monte Carlo error single estimates moved by {numbers['scatter']:.3f}"
    return Evidence(found, least, numbers)
