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
from contextlib import closing

import numpy as np
from quick import contents, crashing, fit, settings

from sbc.runfile import RUN_FILE
from sbc.store import RESULTS_FILE

TIMES = 30
DATASETS = 1500

# Forked from a process that has imported everything and fitted nothing, so that thirty kills cost
# seconds: each child leads a process group of its own and goes on with the run as `--resume` does.
KILLED = """
import os, sys
from pathlib import Path
from sbc import local, running
from sbc.store import Store
import pymc, sbc.engines.exact

folder, jobs = Path(sys.argv[1]), 2
for line in sys.stdin:
    hand_out = local.hands(isolate=line.strip() == "isolate")
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        print(os.getpid(), flush=True)
        store, settings = running.resume(folder)
        with store:
            running.execute(settings, store, jobs, progress=False, hand_out=hand_out)
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


def check(folder, committed, wanted):
    """Hold a finished run against what was seen before each kill, and against a quiet one."""
    last = on_disk(folder)
    for before in committed:
        assert before.items() <= last.items()
    found = contents(folder)
    assert set(Counter(row[:3] for row in found["fit"]).values()) == {1}
    assert found == wanted


def test_thirty_kills_lose_nothing_and_change_nothing(tmp_path):
    wanted = settings(*crashing("steady", "raises"), datasets=DATASETS)
    whole = contents(fit(tmp_path / "whole", wanted))
    folder = tmp_path / "run"
    fit(folder, wanted.__class__(**{**vars(wanted), "datasets": 1}))
    run = json.loads((folder / RUN_FILE).read_text())
    run["settings"]["datasets"] = DATASETS
    (folder / RUN_FILE).write_text(json.dumps(run))

    rng = np.random.default_rng()  # whatever the moments, the result is the same
    killed, committed = 0, [on_disk(folder)]
    driver = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with driver:
        while True:
            how = "threads" if killed % 10 else "isolate"
            driver.stdin.write(f"{how}\n")
            driver.stdin.flush()
            child = int(driver.stdout.readline())
            if killed < TIMES:
                time.sleep(rng.uniform(0, 0.3))
                committed.append(on_disk(folder))
                os.killpg(child, signal.SIGKILL)
            code = int(driver.stdout.readline())
            if code == 0:
                break
            assert code == -signal.SIGKILL
            killed += 1
            assert committed[-1].items() <= on_disk(folder).items()
        driver.stdin.close()
    assert killed == TIMES
    assert len({len(before) for before in committed}) > TIMES / 3  # the kills struck on the way
    check(folder, committed, whole)
    assert {file.name for file in folder.iterdir()} == {RUN_FILE, RESULTS_FILE}
