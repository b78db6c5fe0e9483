"""``sbc run``: fit estimators to simulated datasets."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sbc.cli import options
from sbc.cli.supervise import after_a_crash, interruptible
from sbc.cli.terminal import columns, in_colour, kept
from sbc.plugins.errors import ExitCode, TooManyFailuresError, UserError, in_shell
from sbc.store.settings import Settings
from sbc.studies.request import Made, make, requested

if TYPE_CHECKING:
    from sbc.store.frames import Run


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    declare_run(parser)
    add = parser.add_argument
    add(
        "--precision",
        action="append",
        metavar="METRIC=ERROR[,...]",
        help="add datasets until Monte Carlo errors are this small: bias=0.01,coverage_95=0.007",
    )
    add("--max-datasets", type=int, metavar="N", help="with --precision: at most (default 1000)")


def declare_run(parser: argparse.ArgumentParser) -> None:
    """Declare the options of a run of so many datasets, for this command and for ``sbc gate``.

    None has a default here, so that --resume knows what was asked for.
    """
    options.declare_settings(parser)
    add = parser.add_argument
    add(
        "--datasets",
        type=int,
        metavar="N",
        help=f"simulated datasets (default {Settings.datasets})",
    )
    add("--out", type=Path, metavar="DIR", help="the run's folder (default: reports/<name of run>)")
    add(
        "--resume",
        type=Path,
        metavar="DIR",
        help="continue a run; this runs the model files that it names",
    )
    options.declare_overwrite(parser)
    options.declare_reuse(parser)
    options.declare_executor(parser)
    add("--max-failures", metavar="N", help="stop when more fits fail: a count, or a share as 10%%")
    add("--profile", action="store_true", help="say where the time went")
    add("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Run or resume, then print the table."""
    interruptible()
    began = time.perf_counter()
    request = requested(vars(arguments))
    options.tell(request)
    imported: list[float] = []

    def begun(folder: Path) -> None:
        imported.append(time.perf_counter())
        after_a_crash(options.going_on(folder))

    try:
        made = make(request, progress=not arguments.quiet, begun=begun, say=_tell)
    except KeyboardInterrupt:
        if not imported:
            raise
        return _interrupted(request.folder)
    except TooManyFailuresError as stopped:
        raise options.with_hint(stopped, request.folder) from None
    if made.stopped is not None:
        print(
            f"sbc: {in_shell(made.stopped.neutral)}. "
            f"Continue with: {options.resume_command('run', made.folder)}",
            file=sys.stderr,
        )
    return _show(made, arguments.profile, began, imported[0])


def _show(made: Made, profiled: bool, began: float, imported: float) -> int:
    from sbc.store.frames import load_run

    fitted = time.perf_counter()
    run = load_run(made.folder)
    _print_table(run)
    shown = time.perf_counter()
    _write_report(run)
    if profiled and made.profile is not None:
        made.profile.importing = imported - began
        made.profile.summing_up = shown - fitted
        made.profile.reporting = time.perf_counter() - shown
        print(f"\n{made.profile.describe()}")
    if run.all_failed:
        return ExitCode.FAILED_FITS
    return ExitCode.OK if made.stopped is None else ExitCode.UNDECIDED


def _tell(text: str) -> None:
    print(f"sbc: {text}", file=sys.stderr, flush=True)


def _interrupted(folder: Path) -> int:
    from sbc.store.database import Store

    with Store.open(folder) as store:
        kept = len(store.done())
    command = options.resume_command("run", folder)
    print(f"sbc: interrupted; {kept} fits are kept. Continue with: {command}", file=sys.stderr)
    return ExitCode.INTERRUPTED


def _print_table(run: Run) -> None:
    from sbc.report.table import render

    text = kept(in_shell(render(run, width=columns(), colours=in_colour())))
    print(f"\n{text}\n\nrun folder: {run.folder}", flush=True)


def _write_report(run: Run) -> None:
    from sbc.report.write import write_page

    try:
        print(f"report: {write_page([run])}")
    except UserError as problem:  # the run is made and kept all the same
        print(f"sbc: no report: {in_shell(problem.neutral)}", file=sys.stderr)
