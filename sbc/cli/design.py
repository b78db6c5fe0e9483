"""``sbc design``: find the smallest study whose intervals are narrow enough, and honest."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sbc.cli import options
from sbc.cli.supervise import after_a_crash
from sbc.plugins.errors import ExitCode, TimeUpError, UserError
from sbc.store.settings import Settings

if TYPE_CHECKING:
    from sbc.studies.design import Looked
    from sbc.studies.sweep.goal import Goal, Share
    from sbc.studies.sweep.plan import Plan


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    options.declare_settings(parser)
    add = parser.add_argument
    add(
        "--vary",
        action="append",  # a second one is refused, not taken for the first
        metavar="NAME=VALUES",
        help="the size and its values, as n_groups=10:100:10",
    )
    add("--width-95", type=float, metavar="W", help="largest width of an interval")
    add(
        "--assurance",
        type=float,
        metavar="P",
        help="least chance of an interval no wider than that (default 0.8)",
    )
    add(
        "--coverage-95",
        type=float,
        metavar="P",
        help="coverage that must not be refuted (default 0.9)",
    )
    add(
        "--datasets", type=int, metavar="N", help="on which a size may pass, at least (default 200)"
    )
    add("--max-datasets", type=int, metavar="N", help="of a size, at most (default 1000)")
    options.declare_executor(parser)
    add("--out", type=Path, metavar="DIR", help="the folder of what is fitted")
    add("--resume", type=Path, metavar="DIR", help="continue a search: its model files are run")
    add("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Search, and say what was found at each size."""
    jobs, settings = options.prepared(arguments)
    from sbc.studies.sweep.goal import goal_asked
    from sbc.studies.sweep.spoken import folder_of

    goal = goal_asked(vars(arguments), arguments.resume)
    if arguments.shard is not None:
        raise UserError("a design needs all datasets, and a shard has only a part of them")
    plan = _plan(arguments, settings)
    folder = arguments.resume or arguments.out or folder_of(settings, "design")
    with options.executor_of(arguments, settings) as executor:
        from sbc.studies.design import design

        def begun() -> None:
            after_a_crash(options.going_on(folder, without=("--vary",)))

        print(_asked(goal, settings, plan), flush=True)
        try:
            how = executor | {"allow_versions": arguments.allow_versions}
            place, seen = design(
                *(folder, settings, plan, goal, jobs, not arguments.quiet, _told, begun), **how
            )
        except (KeyboardInterrupt, TimeUpError) as stopped:
            up = isinstance(stopped, TimeUpError)
            print(
                f"sbc: {stopped if up else 'interrupted'}; the fits are kept. Continue with: "
                + options.resume_command("design", folder),
                file=sys.stderr,
            )
            return ExitCode.UNDECIDED if up else ExitCode.INTERRUPTED
    return _answer(plan, place, seen, folder)


def _plan(arguments: argparse.Namespace, settings: Settings) -> Plan:
    from sbc.studies.design import plan_of_sizes
    from sbc.studies.sweep.asked import parse_grid

    if arguments.resume is not None and arguments.vary:
        raise UserError("--vary starts a new search and --resume continues one")
    grid = None
    if arguments.vary:
        grid = parse_grid(arguments.vary, settings, vars(arguments))
    return plan_of_sizes(settings, grid, arguments.resume, arguments.max_datasets)


def _asked(goal: Goal, settings: Settings, plan: Plan) -> str:
    (name,) = plan.grid.vary
    return (
        f"the smallest {name} at which {settings.estimators[0]} has 95 % intervals no wider than "
        f"{goal.width:g} in {100 * goal.assurance:g} % of datasets, and a coverage "
        f"not below {100 * goal.coverage:g} %; generator {settings.generator}, truth "
        f"'{settings.truth}'"
    )


def _told(looked: Looked) -> None:
    for one in looked.found:
        narrow, covered = map(_percent, (one.narrow, one.covered))
        print(
            f"{looked.value:>8g}  {one.estimand}: {narrow} narrow enough, coverage {covered}; "
            f"{one.datasets} datasets: {one.reason}",
            flush=True,
        )


def _percent(share: Share) -> str:
    if math.isnan(share.value):
        return "unknown, for no fit has worked"
    return f"{100 * share.value:.0f} % [{100 * share.low:.0f}, {100 * share.high:.0f}]"


def _answer(plan: Plan, place: int | None, seen: list[Looked], folder: Path) -> int:
    from sbc.studies.design import ALPHA

    ((name, values),) = plan.grid.vary.items()
    open_ = [looked for looked in seen if looked.outcome == "inconclusive"]
    if place is not None:
        print(f"\n{name} = {values[place]:g} will do")
    elif seen[0].outcome == "fail":
        print(f"\nno {name} up to {values[-1]:g} will do: {_why(seen[0])}")
    else:
        print(f"\nnot decided at {name} = {values[-1]:g}; more datasets: --max-datasets")
    if place is not None and open_:
        told = ", ".join(f"{looked.value:g}" for looked in open_)
        print(f"not decided, and taken as too small: {told}")
    print(
        f"The chance of naming a size that is too small is at most {100 * ALPHA:g} %, if larger "
        "studies have narrower\nintervals. Coverage is only not refuted where it is not shown.\n"
        f"what was fitted: {folder}",
        flush=True,
    )
    if place is None:
        return ExitCode.FAILED if seen[0].outcome == "fail" else ExitCode.UNDECIDED
    return ExitCode.OK


def _why(looked: Looked) -> str:
    return "; ".join(
        f"{one.estimand}: {one.reason}" for one in looked.found if one.outcome == "fail"
    )
