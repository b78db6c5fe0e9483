"""``kill -9`` at thirty random moments of every command that writes.

(The run itself has a test of its own besides, with kills that find rows.) After a kill each file is
as it was before or as it is to be, whole, and the command does its work when it is given again.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from PIL import Image
from quick import PLUGINS, contents, fit, options, settings

from sbc.store.database import RUN_FILE

TIMES = 30
OLD = b"what stood here before"
STEADY = (f"{PLUGINS}/normal_mean.py:normal_mean",)
pytestmark = pytest.mark.slow


def sbc(*words):
    """Give a command, in words."""
    return [sys.executable, "-m", "sbc", *map(str, words)]


def killed(words, cwd, after):
    """Start a command and kill it, with whatever it has started; say whether it had ended."""
    with subprocess.Popen(
        words, cwd=cwd, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        time.sleep(after)
        ended = process.poll() is not None
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    time.sleep(0.05)  # its children die with it, a moment later
    return ended


def seconds(words, cwd):
    """Say how long a command takes that nobody kills."""
    began = time.monotonic()
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def read(file: Path):
    """Read a file as whoever wants what is in it; raise if it is not whole."""
    if file.suffix == ".html":
        assert file.read_text(encoding="utf-8").rstrip().endswith("</html>")
    elif file.suffix == ".csv":
        assert file.read_bytes().endswith(b"\n")
        pd.read_csv(file)
    elif file.suffix == ".parquet":
        pd.read_parquet(file)
    elif file.suffix == ".nc":
        xr.open_datatree(file, engine="h5netcdf").close()
    elif file.suffix == ".json":
        json.loads(file.read_text(encoding="utf-8"))
    elif file.suffix in (".xml", ".svg"):
        ElementTree.parse(file)
    elif file.suffix == ".png":
        Image.open(file).load()
    else:
        assert file.suffix == ".md"
        assert file.read_bytes().endswith(b"\n")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Make a run to be shown, judged and exported."""
    wanted = settings(*STEADY, datasets=200)
    return fit(tmp_path_factory.mktemp("of") / "run", wanted)


WRITERS = {
    "report": ("--out", "out/page.html", "--figures", "out/figures"),
    "report --format markdown": ("--out", "out/page.md"),
    "export --format csv": ("--out", "out"),
    "export --format parquet": ("--out", "out"),
    "export --format netcdf": ("--out", "out"),
    "gate": (
        *("--preset", "smoke", "--json", "out/gate.json"),
        *("--junit", "out/gate.xml", "--markdown", "out/gate.md"),
    ),
    f"posterior --dataset 1 --estimator {STEADY[0]}": ("--out", "out/draws.png"),
    f"replay --dataset 1 --estimator {STEADY[0]}": ("--save", "out/fit.nc"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_files_are_old_or_new_and_always_whole(name, run, tmp_path):
    command, *options_ = name.split()
    words = sbc(command, run, *options_, *WRITERS[name])
    (tmp_path / "out").mkdir()
    took = seconds(words, tmp_path)
    made = [file for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert made
    for file in made:
        read(file)
    rng = np.random.default_rng()
    seen = []
    for _ in range(TIMES):
        for file in made:
            file.write_bytes(OLD)
        ended = killed(words, tmp_path, rng.uniform(0.3, 1.05) * took)
        for file in made:
            if file.read_bytes() != OLD:
                read(file)
                seen.append(ended)
    assert seconds(words, tmp_path)  # whatever lies about, it does its work
    for file in made:
        read(file)
    assert seen  # some had written


def test_what_is_merged_is_whole_or_nothing(tmp_path):
    wanted = settings(*STEADY, datasets=2000)
    whole = contents(fit(tmp_path / "whole", wanted))
    parts = [tmp_path / f"part-{n}" for n in (1, 2)]
    for n, part in enumerate(parts, start=1):
        words = sbc("run", *options(*STEADY, datasets=2000), "--shard", f"{n}/2", "--out", part)
        seconds(words, tmp_path)
    merging = sbc("merge", *parts, "--out", tmp_path / "merged")
    took = seconds(merging, tmp_path)
    assert contents(tmp_path / "merged") == whole
    rng = np.random.default_rng()
    for _ in range(TIMES):
        shutil.rmtree(tmp_path / "merged", ignore_errors=True)
        killed(merging, tmp_path, rng.uniform(0.3, 1.0) * took)
        if (tmp_path / "merged" / RUN_FILE).exists():
            assert contents(tmp_path / "merged") == whole
            shutil.rmtree(tmp_path / "merged")
        seconds(merging, tmp_path)
        assert contents(tmp_path / "merged") == whole


@pytest.mark.parametrize(
    ("command", "more", "judged"),
    [
        ("run", ("--datasets", "600"), ()),
        ("sweep", ("--datasets", "200", "--vary", "n_rows=3,5,8"), ()),
        ("gate --run", (), ("--preset", "pr", "--max-datasets", "400")),
        ("design", ("--vary", "n_rows=3,5,8,12,20"), ("--width-95", "1", "--max-datasets", "200")),
    ],
)
def test_what_is_fitted_is_that_of_a_run_which_nobody_killed(command, more, judged, tmp_path):
    given = options(*STEADY, datasets=1)
    cut = given.index("--datasets")
    given = [*given[:cut], *given[cut + 2 :], *more, *judged, "--jobs", "2", "--quiet"]
    took = seconds(sbc(*command.split(), *given, "--out", tmp_path / "whole"), tmp_path)
    whole = contents(tmp_path / "whole")
    rng = np.random.default_rng()
    for k in range(TIMES // 3):  # three kills of each
        out = tmp_path / f"{k}"
        for _ in range(3):
            begun = (out / RUN_FILE).exists()
            again = ("--resume", out, *judged) if begun else (*given, "--out", out)
            killed(sbc(*command.split(), *again), tmp_path, rng.uniform(0.3, 1.0) * took)
        begun = (out / RUN_FILE).exists()
        again = ("--resume", out, *judged) if begun else (*given, "--out", out)
        seconds(sbc(*command.split(), *again), tmp_path)
        assert contents(out) == whole


def test_a_lecture_is_that_which_nobody_killed(tmp_path):
    given = ("--quick", "--datasets", "2", "--seed", "7", "--jobs", "2", "--quiet")
    seconds(sbc("lecture", *given, "--out", tmp_path / "first"), tmp_path)  # compiles
    took = seconds(sbc("lecture", *given, "--out", tmp_path / "whole"), tmp_path)
    whole = {file.parent.name: contents(file.parent) for file in found(tmp_path / "whole")}
    rng = np.random.default_rng()
    out = tmp_path / "killed"
    for _ in range(TIMES):  # a kill falls ever later: what there is is not fitted again
        again = ("--resume", out) if (out / "lecture.json").exists() else (*given, "--out", out)
        killed(sbc("lecture", *again, "--quiet"), tmp_path, rng.uniform(2, 0.1 * took + 3))
    seconds(sbc("lecture", "--resume", out, "--quiet"), tmp_path)
    assert {file.parent.name: contents(file.parent) for file in found(out)} == whole
    read(out / "lecture.html")


def found(lecture: Path):
    """Find the runs of a lecture."""
    return sorted((lecture / "runs").glob(f"*/{RUN_FILE}"))
