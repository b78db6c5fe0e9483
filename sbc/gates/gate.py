"""Hold a run against a config: all verdicts of one call, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from sbc.gates.baseline import TOLERANCE, check_comparable, compare
from sbc.gates.causes import Explanation, read_causes
from sbc.gates.checks import checks_of
from sbc.gates.config import Config
from sbc.gates.decisions import Levels
from sbc.gates.expectations import Calibrated, Miscalibrated
from sbc.gates.failures import Failures, failures
from sbc.gates.forward import SHARE, Forward
from sbc.gates.forward_file import read_forward
from sbc.gates.history import History
from sbc.gates.judge import Check, CheckVerdict, Histories, judge_checks
from sbc.gates.read import histories_of, subject_of
from sbc.gates.record import Record
from sbc.plugins.errors import ExitCode, UserError, in_python, option
from sbc.store.frames import Run
from sbc.store.names import fitted_by
from sbc.store.reasons import listed_once
from sbc.store.settings import Settings

GateOutcome = Literal["pass", "fail", "failed fits", "inconclusive"]
EXIT_CODES: dict[GateOutcome, ExitCode] = {
    "pass": ExitCode.OK,
    "fail": ExitCode.FAILED,
    "inconclusive": ExitCode.UNDECIDED,
    "failed fits": ExitCode.FAILED_FITS,
}


@dataclass(frozen=True)
class Gate:
    """All verdicts of one call.

    Attributes
    ----------
    folder : Path
        The run's.
    settings : Settings
        The run's.
    expected_uniform : tuple of str
        Estimators whose ranks are expected to be uniform in its regime.
    config : Config
        What it was held against.
    verdicts : tuple of CheckVerdict
        Those of the baseline last.
    failures : tuple of Failures
        One an estimator and engine that was judged.
    unjudged : tuple of str
        Estimators of the run of which nothing is expected, "by engine" if only under some engines.
    forward : tuple of Forward
        What was found before any fit, of estimators whose ranks are expected to be uniform.
    causes : tuple of Explanation
        What `sbc explain` has found to be wrong, if anybody has asked.
    beside : tuple of (str, str)
        Outcome and words of checks against a baseline that are told again without it.
    kept : int or None
        Fits that were there before and were read, where a run was used again.
    fits : int
        All fits that the run holds.
    seconds : float
        What they took, added up.
    """

    folder: Path
    settings: Settings
    expected_uniform: tuple[str, ...]
    config: Config
    verdicts: tuple[CheckVerdict, ...]
    failures: tuple[Failures, ...]
    unjudged: tuple[str, ...]
    forward: tuple[Forward, ...] = ()
    causes: tuple[Explanation, ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
    kept: int | None = None
    fits: int = 0
    seconds: float = 0.0

    @property
    def outcome(self) -> GateOutcome:
        """Fail if one check does; else too many failed fits; pass if all checks do."""
        outcomes = {verdict.outcome for verdict in self.verdicts}
        outcomes |= {outcome for outcome, _ in self.beside}  # type: ignore[misc]
        if "fail" in outcomes or any(found.faults for found in self.forward):
            return "fail"
        if any(found.too_many for found in self.failures):
            return "failed fits"
        return "pass" if outcomes == {"pass"} else "inconclusive"

    @property
    def exit_code(self) -> int:
        """What the process returns."""
        return int(EXIT_CODES[self.outcome])

    def __str__(self) -> str:
        """Write all verdicts, as the command line does."""
        from sbc.gates import words

        return in_python(words.text(self))

    def _repr_html_(self) -> str:
        """Show the verdicts in a notebook."""
        from sbc.gates.notebook import html

        return html(self)


def judge_run(
    run: Run,
    config: Config,
    baseline: Run | None = None,
    tolerance: float = TOLERANCE,
    again: Record | None = None,
    histories: dict[tuple[str, str], History] | None = None,
) -> Gate:
    """Judge what there is of a run.

    Parameters
    ----------
    run : Run
        Finished or not; its leading datasets without a gap are judged.
    config : Config
        What is declared. Uniform ranks are asked for where they are expected and nothing is
        declared.
    baseline : Run, optional
        An earlier run of the same datasets.
    tolerance : float
        How far estimates may have moved since, in posterior sds.
    again : Record, optional
        What an earlier call left, whose verdicts are told again: `config` is its config.
    histories : dict, optional
        The leading datasets that count, where they have been read.

    Returns
    -------
    Gate

    Raises
    ------
    UserError
        If nothing is expected of the run, or something that makes no sense.
    """
    if part := run.shard.describe():  # its verdicts, one a shard, would multiply the error rates
        raise UserError(f"{run.folder} is {part}; merge the shards and judge the whole")
    subject = subject_of(run)
    checks = checks_of(config, subject)
    named = {(check.estimator, check.engine) for check in checks}
    beside = () if again is None else again.beside
    if not checks and baseline is None and not beside:
        raise nothing_expected(run.settings)
    most = config.max_datasets if again is None else again.most(len(run.fits))
    if histories is None:
        histories = histories_of(run, subject.estimands, most)
    check_ranked(checks, histories)
    pairs = compared(histories, baseline) if again is None else again.others
    named |= histories.keys() if beside else set()
    forward = read_forward(run.folder)
    alpha_fail = config.alpha_fail * (1 - SHARE if forward else 1)
    verdicts = judge_checks(checks, histories, alpha_fail, config.alpha_pass, others=pairs)
    if baseline is not None:
        check_comparable(run.settings, baseline.settings, str(baseline.folder))
        levels = Levels(alpha_fail / max(len(checks) + pairs, 1), config.alpha_pass)
        before = histories_of(baseline, subject.estimands, config.max_datasets)
        verdicts += compare(histories, before, levels, tolerance)
        named |= {(verdict.check.estimator, verdict.check.engine) for verdict in verdicts}
    return Gate(
        folder=run.folder,
        settings=run.settings,
        expected_uniform=tuple(run.expected_uniform),
        config=config,
        verdicts=tuple(verdicts),
        failures=_failures(run.settings, histories, named, subject.estimands, config.alpha_fail),
        unjudged=tuple(_unjudged(run.settings, named)),
        forward=forward,
        causes=tuple(found for found in read_causes(run.folder) if found.faults),
        beside=beside,
        fits=len(run.fits),
        seconds=float(run.fits["seconds"].sum()),
    )


def _failures(
    settings: Settings,
    histories: Histories,
    named: set[tuple[str, str]],
    estimands: Mapping[str, Sequence[str]],
    alpha: float,
) -> tuple[Failures, ...]:
    """Count the failed fits of all that are judged, and tell each reason once."""
    found = [
        failures(mine, estimands[name], alpha)
        for (name, engine), mine in histories.items()
        if (name, engine) in named
    ]
    names = [settings.who(one.estimator, one.engine) for one in found]
    reasons = listed_once(
        {
            name: histories[one.estimator, one.engine].fits
            for name, one in zip(names, found, strict=True)
        }
    )
    return tuple(
        replace(one, reasons=tuple(reasons[name])) for name, one in zip(names, found, strict=True)
    )


def check_ranked(checks: Iterable[Check], histories: Histories) -> None:
    """Refuse to judge the ranks of estimates that have none.

    Raises
    ------
    UserError
        Naming the first.
    """
    for check in checks:
        mine = histories[check.estimator, check.engine]
        on_ranks = isinstance(check.expectation, Calibrated | Miscalibrated)
        for name in check.streams if on_ranks else ():
            if not mine.is_ranked(name) and np.isfinite(mine.get(name, "mean")).any():
                raise UserError(
                    f"'{check.expectation}' is about ranks, and {name} of "
                    f"{fitted_by(check.estimator, check.engine)} has none: it is an estimate "
                    "without draws. Bound its bias, rmse or coverage_95 instead"
                )


def _unjudged(settings: Settings, named: set[tuple[str, str]]) -> Iterator[str]:
    for name in settings.estimators:
        engines = settings.engines_of(name)
        left = [engine for engine in engines if (name, engine) not in named]
        if len(left) == len(engines):
            yield name
        else:
            yield from (fitted_by(name, engine) for engine in left)


def nothing_expected(settings: Settings) -> UserError:
    """Make the error for a run of which nothing is expected and nothing declared."""
    return UserError(
        f"nothing to judge: with {option('truth', settings.truth)} uniform ranks are expected of "
        f"none of {', '.join(settings.estimators)}. Declare what is expected, in gates.toml or "
        "with " + option("expect", "ESTIMATOR:QUANTITY=calibrated")
    )


def compared(histories: Histories, baseline: Run | None) -> int:
    """Count what a baseline compares: these checks share the error rate with the others."""
    if baseline is None:
        return 0
    shared = {(key, q) for key, found in histories.items() for q in found.quantities}
    there = baseline.results[["estimator", "engine", "quantity"]].drop_duplicates()
    return len(shared & {((e, g), q) for e, g, q in there.itertuples(index=False)})
