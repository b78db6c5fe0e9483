"""Hold a sweep against what is expected: by cell, and for all cells together.

Every check in every cell has the same share of ``alpha_fail``, so that the sweep fails by mistake
with a chance of at most ``alpha_fail``, whatever cells have in common (Bonferroni). It passes only
if every check passes in every cell, so that it passes by mistake with a chance of at most
``alpha_pass``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from sbc.gates.baseline import TOLERANCE
from sbc.gates.checks import checks_of
from sbc.gates.config import Config
from sbc.gates.gate import (
    EXIT_CODES,
    Gate,
    GateOutcome,
    compared,
    judge_run,
    nothing_expected,
)
from sbc.gates.read import histories_of, subject_of
from sbc.plugins.errors import UserError
from sbc.store.frames import Run
from sbc.studies.sweep.expected import config_in
from sbc.studies.sweep.grid import Grid
from sbc.studies.sweep.read import Sweep


@dataclass(frozen=True)
class SweepGate:
    """The verdicts of a sweep.

    Attributes
    ----------
    folder : Path
        The sweep's.
    grid : Grid
        Its cells.
    config : Config
        What it was held against, with the error rates of all cells together.
    cells : dict of int to Gate
        The verdicts of each cell of which something is expected, by its number.
    """

    folder: Path
    grid: Grid
    config: Config
    cells: dict[int, Gate]

    @property
    def outcome(self) -> GateOutcome:
        """Fail if one cell does; else too many failed fits in one; pass if all cells do."""
        outcomes = {gate.outcome for gate in self.cells.values()}
        order: tuple[GateOutcome, ...] = ("fail", "failed fits", "inconclusive")
        return next((found for found in order if found in outcomes), "pass")

    @property
    def exit_code(self) -> int:
        """What the process returns."""
        return int(EXIT_CODES[self.outcome])

    def __str__(self) -> str:
        """Write all verdicts, as the command line does."""
        from sbc.studies.sweep.gate_words import text

        return text(self)

    def _repr_html_(self) -> str:
        """Show the same in a notebook."""
        return f"<pre>{escape(str(self))}</pre>"


def judge_sweep(
    sweep: Sweep,
    config: Config,
    expects: Sequence[str] = (),
    baseline: Sweep | None = None,
    tolerance: float = TOLERANCE,
) -> SweepGate:
    """Judge what there is of a sweep.

    Parameters
    ----------
    sweep : Sweep
        Finished or not; the leading datasets of each cell without a gap are judged.
    config : Config
        What is expected of every cell, by regime and estimator, and of some.
    expects : sequence of str
        What ``--expect`` says: see `sbc.studies.sweep.expected`.
    baseline : Sweep, optional
        An earlier sweep: in the cells that both have, the estimates are not to have moved.
    tolerance : float
        By how much they may have, in posterior sds.

    Raises
    ------
    UserError
        If nothing is expected in any cell, or something that makes no sense; or if it is a shard.
    """
    if part := sweep.runs[0].shard.describe():
        raise UserError(f"{sweep.folder} is {part}; merge the shards and judge the whole")
    grid = sweep.plan.grid
    configs = [config_in(config, expects, grid, run.cell, run.settings) for run in sweep.runs]
    earlier = [None] * len(sweep.runs) if baseline is None else _cell_by_cell(sweep, baseline)
    subjects = [subject_of(run) for run in sweep.runs]
    read = [
        histories_of(run, subject.estimands, mine.max_datasets)
        for run, subject, mine in zip(sweep.runs, subjects, configs, strict=True)
    ]
    checks = [
        len(checks_of(mine, subject)) + compared(histories, old)
        for mine, subject, histories, old in zip(configs, subjects, read, earlier, strict=True)
    ]
    if not any(checks):
        raise nothing_expected(sweep.settings)
    cells = {}
    for run, mine, histories, old, count in zip(
        sweep.runs, configs, read, earlier, checks, strict=True
    ):
        if count:  # each check of each cell has the same share
            ours = replace(mine, alpha_fail=config.alpha_fail * count / sum(checks))
            cells[run.cell] = judge_run(run, ours, old, tolerance, histories=histories)
    return SweepGate(sweep.folder, grid, config, cells)


def _cell_by_cell(sweep: Sweep, baseline: Sweep) -> list[Run | None]:
    """Find the cell of an earlier sweep that has the levels of each.

    Raises
    ------
    UserError
        If no cell has one.
    """
    found = [
        next((old for old in baseline.runs if baseline.cells[old.cell] == levels), None)
        for levels in sweep.cells
    ]
    if not any(found):
        raise UserError(f"the baseline {baseline.folder} has no cell of {sweep.folder}")
    return found
