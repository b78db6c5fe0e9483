"""Twenty faults, planted one by one into a copy: do the fast tests find each?

``python tests/benchmarks/planted.py`` takes some minutes, prints a line a fault and returns 1 if
one is not found. Each fault is put to the tests of its own package alone, which have to find it.
"""
# ruff: noqa: E501 (a fault a line)

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("sbc", "models", "generators", "tests", "docs", "reports", "pyproject.toml", "README.md",
          "CONTRIBUTING.md", "Makefile", ".ci", "gates.toml")  # fmt: skip


class Fault(NamedTuple):
    """One wrong edit, and the tests that have to notice."""

    file: str
    right: str
    wrong: str
    tests: str


FAULTS = [
    Fault("sbc/stats/ranks.py", "(draws < at).sum", "(draws <= at).sum", "tests/stats"),
    Fault("sbc/stats/intervals.py", "+ z**2 / 4)", "+ z**2 / 2)", "tests/stats"),
    Fault("sbc/stats/metrics.py", "- var) / (2 * np.sqrt(var))", "- var) / np.sqrt(var)", "tests/stats"),
    Fault("sbc/stats/seeds.py", "key(engine), attempt)", "key(engine))", "tests/stats"),
    Fault("sbc/stats/vectors.py", "self.members.any(axis=1)", "self.members.all(axis=1)", "tests/stats"),
    Fault("sbc/plugins/validate.py", "array.max() < size", "array.max() <= size", "tests/plugins"),
    Fault("sbc/store/regime.py", "return self.own and not self.given_data", "return self.own", "tests/fitting"),
    Fault("sbc/store/nulls.py", "not math.isfinite(found)", "math.isnan(found)", "tests/store"),
    Fault("sbc/fitting/convergence.py", "worst_rhat <= 1.05", "worst_rhat <= 1.5", "tests/fitting"),
    Fault("sbc/fitting/convergence.py", "0.005 * budget.chains", "0.05 * budget.chains", "tests/fitting"),
    Fault("sbc/fitting/convergence.py", "tune=4 * budget.tune", "tune=2 * budget.tune", "tests/fitting"),
    Fault("sbc/engines/_density.py", "return (-float(value), -gradient)", "return (-float(value), gradient)", "tests/engines"),
    Fault("sbc/gates/judge.py", "alpha_fail / max(len(checks) + others, 1)", "alpha_fail", "tests/gates"),
    Fault("sbc/gates/baseline.py", "(scatter, -np.inf, tolerance**2)", "(scatter, -np.inf, tolerance)", "tests/gates"),
    Fault("sbc/gates/failures.py", "self.low > TOO_MANY or", "self.high > TOO_MANY or", "tests/gates"),
    Fault("sbc/report/targets.py", "strata(values[known])", "strata(values)", "tests/report"),
    Fault("sbc/studies/merge.py", "part.of > 1 and found < wanted", "found < 0", "tests/studies"),
    Fault("sbc/studies/sweep/plan.py", "not 0 < value < 1e9", "not 0 <= value < 1e9", "tests/studies"),
    Fault("sbc/plugins/errors.py", "USAGE = 2", "USAGE = 3", "tests/cli"),
    Fault("models/mundlak.py", "+ beta_XbarY * Xbar", "- beta_XbarY * Xbar", "tests/models"),
]  # fmt: skip


def found(fault: Fault, copy: Path) -> str:
    """Plant one fault, run its tests until one fails; give that test's name, or nothing."""
    file = copy / fault.file
    sound = file.read_text(encoding="utf-8")
    if sound.count(fault.right) != 1:
        raise SystemExit(
            f"{fault.file}: '{fault.right}' stands there {sound.count(fault.right)} times"
        )
    file.write_text(sound.replace(fault.right, fault.wrong), encoding="utf-8")
    try:
        words = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-n", "2"]
        done = subprocess.run([*words, fault.tests], cwd=copy, check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=os.environ | {"PYTHONPATH": str(copy)})  # fmt: skip
    finally:
        file.write_text(sound, encoding="utf-8")
    names = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, flags=re.M)
    return names[0] if names else ""


def main() -> int:
    """Print where each fault was found, and return 1 if one was not."""
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        for fault in FAULTS:
            test = found(fault, copy)
            missed += not test
            print(f"{fault.file}: {fault.wrong}\n    {test or 'NOT FOUND'}", flush=True)
    print(f"{len(FAULTS) - missed} of {len(FAULTS)} found")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
