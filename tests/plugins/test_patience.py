"""A model that never comes back while it is stated: a line that says where, or an end by force.

Nothing here asks how long it took: a run that is not ended would go on until the suite's own end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sbc.plugins import patience
from sbc.plugins.contained import contained
from sbc.plugins.errors import UserError
from sbc.plugins.patience import patient
from sbc.store.frames import load_run

MODELS = """
import subprocess, time
import pymc as pm

def plain(y):
    mu = pm.Normal("mu", 0, 1)
    pm.Normal("y", mu, 1, observed=y)

def loops(y):
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            pass

def holds(y):
    open("held", "w").close()
    sum(range(10**13))  # one call of native code that keeps the interpreter to itself

def at_times(y):
    plain(y)
    if y.mean() > 1.2:
        subprocess.Popen(["sleep", MARK])
        while True:
            time.sleep(0.01)

def world(rng, *, n=5):
    mu = rng.normal()
    return {"mu": mu}, {"y": rng.normal(mu, 1, n)}
"""
SMALL = ["--datasets", "8", "--draws", "400", "--tune", "300", "--jobs", "2", "--quiet"]


@pytest.fixture
def command(tmp_path):
    """Give a function that makes the command by which a model of the file is run."""
    mark = str(10**6 + os.getpid())  # seconds that nobody else sleeps
    (tmp_path / "m.py").write_text(MODELS.replace("MARK", repr(mark)))

    def make(model: str, *more: str) -> list[str]:
        words = ["run", "--estimator", f"m.py:{model}", "--generator", "m.py:world", *SMALL]
        return [sys.executable, "-m", "sbc", *words, "--out", "run", *more]

    make.mark = mark
    return make


def run(words, cwd):
    """Run a command to its end."""
    return subprocess.run(words, capture_output=True, text=True, cwd=cwd, check=False)


def sleeping(mark):
    """Say whether a child that the model started is still there."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(file.read_bytes().split(b"\0"))
        except OSError:  # it has ended meanwhile
            continue
    return [b"sleep", mark.encode()] in [words[:2] for words in found]


def test_an_endless_loop_while_the_model_is_stated_is_told_by_its_line(command, tmp_path):
    done = run(command("loops", "--fit-timeout", "1"), tmp_path)
    assert done.returncode == 2
    line = 1 + MODELS.splitlines().index("            time.sleep(0.01)")
    assert done.stderr.startswith("sbc: error: m.py, line ")
    assert int(done.stderr.split("line ")[1].split(":")[0]) in range(line - 2, line + 3)
    assert "no end after 1 s, as --fit-timeout says" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="another process ends it")
def test_native_code_that_holds_on_is_ended_from_outside(command, tmp_path):
    done = run(command("holds", "--fit-timeout", "1"), tmp_path)
    assert done.returncode == 2
    assert "native code of the model has not come back" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="another process ends it")
@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_a_signal_ends_native_code(command, tmp_path, number):
    with subprocess.Popen(
        command("holds"), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as running:
        while not (tmp_path / "held").exists():
            assert running.poll() is None
            time.sleep(0.05)
        time.sleep(0.2)  # from the file to the native code
        running.send_signal(number)
        _, told = running.communicate()
    assert running.returncode == 130
    assert "sbc: interrupted" in told


@pytest.mark.slow
def test_a_loop_on_some_data_costs_those_fits_and_their_children(command, tmp_path):
    done = run(command("at_times", "--fit-timeout", "2"), tmp_path)
    assert done.returncode == 0, done.stderr
    fits = load_run(tmp_path / "run").fits
    timeout = fits[fits.status == "timeout"]
    assert 0 < len(timeout) < len(fits) == 8
    assert set(timeout.error) == {"no result after 2 s"}
    assert not sleeping(command.mark)


def test_code_that_takes_its_time_is_told_of_once(monkeypatch, capsys):
    monkeypatch.setattr(patience, "NOTICE", 0.5)
    with patient(None), contained():
        time.sleep(2.5)
    said = capsys.readouterr().err
    assert said.count("still running after 0.5 s; fit_timeout ends what") == 1


def test_a_limit_ends_with_the_stretch_and_with_the_command():
    with patient(0.3):
        with contained():
            pass
        time.sleep(0.5)  # nobody's code runs: no limit
        with contained(loading=True):  # a file imports libraries
            time.sleep(0.5)
        told = pytest.raises(UserError, match=r"no end after 0\.3 s, as fit_timeout says")
        with told, contained(), contained():
            time.sleep(5)
    with contained():
        time.sleep(0.5)


@pytest.mark.parametrize("seconds", [None, -1.0, 0.0, float("nan"), float("inf")])
def test_what_is_no_limit_is_none(seconds):
    with patient(seconds), contained():
        time.sleep(0.01)
