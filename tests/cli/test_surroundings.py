"""Odd places to be run in: closed streams, a folder that is gone, other locales, little memory."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from contextlib import closing

import pytest

from sbc.plugins.blame import lacks_memory
from sbc.store.database import Store
from sbc.store.frames import load_run

RUN = "run --estimator naive --datasets 2 --draws 400 --tune 300 --jobs 1 --out run"
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux's own devices and limits")


def shell(words, cwd, around="{}", **env):
    """Run a command of sbc as a shell does, with what stands around it."""
    command = f"{shlex.quote(sys.executable)} -m sbc {words}"
    changed = {k: v for k, v in os.environ.items() if k not in env} | env
    return subprocess.run(
        ["bash", "-c", around.format(command)],
        **{"capture_output": True, "text": True, "cwd": cwd, "env": changed},
        check=False,
    )


def one_line(done, told):
    """Check that a command ended in one line, as a mistake of whoever gave it."""
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("sbc: error: ")
    assert told in done.stderr


@pytest.mark.parametrize("around", ["{} 2>&-", "{} <&-", "{} 2>&- <&-"])
def test_a_run_bears_closed_streams_and_its_database_is_whole(around, tmp_path):
    done = shell(RUN, tmp_path, around)
    assert done.returncode == 0
    assert "beta_XY" in done.stdout
    with closing(Store.open(tmp_path / "run")) as store:
        assert list(store.rows("PRAGMA integrity_check")) == [("ok",)]
        assert len(store.done()) == 2


@linux
def test_a_full_stderr_costs_words_and_no_fit(tmp_path):
    done = shell(RUN, tmp_path, "{} 2>/dev/full")
    assert done.returncode == 0
    assert len(load_run(tmp_path / "run").fits) == 2
    assert shell("run --draws 1", tmp_path, "{} 2>/dev/full").returncode == 2
    assert shell("run --draws 1", tmp_path, "{} 2>&-").returncode == 2


@pytest.mark.parametrize("around", ["{} >&-", pytest.param("{} >/dev/full", marks=linux)])
def test_a_stdout_that_takes_nothing_is_told(around, tmp_path, new_run, new_fit):
    folder = new_run([new_fit(k) for k in range(3)])
    one_line(shell(f"table {folder}", tmp_path, around), "cannot write to stdout")


def test_a_directory_that_is_gone_is_told(tmp_path):
    (tmp_path / "gone").mkdir()
    done = shell(RUN, tmp_path, "cd gone; rmdir ../gone; {}")
    one_line(done, "the working directory is gone; change to one that exists")


def test_python_without_docstrings_is_told(tmp_path):
    one_line(shell(RUN, tmp_path, PYTHONOPTIMIZE="2"), "PYTHONOPTIMIZE=1")
    assert shell("--help", tmp_path, PYTHONOPTIMIZE="2").returncode == 0


def test_an_ascii_terminal_shows_what_it_can(tmp_path, new_run, new_fit):
    folder = new_run([new_fit(k) for k in range(3)])
    ascii_ = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for words in ("table", "table --format markdown", "report", "gate"):
        done = shell(f"{words} {folder}", tmp_path, **ascii_)
        assert "Traceback" not in done.stderr
        assert done.stdout.isascii()
        assert done.returncode == (2 if words == "gate" else 0)
    done = shell("run --estimator naïve", tmp_path, **ascii_)
    assert done.returncode == 2
    assert done.stderr.startswith("sbc: error: no estimator called 'na")


@linux
@pytest.mark.parametrize("kilobytes", [200_000, 400_000, 600_000])
def test_too_little_memory_is_told(kilobytes, tmp_path):
    done = shell(RUN, tmp_path, f"ulimit -v {kilobytes}; {{}} --quiet")
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]  # a library may say something before
    assert last.startswith("sbc: error: too little memory (")


@pytest.mark.parametrize(
    ("problem", "lacking"),
    [
        (MemoryError(), "too little memory (MemoryError); have more, or fewer workers"),
        (RuntimeError("can't start new thread"), "can't start new thread); have more"),
        (OSError("x.so: failed to map segment from shared object"), "failed to map segment"),
        (ValueError("anything else"), ""),
    ],
)
def test_want_of_memory_is_known_by_what_is_said_of_it(problem, lacking):
    assert lacking in lacks_memory(problem)
    assert bool(lacks_memory(problem)) == bool(lacking)
    wrapped = ImportError("numpy could not be imported")
    wrapped.__cause__ = problem
    assert lacking in lacks_memory(wrapped)
