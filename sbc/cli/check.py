"""``sbc check``: compare what a generator and a model draw, before any fit."""

from __future__ import annotations

import argparse
from typing import Any

from sbc.cli import options
from sbc.plugins.errors import ExitCode, UserError
from sbc.store.settings import DECLARED

#: Datasets that are looked at unless a number is named.
DATASETS = 1000


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    for name in ("estimators", "generator", "truth", "simulator", "parameters", "seed"):
        options.declare(parser, DECLARED[name])
    add = parser.add_argument
    add("--datasets", type=int, metavar="N", help=f"datasets to look at (default {DATASETS})")
    add("--alpha-fail", type=float, metavar="P", help="chance to fail by mistake (default 0.001)")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Compare and print."""
    from sbc.fitting import asked
    from sbc.stats.sequential.outcome import ALPHA_FAIL

    alpha = ALPHA_FAIL if arguments.alpha_fail is None else arguments.alpha_fail
    if not 0 < alpha < 1:
        raise UserError(f"--alpha-fail lies between 0 and 1, not at {alpha:g}")
    wanted: dict[str, Any] = dict(vars(arguments))
    wanted["datasets"] = DATASETS if arguments.datasets is None else arguments.datasets
    settings = asked.settings_asked(wanted, None)
    from sbc.gates import forward_words
    from sbc.studies.check import check

    found = check(settings, alpha)
    print(f"{settings.describe_process()}, seed {settings.seed}\n")
    print("\n\n".join(map(forward_words.text, found)))
    if any(one.faults for one in found):
        return ExitCode.FAILED
    undecided = any(one.judged and one.incomplete for one in found)
    return ExitCode.UNDECIDED if undecided else ExitCode.OK
