"""The one judgement of a run: what every door says of its ranks, and of the gate that was asked.

A gate judges checks, each of one quantity or of many together; tables and pages show a verdict for
each quantity. Both come from here, with one tolerance and one chance of a mistake, so that they
cannot differ: where a check passes all of its quantities do, and where one of them fails so does
the check. This follows from the levels. A check of K streams fails if the mean of their e-values
reaches ``1/alpha``; of k of these streams, judged at ``alpha k / K``, the mean has to reach
``K/(k alpha)``, and then that of all K reaches ``1/alpha``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sbc.gates.checks import Subject, checks_of
from sbc.gates.config import Config
from sbc.gates.decisions import Levels
from sbc.gates.expectations import Calibrated, Miscalibrated
from sbc.gates.forward import SHARE
from sbc.gates.forward_file import read_forward
from sbc.gates.gate import Gate, check_ranked, judge_run
from sbc.gates.history import History
from sbc.gates.judge import Check, CheckVerdict, Histories, judge_check
from sbc.gates.read import histories_of, subject_of
from sbc.gates.record import Record, read_record
from sbc.plugins.errors import UserError
from sbc.stats.sequential.outcome import Outcome
from sbc.store.frames import Run
from sbc.store.names import units

#: The outcome of a gate; or that there are no ranks, or no right to judge them.
Judged = Outcome | Literal["unranked", "unjudged"]
Key = tuple[str, str, str]


@dataclass(frozen=True)
class RankVerdict:
    """What is said of the ranks of one quantity, or of one vector.

    Attributes
    ----------
    estimator, engine, quantity : str
        Whose ranks, and of what: ``p[*]`` for a vector, no quantity where nothing is known of any.
    streams : tuple of str
        The quantity, or the elements of the vector.
    outcome : {"pass", "fail", "inconclusive", "unranked", "unjudged"}
        Within the tolerance, not uniform, or neither shown; estimates without draws have no ranks,
        and at a single truth, or in a part of a run, there is nothing to judge.
    delta : float
        The tolerance.
    verdict : CheckVerdict or None
        The numbers; None where nothing was judged.
    why : {"", "no fits", "none worked", "one truth", "part"}
        Why nothing was judged.
    """

    estimator: str
    engine: str
    quantity: str
    streams: tuple[str, ...]
    outcome: Judged
    delta: float
    verdict: CheckVerdict | None = None
    why: str = ""

    @property
    def key(self) -> Key:
        """What it is about."""
        return self.estimator, self.engine, self.quantity


@dataclass(frozen=True)
class Judgement:
    """What is said of a run.

    Attributes
    ----------
    config : Config
        Tolerance and chances of a mistake.
    gate : Gate or None
        Its checks; None if nothing is expected of the run.
    record : Record or None
        What a gate has asked before; None if none has.
    ranks : mapping of (estimator, engine, quantity) to RankVerdict
        In the run's order, estimands first.
    """

    config: Config
    gate: Gate | None
    record: Record | None
    ranks: Mapping[Key, RankVerdict]


def judgement(run: Run) -> Judgement:
    """Judge a run as the gate did that was asked, or as one would that is asked nothing more.

    Parameters
    ----------
    run : Run
        Finished or not, a part of one, or a cell of a study.

    Raises
    ------
    UserError
        If what a gate has left in the folder is damaged.
    """
    whole = not run.label and not run.shard.describe()
    record = read_record(run.folder) if whole else None
    config = Config() if record is None else record.config
    subject = subject_of(run)
    most = config.max_datasets if record is None else record.most(len(run.fits))
    histories = histories_of(run, subject.estimands, most)
    gate = _gate(run, config, record, subject, histories) if whole else None
    alpha = config.alpha_fail * (1 - SHARE if read_forward(run.folder) else 1)
    units_ = _units(run)
    verdicts = () if gate is None else gate.verdicts
    others = 0 if record is None else record.others
    ranks = {}
    for key, streams in units_:
        delta, levels = _asked(key, streams, verdicts, config, alpha, len(units_), others)
        found = _judged(run, key, streams, histories, delta, levels)
        ranks[found.key] = found
    _agree(ranks, verdicts)
    return Judgement(config, gate, record, ranks)


def _gate(
    run: Run,
    config: Config,
    record: Record | None,
    subject: Subject,
    histories: dict[tuple[str, str], History],
) -> Gate | None:
    """Judge the checks, None where there are none to make."""
    checks = checks_of(config, subject)
    if record is not None:
        there = checks or record.beside  # of a comparison alone nothing is known before it is made
        return judge_run(run, config, again=record, histories=histories) if there else None
    if not checks or run.settings.regime.single_truth:
        return None
    try:
        check_ranked(checks, histories)
    except UserError:  # it asks for draws, and a page of estimates without is one all the same
        return None
    return judge_run(run, config, histories=histories)


def _units(run: Run) -> list[tuple[Key, tuple[str, ...]]]:
    """List what has a verdict of its own, estimands first: scalars, and vectors by their names."""
    streams = [key for key, _ in run.streams()]
    estimands = {key for key, _ in run.streams(estimands_only=True)}
    found: list[tuple[Key, tuple[str, ...]]] = []
    for pair in run.settings.pairs:
        mine = [key for key in streams if key[:2] == pair]
        names = [key[2] for key in sorted(mine, key=lambda key: key not in estimands)]
        names = names or run.estimands(pair[0]) or [""]
        found += [((*pair, unit), tuple(members)) for unit, members in units(names).items()]
    return found


def _about(check: Check, key: Key, streams: Sequence[str]) -> bool:
    """Say whether a check judges ranks of a quantity."""
    ranks = isinstance(check.expectation, Calibrated | Miscalibrated)
    return (
        ranks and (check.estimator, check.engine) == key[:2] and bool({*streams} & {*check.streams})
    )


def _asked(
    key: Key,
    streams: tuple[str, ...],
    verdicts: Sequence[CheckVerdict],
    config: Config,
    alpha: float,
    count: int,
    others: int,
) -> tuple[float, Levels]:
    """Give the tolerance and the levels at which a quantity is judged."""
    mine = [v.check for v in verdicts if _about(v.check, key, streams)]
    if not mine:  # all that is shown shares the chance of a mistake
        return config.delta, Levels(alpha / max(count, 1), config.alpha_pass)
    each = alpha / (len(verdicts) + others)
    share = min(len({*streams} & {*check.streams}) / len(check.streams) for check in mine)
    delta = min(check.expectation.delta for check in mine)  # type: ignore[union-attr]
    if any(isinstance(check.expectation, Miscalibrated) for check in mine):
        least = min(each, config.alpha_pass)
        return delta, Levels(least * share, least)
    return delta, Levels(each * share, config.alpha_pass)


def _judged(
    run: Run,
    key: Key,
    streams: tuple[str, ...],
    histories: Histories,
    delta: float,
    levels: Levels,
) -> RankVerdict:
    mine = histories[key[:2]]
    base = RankVerdict(*key, streams, "inconclusive", delta)
    if run.shard.describe():
        return replace(base, outcome="unjudged", why="part")
    if not mine.n:
        return replace(base, why="no fits")
    if not _worked(mine, streams):
        return replace(base, why="none worked")
    if not any(mine.is_ranked(name) for name in streams):
        return replace(base, outcome="unranked")
    if run.settings.regime.single_truth:
        return replace(base, outcome="unjudged", why="one truth")
    check = Check(*key, Calibrated(delta), streams)
    verdict = judge_check(check, histories, levels)
    return replace(base, outcome=verdict.outcome, verdict=verdict)


def _worked(mine: History, streams: Sequence[str]) -> bool:
    return bool({*streams} & {*mine.quantities})


def _agree(ranks: dict[Key, RankVerdict], verdicts: Sequence[CheckVerdict]) -> None:
    """Name a quantity where a check does not pass for several together and for none by itself."""
    for verdict in verdicts:
        check = verdict.check
        mine = [one for one in ranks.values() if _about(check, one.key, one.streams)]
        judged = [one for one in mine if one.verdict is not None]
        said = _of_ranks(verdict)
        if not judged or said == "pass" or any(one.outcome == said for one in judged):
            continue
        worst = max(judged, key=_against)
        if said == "inconclusive" and any(one.outcome == "fail" for one in judged):
            continue
        assert worst.verdict is not None
        told = replace(
            worst.verdict,
            outcome=said,
            at=verdict.at,
            needed=verdict.needed,
            turned=verdict.turned,
            lacking=(),
        )
        ranks[worst.key] = replace(worst, outcome=said, verdict=told)


def _of_ranks(verdict: CheckVerdict) -> Outcome:
    """Say what a check found of ranks: one that asks for a fault passes where there is one."""
    if isinstance(verdict.check.expectation, Miscalibrated):
        turned: dict[Outcome, Outcome] = {"pass": "fail", "fail": "pass"}
        return turned.get(verdict.outcome, verdict.outcome)
    return verdict.outcome


def _against(one: RankVerdict) -> float:
    assert one.verdict is not None
    found = one.verdict.evidence.numbers.get("log_e_against", -math.inf)
    return -math.inf if math.isnan(found) else found
