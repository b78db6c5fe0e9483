"""What a study is to deliver, and whether it does: intervals narrow enough, and honest ones.

The share of datasets whose interval is narrow enough is judged against the assurance, and coverage
against its least value, by exact e-processes (`sbc.stats.sequential.coverage`): both may be looked
at after every dataset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sbc.gates.decisions import Levels, on_coverage
from sbc.gates.expectations import Bounds
from sbc.gates.history import History, history
from sbc.gates.judge import agreed
from sbc.gates.values import hits as hits_of
from sbc.plugins.errors import UserError, option
from sbc.stats.sequential.coverage import interval, judge_bounds
from sbc.stats.sequential.outcome import Outcome
from sbc.store.folder import RUN_FILE, read_run
from sbc.store.frames import Run


@dataclass(frozen=True)
class Goal:
    """What is asked of the 95 % interval of every estimand.

    Attributes
    ----------
    width : float
        The largest width that will do.
    assurance : float
        The least chance, in (0, 1), that a dataset gives an interval no wider than that.
    coverage : float
        The least coverage, in (0, 1).
    """

    width: float
    assurance: float
    coverage: float = 0.9


#: Where ``run.json`` keeps the goal, and what a user calls its numbers.
KEPT = "goal"
_ASKED = {"width": "width_95", "assurance": "assurance", "coverage": "coverage_95"}
_DEFAULTS = {"assurance": 0.8, "coverage": 0.9}


def goal_asked(asked: Mapping[str, Any], resume: Path | None) -> Goal:
    """Read what a study is to deliver: what is asked for, or what the search resumed is about.

    Parameters
    ----------
    asked : mapping
        ``width_95``, ``assurance`` and ``coverage_95``, None where nobody says.
    resume : Path or None
        The folder of a search.

    Raises
    ------
    UserError
        For numbers that ask for nothing, or another goal than that of the search: a size that
        passes must have been judged by one goal from its first dataset on.
    """
    kept = {} if resume is None else _kept(resume)
    given = {name: asked.get(called) for name, called in _ASKED.items()}
    for name, value in kept.items():
        if given[name] not in (None, value):
            said = option(_ASKED[name], f"{given[name]:g}")
            raise UserError(f"{resume} looks for {option(_ASKED[name], value)}, and not for {said}")
    known = _DEFAULTS | kept | {n: x for n, x in given.items() if x is not None}
    if "width" not in known:
        raise UserError(f"name the largest width that will do: {option('width_95', 'W')}")
    if not known["width"] > 0:
        raise UserError(f"{option('width_95')} must be positive, not {known['width']:g}")
    for name in _DEFAULTS:
        if not 0 < known[name] < 1:
            lies = f"must lie between 0 and 1, not {known[name]:g}"
            raise UserError(f"{option(_ASKED[name])} {lies}")
    return Goal(*(float(known[name]) for name in _ASKED))


def _kept(folder: Path) -> dict[str, float]:
    """Read the goal of a search; older ones kept none."""
    kept = read_run(folder).get(KEPT, {})
    numbers = isinstance(kept, dict) and all(type(x) in (int, float) for x in kept.values())
    if not numbers or not kept.keys() <= _ASKED.keys():
        raise UserError(f"{folder / RUN_FILE} is damaged: '{KEPT}' is no goal of a design")
    return kept


class Share(NamedTuple):
    """A share of the datasets, and the ends of what is not excluded, each at the error rate."""

    value: float
    low: float
    high: float


class Delivered(NamedTuple):
    """What one size of study delivers for one estimand.

    `narrow` is the share of datasets whose interval is narrow enough, `covered` that of those whose
    interval holds the truth.
    """

    estimand: str
    datasets: int
    narrow: Share
    covered: Share
    outcome: Outcome
    reason: str


def delivered(run: Run, goal: Goal, least: int, alpha: float) -> list[Delivered]:
    """Judge what one estimator's intervals are like in one cell.

    Parameters
    ----------
    run : Run
        The cell: one estimator and one engine.
    goal : Goal
        What is asked.
    least : int
        Datasets before which nothing passes: coverage only has to be not refuted, and of a few
        datasets nothing is.
    alpha : float
        Chance, in (0, 1), that a judgement is wrong.

    Returns
    -------
    list of Delivered
        One an estimand and element of a vector. It passes if the assurance is shown to be reached
        and the coverage is not shown to be too low; it fails if either is shown. A failed fit has
        no interval, and so none that is narrow.
    """
    [(estimator, engine)] = run.settings.pairs
    found = history(run.fits, run.results, estimator, engine)
    names = [key[2] for key, _ in run.streams(estimands_only=True)] or run.estimands(estimator)
    wide = {name: _widths(run, name, found.n) for name in names}
    return [
        _judged(name, wide[name] <= goal.width, _hits(found, name), goal, least, alpha)
        for name in names
    ]


def _widths(run: Run, name: str, n: int) -> np.ndarray:
    """Give the widths in the order of the datasets, infinite for failed fits."""
    mine = run.results[run.results["quantity"] == name].set_index("dataset").reindex(range(n))
    width = (mine["q975"] - mine["q025"]).to_numpy(float)
    return np.where(np.isfinite(width), width, np.inf)


def _hits(found: History, name: str) -> np.ndarray:
    if name not in found.quantities:  # no fit has worked
        return np.full(found.n, np.nan)
    return hits_of(Bounds("coverage_95", 0, 1), found, [name])


def _judged(
    name: str, narrow: np.ndarray, hits: np.ndarray, goal: Goal, least: int, alpha: float
) -> Delivered:
    if not narrow.size:
        nothing = Share(np.nan, np.nan, np.nan)
        return Delivered(name, 0, nothing, nothing, "inconclusive", "no datasets yet")
    widths = judge_bounds(
        narrow.astype(float), None, goal.assurance, 1.0, alpha_fail=alpha, alpha_pass=alpha
    ).outcome
    bounds = Bounds("coverage_95", goal.coverage, np.inf)
    honest = agreed(on_coverage(hits, bounds, Levels(alpha, alpha)))[0]
    outcome, reason = _together(widths, honest, narrow.size >= least)
    shares = (_share(narrow.astype(float), alpha), _share(hits, alpha))
    return Delivered(name, narrow.size, *shares, outcome, reason)


def _share(hits: np.ndarray, alpha: float) -> Share:
    known = hits[np.isfinite(hits)]
    if not known.size:
        return Share(np.nan, 0.0, 1.0)
    return Share(float(known.mean()), *interval(known, None, alpha))


def _together(widths: Outcome, honest: Outcome, enough: bool) -> tuple[Outcome, str]:
    if honest == "fail":
        return "fail", "coverage too low"
    if widths == "fail":
        return "fail", "too wide"
    if widths == "pass" and enough:
        shown = "coverage shown" if honest == "pass" else "coverage not refuted"
        return "pass", f"narrow enough, {shown}"
    return "inconclusive", "not decided"


def of_all(found: Sequence[Delivered]) -> Outcome:
    """Say whether all estimands are as asked: one that is not is enough to say no."""
    outcomes = {one.outcome for one in found}
    if "fail" in outcomes:
        return "fail"
    return "pass" if outcomes == {"pass"} else "inconclusive"
