"""``sbc gate`` of a sweep: judge every cell, with one error rate for all of them."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from sbc.cli.terminal import order
from sbc.plugins.errors import UserError
from sbc.studies.question import question


def judged(arguments: argparse.Namespace) -> int:
    """Judge, print, and write what was asked for.

    Raises
    ------
    UserError
        For what a sweep's gate has not, and as `sbc.studies.sweep.gate.judge_sweep`.
    """
    for name in ("baseline", "tolerance"):
        if getattr(arguments, name) is not None:
            raise UserError(f"{arguments.folder} is a sweep: --{name} is for a single run")
    config = question(vars(arguments)).config
    from sbc.gates import files
    from sbc.studies.sweep import gate_words as words
    from sbc.studies.sweep.gate import judge_sweep
    from sbc.studies.sweep.gate_files import publish
    from sbc.studies.sweep.read import load_sweep

    gate = judge_sweep(load_sweep(arguments.folder), config, arguments.expect or [])
    print(words.text(gate))
    publish(gate, arguments.json, arguments.junit, arguments.markdown)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        files.append(Path(summary), words.markdown(gate))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        order(words.github(gate))
    return gate.exit_code
