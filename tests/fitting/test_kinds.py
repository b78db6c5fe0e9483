"""Kinds of models as people write them: a sound one passes, its twin with one fault fails."""

from __future__ import annotations

import numpy as np
import pytest

from sbc.cli.main import main

# PyMC warns of steps that it holds for experimental, and of rejected covariances.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

FILE = "tests/files/kinds.py"
KINDS = [
    *("mixture", "censored", "slopes", "autoregressive", "zero_inflated", "ordinal"),
    *("gaussian_process", "gaps", "soft_constraint", "changepoint", "pairs", "whole_numbers"),
    *("random_walk", "survival"),
]


def judged(kind: str, simulator: str, folder) -> int:
    """Give the exit code of a gate: 0 pass, 1 fail, 3 undecided, 4 too many failed fits."""
    words = ["gate", "--run", "--quiet", "--preset", "smoke", "--max-datasets", "400"]
    words += ["--estimator", f"{FILE}:{kind}", "--simulator", f"{FILE}:{simulator}"]
    words += ["--target-accept", "0.95", "--out", str(folder / "run")]
    if kind == "whole_numbers":
        table = np.random.default_rng(0).integers(0, 12, (25, 2))
        rows = "\n".join(f"{score},{hours}" for score, hours in table)
        (folder / "exam.csv").write_text(f"score,hours\n{rows}\n")
        words += ["--data", str(folder / "exam.csv")]
    return main(words)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_model_passes(kind, tmp_path, capsys):
    assert judged(kind, f"right_{kind}", tmp_path) == 0, capsys.readouterr().out


@pytest.mark.parametrize("kind", KINDS)
def test_its_twin_with_one_fault_fails(kind, tmp_path, capsys):
    assert judged(kind, f"wrong_{kind}", tmp_path) == 1, capsys.readouterr().out
