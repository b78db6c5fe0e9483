"""``sbc lecture``: reproduce the lecture and judge its claims over simulated datasets."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sbc.plugins.errors import ExitCode, UserError

if TYPE_CHECKING:
    from sbc.studies.lecture.plan import Plan

#: Datasets, and values of sigma: by default, and for a quick look.
DEFAULT, QUICK = (400, 20), (30, 5)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("--datasets", type=int, metavar="N", help="simulated datasets a scenario (default 400)")
    add("--quick", action="store_true", help="30 datasets and a coarse grid of sigma")
    add("--seed", type=int, metavar="N", help="of all random numbers (default 1)")
    add("--jobs", type=int, metavar="N", help="workers (default: all cores)")
    add("--out", type=Path, metavar="DIR", help="the lecture's folder (default: reports/lecture-…)")
    add("--resume", type=Path, metavar="DIR", help="continue a lecture, or draw its page again")
    add("--quiet", action="store_true", help="no progress bars")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Fit what is missing, write the page, and print the verdicts."""
    jobs = arguments.jobs if arguments.jobs is not None else os.cpu_count() or 1
    if jobs < 1:
        raise UserError(f"--jobs must be at least 1, not {jobs}")
    folder, plan = _folder_and_plan(arguments)
    from sbc.studies.lecture.claims import in_words
    from sbc.studies.lecture.page import write_page
    from sbc.studies.lecture.perform import lecture_dataset, perform

    try:
        perform(plan, folder, jobs, progress=not arguments.quiet)
    except KeyboardInterrupt:
        print(f"sbc: interrupted. Continue with: python -m sbc lecture --resume {folder}")
        raise
    file, judged = write_page(plan, folder, lecture_dataset("tanks"))
    for one in judged:
        print(f"{one.verdict:>13}: {one.claim.text} ({one.claim.where})")
        for criterion, found, _ in one.found:
            print(f"{'':15}{in_words(criterion, found)}")
    print(f"\nlecture: {file}")
    return ExitCode.OK


def _folder_and_plan(arguments: argparse.Namespace) -> tuple[Path, Plan]:
    from sbc.store.folder import make_folder
    from sbc.studies.lecture.plan import Plan, read_plan, write_plan

    if arguments.resume is not None:
        if arguments.out is not None:
            raise UserError("--out starts a new lecture and --resume continues one")
        made = read_plan(arguments.resume)
        plan = _grown(made, arguments)
        if plan != made:
            write_plan(plan, arguments.resume)
        return arguments.resume, plan
    datasets, grid = QUICK if arguments.quick else DEFAULT
    seed = 1 if arguments.seed is None else arguments.seed
    plan = Plan(datasets if arguments.datasets is None else arguments.datasets, seed, grid)
    _check(plan)
    folder = arguments.out or Path("reports") / f"lecture-{datetime.now():%Y%m%d-%H%M%S}"
    make_folder(folder)
    write_plan(plan, folder)
    return folder, plan


def _grown(made: Plan, arguments: argparse.Namespace) -> Plan:
    """Let a lecture have more datasets, and nothing else differ."""
    if arguments.quick:
        raise UserError("--quick is for a new lecture; name --datasets to continue one")
    if arguments.seed not in (None, made.seed):
        raise UserError(f"{arguments.resume} was made with seed {made.seed}, not {arguments.seed}")
    if arguments.datasets is None:
        return made
    if arguments.datasets < made.datasets:
        raise UserError(
            f"{arguments.resume} has {made.datasets} datasets already, not {arguments.datasets}"
        )
    return replace(made, datasets=arguments.datasets)


def _check(plan: Plan) -> None:
    if plan.datasets < 2:
        raise UserError(f"--datasets must be at least 2, not {plan.datasets}")
    if not 0 <= plan.seed < 2**63:
        raise UserError(f"--seed must lie between 0 and 2^63 - 1, not {plan.seed}")
