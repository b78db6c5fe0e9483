"""A user's code that would end the process, move it or leave others behind: a row, or a line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sbc.plugins.contained import EndedError, contained
from sbc.store.frames import load_run

MODELS = """
import os, subprocess, sys
import pymc as pm

class Stop(BaseException):
    pass

def plain(y):
    mu = pm.Normal("mu", 0, 1)
    pm.Normal("y", mu, 1, observed=y)

def exits(y):
    sys.exit(0)

def stops(y):
    raise Stop("enough")

def moves(y):
    os.chdir("/")
    plain(y)

def leaves(y):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "left-by-" + MARK])
    plain(y)

def writes(y):
    os.write(1, b"raw words\\n")
    plain(y)

def closes(y):
    try:
        os.close(1)
    except OSError:  # it has been called before
        pass
    plain(y)

def world(rng, *, n=5):
    mu = rng.normal()
    return {"mu": mu}, {"y": rng.normal(mu, 1, n)}

def exits_at_times(rng, *, n=5):
    truth, data = world(rng, n=n)
    if truth["mu"] < 0:
        sys.exit(0)
    return truth, data
"""
SMALL = ["--datasets", "6", "--draws", "400", "--tune", "300", "--jobs", "2", "--quiet"]


@pytest.fixture
def sbc(tmp_path):
    (tmp_path / "m.py").write_text(MODELS.replace("MARK", repr(tmp_path.name)))

    def run(model, world="world", *more):
        words = ["run", "--estimator", f"m.py:{model}", "--generator", f"m.py:{world}", *SMALL]
        return subprocess.run(
            [sys.executable, "-m", "sbc", *words, "--out", "run", *more],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


@pytest.mark.parametrize(("model", "wish"), [("exits", "SystemExit(0)"), ("stops", "Stop(enough)")])
def test_a_model_that_would_end_the_process_is_told_in_a_line(sbc, model, wish):
    done = sbc(model)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"asked to end the process, by {wish}" in line


def test_datasets_that_would_end_the_process_are_failed_rows(sbc, tmp_path):
    assert sbc("plain", "exits_at_times").returncode == 0
    fits = load_run(tmp_path / "run").fits
    ended = fits.error.str.contains("asked to end the process, by SystemExit(0)", regex=False)
    assert 0 < ended.sum() < len(fits) == 6
    assert set(fits.status[ended]) == {"error"}


def test_a_change_of_directory_is_taken_back(sbc, tmp_path):
    done = sbc("moves")
    assert done.returncode == 0, done.stderr
    assert len(load_run(tmp_path / "run").fits) == 6


def test_what_is_written_past_python_does_not_end_anything(sbc):
    done = sbc("writes")
    assert done.returncode == 0, done.stderr
    assert "raw words" in done.stdout


def test_a_stdout_that_a_model_closes_is_opened_again(sbc, tmp_path):
    done = sbc("closes")
    assert done.returncode == 0, done.stderr
    assert "run folder: run" in done.stdout
    assert len(load_run(tmp_path / "run").fits) == 6


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full")
def test_a_full_stdout_is_told_in_a_line(tmp_path):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sbc", "list"], stdout=full, stderr=subprocess.PIPE, text=True,
            check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("sbc: error: cannot write to stdout: ")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans a new parent")
def test_no_child_of_a_model_outlives_the_run(sbc, tmp_path):
    assert sbc("leaves").returncode == 0
    alive = [p for p in Path("/proc").glob("[0-9]*/cmdline") if _mentions(p, tmp_path.name)]
    assert alive == []


def _mentions(file, mark):
    try:
        return f"left-by-{mark}".encode() in file.read_bytes()
    except OSError:
        return False


def test_ctrl_c_and_ordinary_exceptions_pass():
    for kind in (ValueError, KeyboardInterrupt, GeneratorExit):
        with pytest.raises(kind), contained():
            raise kind
    with pytest.raises(EndedError, match=r"SystemExit\(3\)"), contained():
        sys.exit(3)


def test_the_directory_is_the_old_one_even_if_something_is_raised(tmp_path):
    before = Path.cwd()

    def leave():
        with contained():
            os.chdir(tmp_path)
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        leave()
    assert Path.cwd() == before
