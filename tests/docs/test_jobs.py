"""The jobs of docs/cluster.md: an array, an indexed job and a scheduler, all on this machine."""

from __future__ import annotations

import shlex
import socket
import subprocess
import sys
import time

import pytest
from pages import PAGES, do

from sbc.store.frames import load_run

PAGE = PAGES["docs/cluster.md"]


def test_the_page_has_snippets_of_every_kind():
    assert [kind for kind, _ in PAGE.snippets] == ["sh", "bash", "yaml", "sh", "python"]


def parts(folder):
    return [load_run(part) for part in sorted(folder.iterdir())]


@pytest.mark.slow
def test_an_array_job_makes_its_parts_and_goes_on_with_them(tmp_path):
    (script,) = PAGE.of("bash")
    job = {"SLURM_CPUS_PER_TASK": "1", "SLURM_ARRAY_TASK_COUNT": "10"}
    for number in ("1", "1", "10"):  # the first one is started again
        do(["bash", "-ec", script], tmp_path, **job, SLURM_ARRAY_TASK_ID=number)
    first, last = parts(tmp_path / "array")
    assert sorted(first.fits["dataset"]) == [0, 10, 20, 30]
    assert sorted(last.fits["dataset"]) == [9, 19, 29, 39]


@pytest.mark.slow
def test_an_indexed_job_makes_its_parts_and_goes_on_with_them(tmp_path):
    yaml = pytest.importorskip("yaml")
    (text,) = PAGE.of("yaml")
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
    lines = PAGE.of("sh")[1].replace("8786", str(port)).splitlines()
    assert lines[0] == "pip install 'sbc-harness[dask]'"
    started = []
    try:
        for line in lines[1:-1]:
            words = [sys.executable, "-m", *shlex.split(line.removesuffix("&")), "--no-dashboard"]
            with (tmp_path / f"{len(started)}.log").open("wb") as log:
                started.append(subprocess.Popen(words, cwd=tmp_path, stdout=log, stderr=log))
            wait_for(port)
        do(shlex.split(lines[-1]), tmp_path)
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
