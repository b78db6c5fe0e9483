"""Hold a run against a config: all verdicts of one call, and what they come to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sbc.gates.baseline import TOLERANCE, check_comparable, compare
from sbc.gates.causes import Explanation, read_causes
from sbc.gates.checks import Subject, checks_of
from sbc.gates.config import Config
from sbc.gates.decisions import Levels
from sbc.gates.expectations import Calibrated, Miscalibrated
from sbc.gates.failures import Failures, failures
from sbc.gates.forward import SHARE, Forward
from sbc.gates.forward_file import read_forward
from sbc.gates.history import History, history
from sbc.gates.judge import Check, CheckVerdict, Histories, judge_checks
from sbc.plugins.errors import ExitCode, UserError, in_python, option
from sbc.store.frames import Run, undamaged
from sbc.store.names import fitted_by
from sbc.store.schema import RESULTS_FILE
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
    kept: int | None = None
    fits: int = 0
    seconds: float = 0.0

    @property
    def outcome(self) -> GateOutcome:
        """Fail if one check does; else too many failed fits; pass if all checks do."""
        outcomes = {verdict.outcome for verdict in self.verdicts}
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
    run: Run, config: Config, baseline: Run | None = None, tolerance: float = TOLERANCE
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
    subject = _subject(run)
    checks = checks_of(config, subject)
    named = {(check.estimator, check.engine) for check in checks}
    if not checks and baseline is None:
        raise nothing_expected(run.settings)
    histories = _histories(run, subject.estimands, config.max_datasets)
    _check_ranked(checks, histories)
    pairs = _pairs(histories, run, baseline)
    forward = read_forward(run.folder)
    alpha_fail = config.alpha_fail * (1 - SHARE if forward else 1)
    verdicts = judge_checks(checks, histories, alpha_fail, config.alpha_pass, others=pairs)
    if baseline is not None:
        check_comparable(run.settings, baseline.settings, str(baseline.folder))
        levels = Levels(alpha_fail / max(len(checks) + pairs, 1), config.alpha_pass)
        before = _histories(baseline, subject.estimands, config.max_datasets)
        verdicts += compare(histories, before, levels, tolerance)
        named |= {(verdict.check.estimator, verdict.check.engine) for verdict in verdicts}
    return Gate(
        folder=run.folder,
        settings=run.settings,
        expected_uniform=tuple(run.expected_uniform),
        config=config,
        verdicts=tuple(verdicts),
        failures=tuple(
            failures(found, subject.estimands[name], config.alpha_fail)
            for (name, engine), found in histories.items()
            if (name, engine) in named
        ),
        unjudged=tuple(_unjudged(run.settings, named)),
        forward=forward,
        causes=tuple(found for found in read_causes(run.folder) if found.faults),
        fits=len(run.fits),
        seconds=float(run.fits["seconds"].sum()),
    )


def _check_ranked(checks: Iterable[Check], histories: Histories) -> None:
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
        f"none of {', '.join(settings.estimators)}. Declare what is expected, in a config or by "
        + option("expect", "ESTIMATOR:QUANTITY=calibrated")
    )


def _subject(run: Run) -> Subject:
    estimands: dict[str, list[str]] = {name: [] for name in run.settings.estimators}
    quantities: dict[str, list[str]] = {name: [] for name in run.settings.estimators}
    estimated = {key for key, _ in run.streams(estimands_only=True)}
    for key, _ in run.streams():
        names = (estimands if key in estimated else quantities)[key[0]]
        if key[2] not in names:
            names.append(key[2])
    known = {name: found or run.estimands(name) for name, found in estimands.items()}
    return Subject(run.settings, run.expected_uniform, known, quantities, run.regimes)


def _histories(
    run: Run, estimands: Mapping[str, Iterable[str]], max_datasets: int | None
) -> dict[tuple[str, str], History]:
    settings = run.settings
    wanted = {name: estimands.get(name, []) for name in settings.estimators}
    truths = read_truths(run, wanted)
    return {
        (name, engine): history(
            run.fits, run.results, name, engine, truths=truths[name], max_datasets=max_datasets
        )
        for name, engine in settings.pairs
    }


def read_truths(
    run: Run, estimands: Mapping[str, Iterable[str]]
) -> dict[str, dict[int, dict[str, Any]]]:
    """Read what estimators' datasets were made with, those of failed fits too.

    Parameters
    ----------
    run : Run
        Finished or not.
    estimands : mapping of str to iterable of str
        By estimator, which parameters, vectors by their elements or as a whole.

    Returns
    -------
    dict of str to dict of int to dict of str to number or list
        By estimator, the parameters of each dataset by its number.
    """
    wanted = {
        estimator: {name.partition("[")[0] for name in names}
        for estimator, names in estimands.items()
    }
    found: dict[str, dict[int, dict[str, Any]]] = {estimator: {} for estimator in wanted}
    with undamaged(run.folder / RESULTS_FILE):
        for k, source, text in run.datasets("truth"):
            truth = dict(json.loads(text))
            for estimator in wanted if source == "" else wanted.keys() & {source}:
                found[estimator][k] = {
                    name: np.asarray(truth[name], dtype=float).tolist()
                    for name in wanted[estimator]
                    if name in truth
                }
    return found


def _pairs(histories: Histories, run: Run, baseline: Run | None) -> int:
    """Count what a baseline compares: these checks share the error rate with the others."""
    if baseline is None:
        return 0
    shared = {(key, q) for key, found in histories.items() for q in found.quantities}
    there = baseline.results[["estimator", "engine", "quantity"]].drop_duplicates()
    return len(shared & {((e, g), q) for e, g, q in there.itertuples(index=False)})
