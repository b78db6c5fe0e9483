"""The same bits from code that was compiled now, that was loaded, and that another machine made."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sbc.store.frames import load_run

#: What a fit is, times left aside.
SAME = ["dataset", "estimator", "engine", "quantity", "mean", "sd", "rank", "ess_bulk", "rhat"]


def made(out, cache, engines, *more):
    """Run two estimators in a process of its own, whose compiled code lies in `cache`."""
    words = ["run", "--estimator", "naive,multilevel", "--engine", engines, "--datasets", "2"]
    words += ["--draws", "200", "--tune", "200", "--jobs", "1", "--quiet", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "sbc", *words, *more],
        env=os.environ | {"PYTENSOR_FLAGS": f"base_compiledir={cache}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return load_run(out).results[SAME]


@pytest.mark.parametrize(
    "engines",
    [
        "nutpie",
        pytest.param("nutpie,laplace,pymc,advi,pathfinder", marks=pytest.mark.slow),
    ],
)
def test_compiled_and_loaded_code_give_the_same_bits(tmp_path, engines):
    first = made(tmp_path / "first", tmp_path / "cache", engines)
    loaded = made(tmp_path / "loaded", tmp_path / "cache", engines)
    assert loaded.equals(first)
    if "," in engines:
        elsewhere = made(tmp_path / "elsewhere", tmp_path / "another", engines)
        assert elsewhere.equals(first)
    assert len(first) == 2 * 2 * 2 * len(engines.split(","))
    other = made(tmp_path / "other", tmp_path / "cache", engines, "--seed", "2")
    assert not other.equals(first)  # the comparison can fail
