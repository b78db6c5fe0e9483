"""What a gate is asked, by any door, and how a run that is there or is being made answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sbc.gates.config import Config, expect_all, load_config
from sbc.gates.record import Record, read_record, write_record
from sbc.plugins.errors import UserError, option
from sbc.store.settings import Settings
from sbc.studies.request import Request

if TYPE_CHECKING:
    from sbc.gates.gate import Gate
    from sbc.store.frames import Run

_NUMBERS = ("delta", "max_datasets", "alpha_fail", "alpha_pass")


@dataclass(frozen=True)
class Question:
    """What runs are held against.

    Attributes
    ----------
    config : Config
        Of a file, with the numbers that were asked for besides.
    expected : object
        What is expected besides, as `sbc.gates.config.expect_all` takes it.
    baseline : Run, Path or None
        An earlier run of the same datasets.
    tolerance : float
        How far estimates may have moved since, in posterior sds.
    """

    config: Config
    expected: Any
    baseline: Any
    tolerance: float

    def of(self, settings: Settings) -> Config:
        """Say what is expected of a run with these settings; errors as of `expect_all`."""
        return expect_all(self.config, self.expected, settings)

    def earlier(self) -> Run | None:
        """Read the run to compare with; errors as of `sbc.store.frames.load_run`."""
        if not isinstance(self.baseline, str | Path):
            return self.baseline
        from sbc.store.frames import load_run

        return load_run(self.baseline)


def question(wanted: Mapping[str, Any]) -> Question:
    """Check what a gate is asked.

    Parameters
    ----------
    wanted : mapping
        ``config``, ``expect``, ``preset``, ``delta``, ``max_datasets``, ``alpha_fail``,
        ``alpha_pass``, ``baseline``, ``tolerance`` and ``resume``, as `sbc.gate` takes them; None
        says nothing. Of a run that is resumed, what is not said is what its gate was asked.

    Raises
    ------
    UserError
        For numbers out of their range, a preset that there is not, or a file that is no config.
    """
    from sbc.gates.baseline import TOLERANCE  # brings pandas

    file, before = wanted.get("config"), _before(wanted.get("resume"))
    named, tolerance = wanted.get("baseline"), wanted.get("tolerance")
    config = before.config if file is None else load_config(Path(file))
    baseline = (before.baseline or None) if named is None else named
    config = config.changed(wanted.get("preset"), **{name: wanted.get(name) for name in _NUMBERS})
    if tolerance is not None and not tolerance > 0:
        raise UserError(f"{option('tolerance')} must be above 0, not {tolerance:g}")
    if tolerance is not None and baseline is None:
        raise UserError(f"{option('tolerance')} goes with {option('baseline')}, which is not given")
    if named is not None and file is None and not wanted.get("expect"):
        config = replace(config, by_regime=False)  # a comparison alone was asked for
    how_far = next(x for x in (tolerance, before.tolerance, TOLERANCE) if x is not None)
    return Question(config, wanted.get("expect"), baseline, how_far)


def _before(resume: str | Path | None) -> Record:
    """Read what the gate was asked that made a run, or give a record of nothing."""
    record = None if resume is None else read_record(Path(resume))
    return record if record is not None and record.fitted else Record(Config())


def answered(run: Run, asked: Question, say: Callable[[str], None] = lambda line: None) -> Gate:
    """Judge a run that is there, and keep beside it what was asked.

    Parameters
    ----------
    run : Run
        Finished or not.
    asked : Question
        What is expected.
    say : callable
        Told if that cannot be kept: a folder that may only be read is judged all the same.

    Raises
    ------
    UserError
        As `sbc.gates.gate.judge_run`.
    """
    from sbc.gates.gate import judge_run
    from sbc.gates.words import keep

    earlier = asked.earlier()
    gate = judge_run(run, asked.of(run.settings), earlier, asked.tolerance)
    try:
        keep(gate, **_compared(earlier, asked))
    except UserError as problem:
        say(f"what this gate asked is not kept: {problem.neutral}")
    return gate


def _compared(earlier: Run | None, asked: Question) -> dict[str, Any]:
    """Say with which run one is compared, as it is kept."""
    if earlier is None:
        return {}
    return {"baseline": str(earlier.folder), "tolerance": asked.tolerance}


def answered_while_running(
    request: Request,
    asked: Question,
    *,
    command: list[str] | None = None,
    say: Callable[[str], None] = lambda line: None,
    watch: Callable[[Gate], None] = lambda gate: None,
    begun: Callable[[Path], None] = lambda folder: None,
) -> Gate:
    """Fit and judge by turns until every check is decided.

    Parameters
    ----------
    request : Request
        Of `sbc.studies.request.requested`; the number of datasets is chosen here.
    asked : Question
        What is expected.
    command, say, watch, begun
        As for `sbc.studies.gate.judge_while_running` and `sbc.studies.request.make`.

    Raises
    ------
    UserError
        As `sbc.studies.gate.judge_while_running`.
    """
    from sbc.studies.gate import judge_while_running

    config, earlier = asked.of(request.settings), asked.earlier()

    def note() -> None:
        """Keep what is asked as soon as there is a run, so that it can be gone on with."""
        limited = replace(config, max_datasets=config.limit)
        before = read_record(request.folder) or Record(limited)
        now = {"config": limited, "fitted": True, **_compared(earlier, asked)}
        write_record(request.folder, replace(before, **now))
        begun(request.folder)

    with request.executor() as (hand_out, deadline):
        gate = judge_while_running(
            request.settings,
            request.folder,
            config,
            jobs=request.jobs,
            resume=request.resume,
            allow_versions=request.allow_versions,
            overwrite=request.overwrite,
            baseline=earlier,
            tolerance=asked.tolerance,
            command=command,
            say=say,
            watch=watch,
            begun=note,
            hand_out=hand_out,
            deadline=deadline,
        )
    return gate if request.kept is None else replace(gate, kept=request.kept)


def progress_line(gate: Gate) -> str:
    """Say how far a gate has come."""
    decided = sum(verdict.outcome != "inconclusive" for verdict in gate.verdicts)
    return f"{gate.settings.datasets} datasets: {decided} of {len(gate.verdicts)} checks decided"
