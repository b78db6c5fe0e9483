"""Checks of estimators against what is expected of them, each with one of three outcomes.

Every check may be looked at after every dataset. Ranks and coverage have exact e-processes
(`sbc.stats.sequential.judge`); bias, squared errors and contraction have asymptotic ones
(`sbc.stats.sequential.means`).
A gate of m checks gives each of them ``alpha_fail/m``, so that it fails with a chance of at most
``alpha_fail`` if all is as expected; and it passes only if all checks do, so that it passes with a
chance of at most ``alpha_pass`` if one is not.

A fit that failed adds nothing to any process. It may hide something all the same: each check is
judged again with the failed fits made up in several ways, for better and for worse, and a verdict
that does not hold in all of them is inconclusive.

References
----------
.. [1] Arnold, Henzi & Ziegel (2023). Sequentially valid tests for forecast calibration.
   doi:10.1214/22-AOAS1697
.. [2] Pawel et al. (2026). Missing results in simulation studies. arXiv:2409.18527
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbc.gates import evidence
from sbc.gates.decisions import (
    Levels,
    contraction_imputations,
    mean_imputations,
    on_coverage,
    on_means,
    on_ranks,
)
from sbc.gates.evidence import Evidence
from sbc.gates.expectations import Better, Bounds, Calibrated, Expectation, Miscalibrated
from sbc.gates.history import History
from sbc.gates.lacking import lacking
from sbc.gates.values import ROOTS, errors, hits, squares, stacked, values
from sbc.stats.sequential.means import Decision, MeanTest
from sbc.stats.sequential.outcome import ALPHA_FAIL, ALPHA_PASS, Outcome

Array = NDArray[np.float64]
#: Datasets of every estimator under every engine.
Histories = Mapping[tuple[str, str], History]

_AGAIN = 4


@dataclass(frozen=True)
class Check:
    """One thing that is expected of one estimator.

    Attributes
    ----------
    estimator, engine : str
        Of whom.
    quantity : str
        Of what; ``"all"`` for all that is ranked, a vector's name for all its elements.
    expectation : Expectation
        What.
    streams : tuple of str
        The quantities whose ranks are judged together, or whose mean over the elements of each
        dataset is: elements of one dataset may depend on each other in any way.
    """

    estimator: str
    engine: str
    quantity: str
    expectation: Expectation
    streams: tuple[str, ...]


@dataclass(frozen=True)
class CheckVerdict:
    """What became of a check.

    Attributes
    ----------
    check : Check
        What was asked.
    outcome : {"pass", "fail", "inconclusive"}
        The answer.
    n, failed : int
        Datasets that were looked at, and the failed fits among them.
    at : int or None
        Datasets that decided, None if inconclusive.
    needed : int or None
        About how many more would decide; None if decided, or if nothing points anywhere.
    turned : bool
        Whether the failed fits could turn the verdict that the others give.
    evidence : Evidence
        What the datasets say.
    without_divergent : Outcome or None
        The outcome without divergent fits, None if there are none.
    lacking : tuple of (str, str)
        What an open verdict on ranks waits for: streams, each with ``location`` or ``width``.
    """

    check: Check
    outcome: Outcome
    n: int
    failed: int
    at: int | None
    needed: int | None
    turned: bool
    evidence: Evidence
    without_divergent: Outcome | None = None
    lacking: tuple[tuple[str, str], ...] = ()


def judge_checks(
    checks: Iterable[Check],
    histories: Histories,
    alpha_fail: float = ALPHA_FAIL,
    alpha_pass: float = ALPHA_PASS,
    others: int = 0,
) -> list[CheckVerdict]:
    """Judge all checks of one gate.

    Parameters
    ----------
    checks : iterable of Check
        What is expected.
    histories : mapping of (estimator, engine) to History
        The datasets of all estimators that checks name.
    alpha_fail, alpha_pass : float
        Error rates of the gate as a whole, in (0, 1).
    others : int
        Checks of the same gate that are judged elsewhere and share `alpha_fail`.

    Raises
    ------
    ValueError
        If an error rate is outside its range.
    """
    checks = list(checks)
    levels = Levels(alpha_fail / max(len(checks) + others, 1), alpha_pass)
    return [judge_check(check, histories, levels) for check in checks]


def decide_check(
    check: Check, histories: Histories, levels: Levels
) -> tuple[Outcome, int | None, int | None, bool]:
    """Give the outcome of one check without the evidence: see `agreed`."""
    return agreed(_decide(check, histories[check.estimator, check.engine], histories, levels))


def judge_check(check: Check, histories: Histories, levels: Levels) -> CheckVerdict:
    """Judge one check, with the failed fits as they are and made up for better and for worse."""
    mine = histories[check.estimator, check.engine]
    outcome, at, needed, turned = decide_check(check, histories, levels)
    n = at or _length(check, mine, histories)
    if turned:
        needed = _needed_despite(check, histories, levels, n)
    calm = mine.without_divergent()
    otherwise = None if calm is None else _decide(check, calm, histories, levels)[0].outcome
    return CheckVerdict(
        check=check,
        outcome=outcome,
        n=n,
        failed=int(mine.failed[:n].sum()),
        at=at,
        needed=needed,
        turned=turned,
        evidence=_evidence(check, mine, histories, levels, n),
        without_divergent=otherwise,
        lacking=_lacking(check, mine, levels) if outcome == "inconclusive" and n else (),
    )


def _lacking(check: Check, mine: History, levels: Levels) -> tuple[tuple[str, str], ...]:
    if not isinstance(check.expectation, Calibrated):
        return ()
    u = stacked(mine, check.streams, "pit")
    return lacking(u, check.streams, check.expectation.delta, levels.passing)


def _length(check: Check, mine: History, histories: Histories) -> int:
    if isinstance(check.expectation, Better):
        return min(mine.n, histories[rival(check, check.expectation)].n)
    return mine.n


def rival(check: Check, better: Better) -> tuple[str, str]:
    """Say whose errors a check compares with."""
    return better.than, better.engine or check.engine


def agreed(decisions: list[Decision]) -> tuple[Outcome, int | None, int | None, bool]:
    """Keep a verdict that holds however failed fits are made up.

    Parameters
    ----------
    decisions : list of Decision
        The first with failed fits left out, the others with failed fits made up.

    Returns
    -------
    outcome, at, needed, turned
        As in `CheckVerdict`: the answer is known when the last of them has it.
    """
    outcomes = {decision.outcome for decision in decisions}
    turned = len(outcomes) > 1
    at = [decision.at for decision in decisions if decision.at is not None]
    if not turned and at:
        return decisions[0].outcome, max(at), None, False
    return "inconclusive", None, None if turned else decisions[0].needed, turned


def _needed_despite(check: Check, histories: Histories, levels: Levels, n: int) -> int | None:
    """Say how many more datasets would agree if as many of them fail, None if none would."""
    more = {key: found.repeated(_AGAIN) for key, found in histories.items()}
    at = agreed(_decide(check, more[check.estimator, check.engine], more, levels))[1]
    return None if at is None else at - n


def _decide(check: Check, mine: History, histories: Histories, levels: Levels) -> list[Decision]:
    expectation = check.expectation
    if not _length(check, mine, histories):
        return [Decision("inconclusive", None)]
    if isinstance(expectation, Calibrated | Miscalibrated):
        return on_ranks(stacked(mine, check.streams, "pit"), expectation, levels)
    if isinstance(expectation, Bounds) and expectation.is_share:
        return on_coverage(hits(expectation, mine, check.streams), expectation, levels)
    return on_means(*_mean(check, mine, histories), levels)


def _mean(check: Check, mine: History, histories: Histories) -> tuple[list[MeanTest], float, float]:
    """Give what a check is the mean of, with failed fits left out and made up, and its bounds."""
    expectation = check.expectation
    if isinstance(expectation, Better):
        n = _length(check, mine, histories)
        error = errors(mine, check.streams)
        its = errors(histories[rival(check, expectation)], check.streams)
        error, its = error[:, :n], its[:, :n]
        if expectation.gain is None:
            excess = error**2 - its**2
        else:  # a ratio of variances is at most 1/(1 + gain)
            excess = (1 + expectation.gain) * squares(error) - squares(its)
        return mean_imputations(excess.mean(axis=0)), -np.inf, 0.0
    assert isinstance(expectation, Bounds)
    low, high = expectation.low, expectation.high
    if expectation.metric == "contraction":
        truth = np.stack([mine.truth(name) for name in check.streams])
        return contraction_imputations(truth, stacked(mine, check.streams, "sd")), low, high
    if expectation.metric in ROOTS:
        low, high = (np.sign(bound) * bound**2 for bound in (low, high))
    return mean_imputations(values(expectation, mine, check.streams)), low, high


def _evidence(
    check: Check, mine: History, histories: Histories, levels: Levels, n: int
) -> Evidence:
    expectation = check.expectation
    if isinstance(expectation, Calibrated | Miscalibrated):
        inverted = isinstance(expectation, Miscalibrated)
        return evidence.calibration(
            mine, check.streams, n, min(levels) if inverted else levels.fail
        )
    if isinstance(expectation, Bounds) and expectation.is_share:
        found = hits(expectation, mine, check.streams)[:n]
        return evidence.coverage(found, expectation.metric, expectation.level, levels.passing)
    excess, *_ = _mean(check, mine, histories)[0]
    root = isinstance(expectation, Bounds) and expectation.metric in ROOTS
    name = expectation.metric if isinstance(expectation, Bounds) else "difference of squared errors"
    if isinstance(expectation, Better) and expectation.gain is not None:
        name = f"own variance × {1 + expectation.gain:g} less the other's"
    return evidence.mean(lambda bound: excess(bound)[:n], name, levels.passing, root)
