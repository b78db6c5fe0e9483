"""Compiled code on disk that is damaged, or cannot be there: made again, or told; the same bits."""

from __future__ import annotations

import random
import shutil
from itertools import cycle
from pathlib import Path

import pytest
from quick import contents, with_cache

SMALL = ["--datasets", "2", "--quiet", "--draws", "400", "--tune", "300", "--jobs", "1"]


def run(out: Path, cache: Path, cwd: Path, *words: str):
    """Run with compiled code from a folder of its own."""
    words = words or ("--estimator", "naive")
    return with_cache(cache, "run", *words, *SMALL, "--out", out, cwd=cwd)


def half(data):
    """Cut a file off, as a full disk does."""
    return data[: len(data) // 2]


def noise(data):
    """Put anything in its place."""
    return random.Random(1).randbytes(len(data))


def flipped(data):
    """Change some bytes all over it, whose number stays."""
    return bytes(b ^ 255 if i % 997 == 500 else b for i, b in enumerate(data))


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Give a cache that was just filled, and what the run had that filled it."""
    home = tmp_path_factory.mktemp("kept")
    assert run(home / "run", home / "cache", home).returncode == 0
    return home / "cache", contents(home / "run")


@pytest.mark.slow
@pytest.mark.parametrize("ends", [".nbi", ".nbc"])
def test_damaged_code_is_made_again(ends, kept, tmp_path):
    whole, wanted = kept
    shutil.copytree(whole, tmp_path / "cache")
    spoilt = list((tmp_path / "cache").rglob(f"*{ends}"))
    assert spoilt
    for file, spoil in zip(spoilt, cycle([half, noise, flipped]), strict=False):
        file.write_bytes(spoil(file.read_bytes()))
    done = run(tmp_path / "run", tmp_path / "cache", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(tmp_path / "run") == wanted


@pytest.mark.slow
def test_code_that_cannot_be_kept_is_told_once_and_run(kept, tmp_path):
    whole, wanted = kept
    shutil.copytree(whole, tmp_path / "cache")
    for file in (tmp_path / "cache").rglob("*.nbi"):
        file.unlink()
        file.mkdir()
    done = run(tmp_path / "run", tmp_path / "cache", tmp_path)
    assert done.returncode == 0
    assert done.stderr.count("compiled code cannot be kept in") == 1
    assert "PYTENSOR_FLAGS=base_compiledir=DIR" in done.stderr
    assert contents(tmp_path / "run") == wanted


def test_a_folder_that_cannot_be_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "file").touch()
    done = run(tmp_path / "run", tmp_path / "file" / "cache", tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "PyTensor cannot keep what it compiles" in done.stderr
    assert "PYTENSOR_FLAGS=base_compiledir=DIR" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_comparison_that_was_not_written_whole_is_made_again(tmp_path):
    (tmp_path / "m.py").write_text(
        "import pymc as pm\n\ndef plain(y):\n    mu = pm.Normal('mu', 0, 1)\n"
        "    pm.Normal('y', mu, 1, observed=y)\n\n"
        "def world(rng, *, n=5):\n    mu = rng.normal()\n"
        "    return {'mu': mu}, {'y': rng.normal(mu, 1, n)}\n"
    )
    words = ["--estimator", "m.py:plain", "--generator", "m.py:world"]
    cache = tmp_path / "cache"
    for k in range(2):
        done = run(tmp_path / f"run-{k}", cache, tmp_path, *words)
        assert done.returncode == 0, done.stderr
        compared = (cache / "sbc-compared").iterdir()
        [file] = [file for file in compared if not file.name.startswith("fast-")]
        assert file.read_bytes() == b"\n"  # nothing was found against the shortcuts
        file.write_bytes(b"")
