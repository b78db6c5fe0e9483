"""Fits in processes of their own: one that dies or hangs costs itself, whatever its model does."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace

import pytest
from quick import PLUGINS, contents, crashing, fit, options, settings

from sbc.fitting import loop
from sbc.fitting.setup import draw_dataset
from sbc.fitting.workers import local
from sbc.plugins.errors import UserError
from sbc.store.rows import ERROR, OK, TIMEOUT
from sbc.store.schema import RESULTS_FILE

DATASETS = 6  # one of which is bad
RUN = [sys.executable, "-m", "sbc", "run", "--quiet"]


@pytest.fixture(scope="module")
def steady(tmp_path_factory):
    """Give the rows of the estimator that never fails, fitted in threads."""
    wanted = settings(*crashing("steady"), datasets=DATASETS)
    return contents(fit(tmp_path_factory.mktemp("steady") / "run", wanted))


@pytest.fixture(scope="module")
def bad():
    """Give the numbers of the datasets that the estimators of `crashing.py` do not bear."""
    wanted = settings(*crashing("steady"), datasets=DATASETS)
    numbers = [k for k in range(DATASETS) if draw_dataset(wanted, k, "steady").data["y"][0] > 1.4]
    assert len(numbers) == 1
    return numbers


def test_processes_give_the_bits_of_threads(steady, tmp_path):
    wanted = settings(*crashing("steady"), datasets=DATASETS)
    with local.executor(isolate=True) as hand_out:
        assert contents(fit(tmp_path / "run", wanted, hand_out=hand_out)) == steady


def test_fits_that_crash_or_hang_are_failed_rows_and_all_others_are_made(steady, bad, tmp_path):
    names = crashing("exits", "segfaults", "hangs", "raises")
    wanted = settings(*names, datasets=DATASETS)
    with local.executor(timeout=1.5) as hand_out:
        found = contents(fit(tmp_path / "run", wanted, hand_out=hand_out))
    told = dict(
        zip(
            names,
            [
                (ERROR, "WorkerDied: the process of this fit ended by exit code 7"),
                (ERROR, "WorkerDied: the process of this fit ended by signal SIGSEGV"),
                (TIMEOUT, "no result after 1.5 s"),
                (ERROR, "ArithmeticError: bad data"),
            ],
            strict=True,
        )
    )
    rows = {(row[0], row[1]): row[3:5] for row in found["fit"]}
    assert len(rows) == len(found["fit"]) == DATASETS * len(names)
    for (k, name), (status, error) in rows.items():
        assert (status, error) == (told[name] if k in bad else (OK, "")), (k, name)
    assert found["dataset"] == steady["dataset"]  # truths of failed fits are kept


def test_a_dataset_of_which_one_fit_knows_nothing_is_known_by_the_others(new_run, new_fit):
    whole = new_fit(0)

    lost = replace(whole, estimator="other", truth={}, features={}, results=())
    tables = [
        contents(new_run(rows, name=name))["dataset"]
        for name, rows in {"first": [whole, lost], "last": [lost, whole]}.items()
    ]
    assert tables[0] == tables[1]
    assert "beta_XY" in tables[0][0][2]


def test_a_model_that_does_not_fit_the_world_stops_the_run(tmp_path):
    (tmp_path / "own.py").write_text(
        "import pymc as pm\n"
        "from sbc import estimator\n"
        "@estimator(estimands=('theta',))\n"
        "def own(y):\n"
        "    theta = pm.Normal('theta')\n"
        "    pm.Normal('y', theta, 1, observed=y)\n"
    )  # which states no closed form
    wanted = settings(f"{tmp_path}/own.py:own", datasets=3)
    refused = pytest.raises(UserError, match="needs a posterior in closed form")
    with local.executor(isolate=True) as hand_out, refused:
        fit(tmp_path / "run", wanted, hand_out=hand_out)


def test_workers_that_cannot_start_are_told(tmp_path, monkeypatch):
    wanted = settings(*crashing("steady"), datasets=3)
    with loop.create(wanted, tmp_path / "run") as store, local.executor(isolate=True) as hand_out:
        monkeypatch.setattr(sys, "path", [])
        with pytest.raises(UserError, match="can be started: it ends by exit code 1"):
            loop.execute(wanted, store, 1, progress=False, hand_out=hand_out)


def children(parent):
    """List the processes of a process."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in found.stdout.split()]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for processes")
def test_processes_go_on_from_batch_to_batch_and_one_that_died_idle_costs_no_fit(steady, tmp_path):
    wanted = settings(*crashing("steady"), datasets=2)
    folder = tmp_path / "run"
    mine = os.getpid()
    seen = []
    with local.executor(isolate=True) as hand_out:
        known = set(children(mine))
        for datasets in (2, 4, DATASETS):
            grown = replace(wanted, datasets=datasets)
            store = loop.resume(folder, grown)[0] if seen else loop.create(grown, folder)
            with store:
                loop.execute(grown, store, 1, progress=False, hand_out=hand_out)
            [worker] = [pid for pid in children(mine) if pid not in known and is_worker(pid)]
            seen.append(worker)
            if datasets == 4:
                os.kill(worker, signal.SIGKILL)
                while alive(worker):
                    time.sleep(0.01)
    assert seen[0] == seen[1] != seen[2]
    assert not any(map(alive, seen))
    assert contents(folder) == steady


def is_worker(pid):
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
            return "process_main" in file.read()
    except FileNotFoundError:  # it was the one that listed them
        return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for processes")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_the_run_though_it_hangs(tmp_path, number):
    # All fits hang: without a limit, so that only the death of the run can end them.
    text = (PLUGINS / "crashing.py").read_text().replace('data["y"][0] > 1.4', "True")
    (tmp_path / "own.py").write_text(text)
    argv = options(f"{tmp_path}/own.py:hangs", datasets=4)
    process = subprocess.Popen(
        [*RUN, *argv, "--isolate", "--jobs", "2", "--out", str(tmp_path / "run")],
        stderr=subprocess.PIPE,
    )
    with process:
        run, workers = [], []
        while process.poll() is None and len(workers) < 2:
            time.sleep(0.1)
            run = children(process.pid)
            workers = [pid for child in run for pid in children(child)]
        process.send_signal(number)
        code = process.wait(timeout=60)
    assert len(workers) == 2
    assert code == (-number if number == signal.SIGKILL else 130)
    while any(map(alive, [*run, *workers])):  # the test's own limit of time ends this
        time.sleep(0.05)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


def test_a_crash_of_the_run_itself_is_survived(bad, tmp_path):
    names = crashing("steady", "segfaults")
    folder = tmp_path / "run"
    done = subprocess.run(
        [*RUN, *options(*names, datasets=DATASETS), "--out", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("sbc: a fit has crashed the run (")
    assert done.stderr.count("\n") == 1
    with closing(sqlite3.connect(folder / RESULTS_FILE)) as file:
        rows = file.execute("SELECT k, estimator, status, error FROM fit").fetchall()
    assert len(rows) == 2 * DATASETS
    assert {(k, name) for k, name, status, _ in rows if status == ERROR} == {
        (k, name) for k in bad for name in names[1:]
    }


def test_a_crash_that_is_no_fit_s_is_told_and_not_repeated(tmp_path):
    done = subprocess.run(
        [*RUN, *options(*crashing("crashes_when_stated"), datasets=3), "--out", tmp_path / "run"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "sbc: error: the run crashed (exit code 7), and not in a fit\n"
