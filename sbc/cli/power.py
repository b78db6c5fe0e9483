"""``sbc power``: say how many datasets a gate, or a Monte Carlo error, needs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sbc.plugins.errors import ExitCode
from sbc.stats.sequential.judge import PRESETS


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
    if arguments.n_max is not None:
        print("sbc: --n-max is now --max-datasets", file=sys.stderr)
        arguments.max_datasets = arguments.n_max
    from sbc.studies.power import asked

    print(asked(vars(arguments)))
    return ExitCode.OK
