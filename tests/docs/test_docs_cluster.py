"""The commands of docs/cluster.md: run where they can be, read where they cannot."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sbc.store.frames import load_run

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.M | re.S)


def snippets(language):
    return [text for kind, text in SNIPPETS if kind == language]


def environment(**more):
    """Find this Python as ``python``, and its ``dask`` beside it."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"} | more


def do(words, folder, **more):
    done = subprocess.run(
        words, cwd=folder, env=environment(**more), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_page_has_snippets_of_every_kind():
    assert [kind for kind, _ in SNIPPETS] == ["sh", "bash", "yaml", "sh", "python"]


def test_shards_are_made_and_merged_as_the_page_says(tmp_path):
    for line in snippets("sh")[0].splitlines():
        shown = do([sys.executable, *shlex.split(line)[1:]], tmp_path)
    assert "shard" not in shown
    assert len(load_run(tmp_path / "whole").fits) == 30


def parts(folder):
    return [load_run(part) for part in sorted(folder.iterdir())]


@pytest.mark.slow
def test_an_array_job_makes_its_parts_and_goes_on_with_them(tmp_path):
    (script,) = snippets("bash")
    job = {"SLURM_CPUS_PER_TASK": "1", "SLURM_ARRAY_TASK_COUNT": "10"}
    for number in ("1", "1", "10"):  # the first one is started again
        do(["bash", "-ec", script], tmp_path, **job, SLURM_ARRAY_TASK_ID=number)
    first, last = parts(tmp_path / "array")
    assert sorted(first.fits["dataset"]) == [0, 10, 20, 30]
    assert sorted(last.fits["dataset"]) == [9, 19, 29, 39]


@pytest.mark.slow
def test_an_indexed_job_makes_its_parts_and_goes_on_with_them(tmp_path):
    yaml = pytest.importorskip("yaml")
    (text,) = snippets("yaml")
    job = yaml.safe_load(text)["spec"]
    (container,) = job["template"]["spec"]["containers"]
    script = container["args"][0].replace("/data", str(tmp_path / "data"))
    assert job["completions"] == 10
    for index in ("3", "3"):
        do([*container["command"], script], tmp_path, JOB_COMPLETION_INDEX=index)
    (part,) = parts(tmp_path / "data")
    assert sorted(part.fits["dataset"]) == [3, 13, 23, 33]


@pytest.mark.slow
def test_the_cluster_is_started_and_used_as_the_page_says(tmp_path):
    pytest.importorskip("distributed")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    lines = snippets("sh")[1].replace("8786", str(port)).splitlines()
    assert lines[0] == "pip install 'sbc[dask]'"
    started = []
    try:
        for line in lines[1:-1]:
            words = [sys.executable, "-m", *shlex.split(line.removesuffix("&")), "--no-dashboard"]
            with (tmp_path / f"{len(started)}.log").open("wb") as log:
                started.append(subprocess.Popen(words, cwd=tmp_path, stdout=log, stderr=log))
            wait_for(port)
        do([sys.executable, *shlex.split(lines[-1])[1:]], tmp_path)
    finally:
        for process in started[::-1]:
            process.terminate()
            process.wait(60)
    assert len(load_run(tmp_path / "dask").fits) == 30


def wait_for(port):
    deadline = time.monotonic() + 120  # only a scheduler that never comes up takes so long
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


def test_python_snippets_are_python():
    for text in snippets("python"):
        compile(text, "docs/cluster.md", "exec")


def test_the_price_of_a_million_is_that_of_the_measured_figures():
    bench = json.loads((ROOT / "docs" / "data" / "bench.json").read_text(encoding="utf-8"))
    seconds = 2 * bench["seconds_per_dataset"]["sbc, two workers"]
    hours = 1e6 * seconds / 3600
    assert f"| core-seconds a fit, all cores busy | {seconds:.3f} |" in PAGE
    assert f"| fits per core-hour | {round(3600 / seconds, -3):,.0f} |" in PAGE
    assert f"| {hours:.0f} core-hours: " in PAGE
    assert f"{round(8400 * seconds, -2):,.0f} cores" in PAGE


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", PAGE))
def test_links_lead_somewhere(target):
    assert (ROOT / "docs" / target).exists()
