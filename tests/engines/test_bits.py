"""The same bits from code that was compiled now, that was loaded, and that another machine made."""

from __future__ import annotations

from itertools import count

import pytest
from quick import with_cache

from sbc.store.frames import load_run

#: What a fit is, times left aside.
SAME = ["dataset", "estimator", "engine", "quantity", "mean", "sd", "rank", "ess_bulk", "rhat"]


def command(cache, *words):
    """Run a command, whose compiled code lies in `cache`, and give what it prints."""
    done = with_cache(cache, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def made(out, cache, engines, *more):
    """Run two estimators in a process of its own, whose compiled code lies in `cache`."""
    words = ["run", "--estimator", "naive,multilevel", "--engine", engines, "--datasets", "2"]
    words += ["--draws", "200", "--tune", "200", "--jobs", "1", "--quiet", "--out", out]
    command(cache, *words, *more)
    return load_run(out).results[SAME]


@pytest.mark.slow
@pytest.mark.parametrize("engines", ["nutpie", "nutpie,laplace,pymc,advi,pathfinder"])
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


@pytest.mark.slow
def test_every_way_to_a_run_gives_the_same_bits_each_with_an_empty_cache_of_its_own(tmp_path):
    """Threads, processes (each of which compiles), parts and their merge, resuming, replaying."""
    caches = (tmp_path / f"cache-{n}" for n in count())
    engines = "nutpie,laplace"
    first = made(tmp_path / "first", next(caches), engines, "--datasets", "4")
    same = {
        "processes": ["--isolate", "--jobs", "2"],
        "threads": ["--jobs", "2"],
    }
    for name, more in same.items():
        found = made(tmp_path / name, next(caches), engines, "--datasets", "4", *more)
        assert found.equals(first), name

    for part in ("1/2", "2/2"):
        out = tmp_path / f"part-{part[0]}"
        made(out, next(caches), engines, "--datasets", "4", "--shard", part)
    parts = [tmp_path / "part-1", tmp_path / "part-2"]
    command(next(caches), "merge", *parts, "--out", tmp_path / "merged")
    assert load_run(tmp_path / "merged").results[SAME].equals(first)

    made(tmp_path / "resumed", next(caches), engines)  # two datasets, and then the other two
    words = ["run", "--resume", tmp_path / "resumed", "--datasets", "4", "--quiet"]
    command(next(caches), *words)
    assert load_run(tmp_path / "resumed").results[SAME].equals(first)

    words = ["replay", tmp_path / "first", "--dataset", "1", "--estimator", "multilevel"]
    assert "identical to the stored fit" in command(next(caches), *words)
