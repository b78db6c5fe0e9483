"""``sbc sweep``: fit estimators over a grid of parameters, to see where each breaks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sbc.cli import options
from sbc.cli.supervise import after_a_crash
from sbc.cli.terminal import columns
from sbc.fitting.asked import limit_of
from sbc.plugins.errors import ExitCode, TooManyFailuresError, UserError, in_shell
from sbc.store.settings import Settings

if TYPE_CHECKING:
    from sbc.studies.sweep.doubt import Doubts
    from sbc.studies.sweep.plan import Plan


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    options.declare_settings(parser)
    add = parser.add_argument
    add(
        "--vary",
        action="append",
        metavar="NAME=VALUES",
        help="a factor and its values, as 2,5,10 or 0:3:0.5, as often as you like: a parameter of "
        "the generator, truth, ESTIMATOR@OPTION, draws, tune, chains or target_accept",
    )
    add("--cells", type=Path, metavar="FILE.csv", help="cells one by one: a column a factor")
    add("--datasets", type=int, metavar="N", help="simulated datasets in each cell (default 200)")
    add(
        "--bound",
        action="append",
        metavar="METRIC=BOUND",
        help="what is asked: bias=0.1, coverage_95=0.9:0.98, bias_sd, rmse, contraction; several "
        "with commas between them",
    )
    add(
        "--precision",
        action="append",
        metavar="METRIC=ERROR",
        help="add datasets where a Monte Carlo error is larger, or a bound not decided",
    )
    add("--max-datasets", type=int, metavar="N", help="in a cell, at most (default 1000)")
    add("--budget", type=int, metavar="FITS", help="fits of the whole sweep, at most")
    options.declare_executor(parser)
    add("--out", type=Path, metavar="DIR", help="the sweep's folder")
    add(
        "--resume",
        type=Path,
        metavar="DIR",
        help="continue a sweep; this runs the model files that it names",
    )
    options.declare_overwrite(parser)
    add("--max-failures", metavar="N", help="stop when more fits fail: a count, or a share as 10%%")
    add("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Fit, say what was spent where, and write the report."""
    jobs, settings = options.prepared(arguments)
    plan, settings = _plan(arguments, settings)
    part = options.part_of(arguments, settings)
    from sbc.studies.sweep.making import make
    from sbc.studies.sweep.spoken import folder_of

    folder = arguments.resume or arguments.out or folder_of(settings, "sweep", part)
    how = {
        "jobs": jobs,
        "limit": limit_of(arguments.max_failures),
        "allow_versions": arguments.allow_versions,
        "progress": not arguments.quiet,
    }
    again = options.resume_command("sweep", folder)
    with options.executor_of(arguments, settings) as executor:
        try:
            stopped = make(
                *(folder, settings, plan, part),
                **how | executor,
                new=arguments.resume is None,
                overwrite=arguments.overwrite,
                begun=lambda: after_a_crash(
                    options.going_on(folder, without=("--vary", "--cells"))
                ),
                watch=_progress if plan.precision else lambda plan, open_: None,
            )
        except TooManyFailuresError as failed:
            raise options.with_hint(failed, folder) from None
        except KeyboardInterrupt:
            print(f"sbc: interrupted. Continue with: {again}", file=sys.stderr)
            return ExitCode.INTERRUPTED
    if stopped:
        print(f"sbc: {in_shell(stopped.neutral)}. Continue with: {again}", file=sys.stderr)
    _show(folder)
    return ExitCode.UNDECIDED if stopped else ExitCode.OK


def _plan(arguments: argparse.Namespace, settings: Settings) -> tuple[Plan, Settings]:
    """Make the plan of a new sweep, or change that of one that is there."""
    from sbc.studies.sweep.asked import pairs_of
    from sbc.studies.sweep.plan import parse_bounds, parse_precision
    from sbc.studies.sweep.spoken import planned

    read = {
        "vary": pairs_of(arguments.vary) if arguments.vary else None,
        "bounds": parse_bounds(arguments.bound or [], settings),
        "precision": parse_precision(arguments.precision or [], settings),
    }
    return planned(vars(arguments) | read, settings, arguments.resume)


def _progress(plan: Plan, open_: Doubts) -> None:
    cells = len(plan.grid.cells) * len(plan.datasets)
    print(f"{len(open_)} of {cells} cells in doubt", flush=True)


def _show(folder: Path) -> None:
    from sbc.studies.sweep.read import load_sweep
    from sbc.studies.sweep.table import told_of

    sweep = load_sweep(folder)
    print(f"\n{told_of(sweep, columns())}\n\nsweep folder: {folder}", flush=True)
    from sbc.report.write import write_text
    from sbc.studies.sweep.page import sweep_page

    try:
        print(f"report: {write_text(sweep_page(sweep), folder / 'report.html')}")
    except UserError as problem:  # the sweep is made and kept all the same
        print(f"sbc: no report: {in_shell(problem.neutral)}", file=sys.stderr)
