"""``sbc power``: say how many datasets a gate, or a Monte Carlo error, needs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sbc.plugins.errors import ExitCode, UserError
from sbc.stats.sequential.judge import PRESETS

if TYPE_CHECKING:
    from sbc.stats.how_many import Needed


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("--bias", type=float, default=0.0, metavar="B", help="in true posterior sds (default 0)")
    add("--sd", type=float, default=1.0, metavar="C", help="reported over true sd (default 1)")
    add("--level", type=float, default=0.8, metavar="P", help="chance to fail (default 0.8)")
    add("--preset", metavar="NAME", help=f"of the gate: {', '.join(PRESETS)} (default pr)")
    add("--delta", type=float, metavar="D", help="the gate's tolerance of mean ranks")
    add("--max-datasets", type=int, metavar="N", help="datasets after which it gives up")
    add("--n-max", type=int, dest="n_max", help=argparse.SUPPRESS)
    add("--alpha-fail", type=float, metavar="P", help="chance to fail by mistake (default 0.001)")
    add("--alpha-pass", type=float, metavar="P", help="chance to pass by mistake (default 0.05)")
    add("--streams", type=int, default=1, metavar="K", help="quantities judged together")
    add("--studies", type=int, default=400, metavar="N", help="simulated studies (default 400)")
    add("--seed", type=int, default=0, metavar="N", help="of the simulation (default 0)")
    add(
        "--precision",
        action="append",
        metavar="METRIC=ERROR[,...]",
        help="instead: how many datasets for Monte Carlo errors of bias=0.01,coverage_95=0.007",
    )
    add("--empirical-se", type=float, metavar="S", help="with --precision: spread of estimates")
    add("--pilot", type=Path, metavar="DIR", help="with --precision: a small run that tells")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Simulate, or reckon, and print."""
    if arguments.precision is not None:
        print("\n".join(_errors(arguments)))
        return ExitCode.OK
    if arguments.pilot is not None or arguments.empirical_se is not None:
        raise UserError("--pilot and --empirical-se go with --precision")
    if arguments.n_max is not None:
        print("sbc: --n-max is now --max-datasets", file=sys.stderr)
        arguments.max_datasets = arguments.n_max
    from sbc.studies.power import gate_power

    print(gate_power(vars(arguments)))
    return ExitCode.OK


def _errors(arguments: argparse.Namespace) -> list[str]:
    """Say how many datasets the errors that are asked for take.

    Raises
    ------
    UserError
        For a metric whose error nothing says in advance.
    """
    from sbc.store.precision import parse

    errors = parse(arguments.precision)
    spread = arguments.empirical_se
    if spread is not None and not 0 < spread < 1e9:
        raise UserError(f"--empirical-se must be positive, not {spread:g}")
    if arguments.pilot is not None:
        from sbc.store.frames import load_run
        from sbc.studies.in_advance import by_pilot

        if spread is not None:
            raise UserError("--pilot has an empirical SE of its own; leave out --empirical-se")
        found = by_pilot(load_run(arguments.pilot), errors)
    else:
        found = {metric: _reckoned(metric, error, spread) for metric, error in errors.items()}
    width = max(len(f"{metric}={error:g}") for metric, error in errors.items())
    most = max(needed.datasets for needed in found.values())
    lines = [
        f"{f'{metric}={errors[metric]:g}':<{width}}  {needed.datasets:>9,} datasets: {needed.why}"
        for metric, needed in found.items()
    ]
    return [*lines, "", f"for all of them: {most:,} datasets"]


def _reckoned(metric: str, error: float, spread: float | None) -> Needed:
    """Reckon by theory; raises UserError where it says nothing."""
    from sbc.stats.how_many import datasets_for
    from sbc.store.precision import level_of

    level = level_of(metric)
    needed = datasets_for("coverage" if level else metric, error, level, spread)
    if needed is None and spread is None and datasets_for(metric, error, None, 1.0):
        raise UserError(f"the error of {metric} depends on --empirical-se, or --pilot tells it")
    if needed is None:
        raise UserError(f"the error of {metric} is not known in advance; a --pilot tells it")
    return needed
