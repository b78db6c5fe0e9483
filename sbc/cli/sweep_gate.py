"""``sbc gate`` of a sweep: judge every cell, with one error rate for all of them."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from sbc.cli.terminal import order
from sbc.studies.question import question


def judged(arguments: argparse.Namespace) -> int:
    """Judge, print, and write what was asked for.

    Raises
    ------
    UserError
        As `sbc.studies.sweep.gate.judge_sweep`.
    """
    asked = question(vars(arguments))
    from sbc.gates import files
    from sbc.studies.sweep import gate_words as words
    from sbc.studies.sweep.gate import judge_sweep
    from sbc.studies.sweep.gate_files import publish
    from sbc.studies.sweep.read import load_sweep

    earlier = None if asked.baseline is None else load_sweep(asked.baseline)
    sweep = load_sweep(arguments.folder)
    gate = judge_sweep(sweep, asked.config, arguments.expect or [], earlier, asked.tolerance)
    print(words.text(gate))
    publish(gate, arguments.json, arguments.junit, arguments.markdown)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        files.append(Path(summary), words.markdown(gate))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        order(words.github(gate))
    return gate.exit_code
