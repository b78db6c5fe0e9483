"""``kill -9`` of the whole process group, at random moments, over and over.

A fit that was on disk before a kill is there at the end with the very seconds that it took: it was
neither lost nor made again.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace

import numpy as np
import pytest
from quick import contents, crashing, fit, settings

from sbc.store.folder import RUN_FILE
from sbc.store.schema import RESULTS_FILE

TIMES = 30
DATASETS = 800

# Forked from a process that has imported everything and fitted nothing, so that thirty kills cost
# seconds. (Python warns of threads at a fork; the one there is belongs to jemalloc and bears it.)
# Each child leads a process group of its own and goes on with the run as `--resume` does.
KILLED = """
import os, sys
from pathlib import Path
from sbc.fitting.workers import local; from sbc.fitting import loop as running
from sbc.store import database; from sbc.store.database import Store
import pymc, sbc.engines.exact

database.COMMIT_EVERY = 0.02  # kills find more steps on the way
for line in sys.stdin:
    how, _, folder = line.strip().partition(" ")
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        print(os.getpid(), flush=True)
        store, settings = running.resume(Path(folder))
        with store, local.executor(isolate=how == "isolate") as hand_out:
            running.execute(settings, store, 2, progress=False, hand_out=hand_out)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def on_disk(folder):
    """Read which fits are committed, and the seconds that each took."""
    file = folder / RESULTS_FILE
    if not file.is_file():
        return {}
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=30)) as reader:
        rows = reader.execute("SELECT k, estimator, engine, seconds FROM fit").fetchall()
    return {row[:3]: row[3] for row in rows}


def check(folder, committed, wanted, beside=frozenset()):
    """Hold a finished run against what was seen before each kill, and against a quiet one."""
    last = on_disk(folder)
    for before in committed:
        assert before.items() <= last.items()
    found = contents(folder)
    assert set(Counter(row[:3] for row in found["fit"]).values()) == {1}
    assert found == wanted
    assert {file.name for file in folder.iterdir()} - beside == {RUN_FILE, RESULTS_FILE}


def begun(folder, wanted):
    """Begin a run as Ctrl-C after its first dataset would leave it."""
    fit(folder, replace(wanted, datasets=1))
    run = json.loads((folder / RUN_FILE).read_text())
    run["settings"] = wanted.to_json()
    (folder / RUN_FILE).write_text(json.dumps(run))
    return folder


def wait_for_rows(child, folder, some):
    """Wait until so many fits are on disk, or the process has ended, however busy the machine."""
    while len(on_disk(folder)) < some:
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)


@pytest.mark.parametrize("times", [4, pytest.param(TIMES, marks=pytest.mark.slow)])
def test_kills_lose_nothing_and_change_nothing(tmp_path, times):
    wanted = settings(*crashing("steady", "raises"), datasets=DATASETS)
    whole = contents(fit(tmp_path / "whole", wanted))
    rng = np.random.default_rng()  # whatever the moments, the result is the same
    killed, on_the_way, runs = 0, 0, 0
    driver = subprocess.Popen(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", KILLED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )

    def started(folder):
        driver.stdin.write(f"{'threads' if killed % 10 else 'isolate'} {folder}\n")
        driver.stdin.flush()
        return int(driver.stdout.readline())

    with driver:
        while killed < times:  # run after run, each to its end
            runs += 1
            folder = begun(tmp_path / f"{runs}", wanted)
            committed, code = [], None
            while code != 0:
                child = started(folder)
                if killed < times:
                    there = len(on_disk(folder))
                    left = len(whole["fit"]) - there
                    wait_for_rows(child, folder, there + rng.integers(0, 1 + left // 3))
                    time.sleep(rng.uniform(0, 0.1))
                    committed.append(on_disk(folder))
                    with suppress(ProcessLookupError):  # it may have ended just now
                        os.killpg(child, signal.SIGKILL)
                code = int(driver.stdout.readline())
                if code != 0:
                    assert code == -signal.SIGKILL
                    killed += 1
            check(folder, committed, whole)
            on_the_way += len({len(before) for before in committed}) - 1
        driver.stdin.close()
    assert killed == times
    assert on_the_way >= times / 10  # kills that found more on disk than the ones before


def test_a_run_killed_while_it_was_made_can_be_made_again(tmp_path):
    """Whatever file is there by then, `--out` takes the folder, and no fit is in it to be lost."""
    wanted = settings(*crashing("steady"), datasets=2)
    whole = contents(fit(tmp_path / "whole", wanted))
    for step in ("draft_run", "connect", "publish_run"):
        folder = tmp_path / step
        code = (
            "import os, signal, sys\n"
            "from pathlib import Path\n"
            "from sbc.store import database as store\n"
            f"step = store.{step}\n"
            "def die(*given):\n"
            f"    if {step == 'draft_run'}: step(*given)\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
            f"store.{step} = die\n"
            "store.Store.create(Path(sys.argv[1]), {})\n"
        )
        died = subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
        assert died.returncode == -signal.SIGKILL
        assert list(folder.iterdir())
        assert contents(fit(folder, wanted)) == whole
        assert {file.name for file in folder.iterdir()} == {RUN_FILE, RESULTS_FILE}


@pytest.mark.slow
def test_the_command_itself_is_killed_with_all_its_processes(tmp_path):
    """The real sampler, the real command: made, or gone on with, as a batch system would."""
    options = [
        *("--estimator", "naive", "--datasets", "300", "--seed", "3", "--draws", "100"),
        *("--tune", "100", "--set", "n_rows=50", "--set", "n_groups=5", "--quiet"),
    ]
    command, folder = [sys.executable, "-m", "sbc", "run"], tmp_path / "run"
    subprocess.run([*command, *options, "--out", tmp_path / "whole"], check=True)
    rng = np.random.default_rng()
    committed = [{}]
    for isolate in ([], ["--isolate"], []):
        begun = (folder / RUN_FILE).is_file()
        where = ["--resume", folder] if begun else [*options, "--out", folder]
        process = subprocess.Popen(
            [*command, *where, *isolate], start_new_session=True, stdout=subprocess.DEVNULL
        )
        while process.poll() is None and len(on_disk(folder)) <= len(
            committed[-1] if committed else ()
        ):
            time.sleep(0.1)
        time.sleep(rng.uniform(0, 1))
        committed.append(on_disk(folder))
        with suppress(ProcessLookupError):  # it may have ended just now
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run([*command, "--resume", folder], check=True, stdout=subprocess.DEVNULL)
    check(folder, committed, contents(tmp_path / "whole"), beside={"report.html"})
