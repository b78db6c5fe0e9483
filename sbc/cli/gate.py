"""``sbc gate``: judge a run, or run until the answer is known: pass, fail or inconclusive."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sbc.cli import options
from sbc.cli import run as run_command
from sbc.cli.supervise import after_a_crash, interruptible
from sbc.cli.terminal import kept, order
from sbc.plugins.errors import ExitCode, UserError, in_shell
from sbc.stats.sequential.judge import PRESETS
from sbc.store.settings import DECLARED
from sbc.studies.question import Question, answered, answered_while_running, progress_line, question
from sbc.studies.request import requested

if TYPE_CHECKING:
    from sbc.gates.gate import Gate

#: Options that say what is fitted, and how, and go with --run alone.
RUN_OPTIONS = (
    *(declared.option for declared in DECLARED.values()),
    *("jobs", "out", "resume", "overwrite", "reuse", "profile", "quiet", "cluster", "shard"),
    *("isolate", "fit_timeout", "max_failures", "allow_versions", "max_time"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options, those of ``sbc run`` among them."""
    add = parser.add_argument
    add("folder", type=Path, nargs="?", metavar="DIR", help="a run that has been made")
    add("--run", action="store_true", help="fit now, and stop as soon as the answer is known")
    add("--config", type=Path, metavar="FILE", help="what is expected, in TOML")
    add(
        "--expect",
        metavar="ESTIMATOR:QUANTITY=WHAT",
        action="append",
        help="calibrated, miscalibrated, or a TOML table such as '{bias = 0.1}'",
    )
    presets = ", ".join(f"{name} (δ {p.delta:g}, {p.max_datasets})" for name, p in PRESETS.items())
    add("--preset", metavar="NAME", help=f"tolerance and datasets: {presets}")
    add("--delta", type=float, metavar="D", help="tolerance of mean ranks (default 0.1)")
    add("--max-datasets", type=int, metavar="N", help="look at no more than these")
    add("--alpha-fail", type=float, metavar="P", help="chance to fail by mistake (default 0.001)")
    add("--alpha-pass", type=float, metavar="P", help="chance to pass by mistake (default 0.05)")
    add("--baseline", type=Path, metavar="DIR", help="an earlier run: have the estimates moved?")
    add("--tolerance", type=float, metavar="D", help="by how much, in posterior sds (default 0.1)")
    add("--json", type=Path, metavar="FILE", help="write the verdicts as JSON")
    add("--junit", type=Path, metavar="FILE", help="write them as JUnit XML")
    add("--markdown", type=Path, metavar="FILE", help="write them as Markdown")
    group = parser.add_argument_group("with --run, as for sbc run")
    run_command.declare_run(cast("argparse.ArgumentParser", group))  # which only adds arguments
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Judge, print, and write what was asked for."""
    if not arguments.run and arguments.folder is not None and _is_sweep(arguments.folder):
        from sbc.cli.sweep_gate import judged

        return judged(arguments)
    if arguments.run:
        _refuse_sweep(arguments.folder or arguments.resume)
    asked = question(vars(arguments))
    if not arguments.run:
        return _publish(_finished(arguments, asked), arguments)
    try:
        return _publish(_running(arguments, asked), arguments)
    except KeyboardInterrupt:
        print("sbc: interrupted; what was fitted is kept", file=sys.stderr)
        return ExitCode.INTERRUPTED


def _is_sweep(folder: Path) -> bool:
    from sbc.store.folder import read_run

    return read_run(folder).is_sweep


def _refuse_sweep(folder: Path | None) -> None:
    """Refuse to fit a sweep by a gate.

    Raises
    ------
    UserError
        Naming the commands that fit and judge one.
    """
    if folder is not None and folder.is_dir() and _is_sweep(folder):
        raise UserError(
            f"{folder} is a sweep: --run fits a single run. Fit it by sbc sweep --resume {folder}, "
            f"and judge it by sbc gate {folder}"
        )


def _finished(arguments: argparse.Namespace, asked: Question) -> Gate:
    if arguments.folder is None:
        raise UserError("name the folder of a run, or make one: --run")
    given = [name for name in RUN_OPTIONS if getattr(arguments, name) not in (None, False)]
    if given:
        raise UserError(f"--{given[0].replace('_', '-')} goes with --run, which is not given")
    from sbc.store.database import Store, read_run

    read_run(arguments.folder)  # refuse what is not a run before pandas is imported
    Store.open(arguments.folder).close()
    from sbc.store.frames import load_run

    return answered(load_run(arguments.folder), asked, _say)


def _running(arguments: argparse.Namespace, asked: Question) -> Gate:
    if arguments.folder is not None:
        raise UserError(
            "--run makes a new run: name its folder with --out, or continue one with --resume"
        )
    if arguments.datasets is not None:
        raise UserError("a gate chooses the number of datasets; limit it with --max-datasets")
    if arguments.profile:
        raise UserError("--profile goes with sbc run")
    if arguments.shard is not None:
        raise UserError("a gate judges whole runs; fit parts with sbc run --shard and merge them")
    if arguments.max_failures is not None:
        raise UserError("--max-failures goes with sbc run; a gate stops when too many fits fail")
    interruptible()
    request = requested(vars(arguments), grows=True)
    options.tell(request)
    return answered_while_running(
        request,
        asked,
        say=(lambda line: None) if arguments.quiet else _say,
        watch=(lambda gate: None) if arguments.quiet else _progress,
        begun=lambda folder: after_a_crash(options.going_on(folder)),
    )


def _say(line: str) -> None:
    print(f"sbc: {in_shell(line)}", file=sys.stderr)


def _progress(gate: Gate) -> None:
    print(progress_line(gate), file=sys.stderr)


def _publish(gate: Gate, arguments: argparse.Namespace) -> int:
    from sbc.gates import files, words

    print(kept(in_shell(words.text(gate))))
    if arguments.run:
        print(f"\nrun folder: {gate.folder}")
    files.publish(gate, arguments.json, arguments.junit, arguments.markdown)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        files.append(Path(summary), words.markdown(gate))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        order(words.github(gate))
    return int(gate.exit_code)
