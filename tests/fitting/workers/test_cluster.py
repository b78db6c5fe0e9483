"""A real scheduler and real workers, as processes of this machine, against a run without them."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pymc as pm
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quick import contents

import sbc
from sbc.cli.main import main
from sbc.fitting import loop
from sbc.fitting.fit import Task
from sbc.fitting.setup import draw_dataset
from sbc.fitting.workers.cluster_main import differences, versions
from sbc.plugins.engine import Budget
from sbc.plugins.errors import UserError
from sbc.plugins.memory import forget
from sbc.store.rows import ERROR, Fit
from sbc.store.schema import RESULTS_FILE
from sbc.store.settings import Settings

distributed = pytest.importorskip("distributed")
from sbc.fitting.workers.cluster import Cluster, _Queue  # noqa: E402  # it needs Dask to be of use

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = Settings(
    generator="confound",
    truth="effects",
    estimators=("naive",),
    engines=("nutpie",),
    datasets=60,
    seed=3,
    budget=Budget(draws=100, tune=100, chains=2, target_accept=0.8),
    parameters={"n_rows": 50, "n_groups": 5},
)
MINE = replace(
    SETTINGS,
    generator="mine.py:normal_world",
    truth="prior",
    estimators=("mine.py:normal_mean",),
    datasets=8,
    parameters={},
)


class Machines:
    """A scheduler and workers, started and ended by the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen] = []
        file = folder / "scheduler.json"
        self.scheduler = self.start("scheduler", "--port", "0", "--scheduler-file", str(file))
        wait_for(file.exists)
        self.address = json.loads(file.read_text())["address"]

    def start(self, what: str, *options: str, **environment: str) -> subprocess.Popen:
        words = ["-m", "dask", what, "--host", "127.0.0.1", "--no-dashboard", *options]
        with (self.folder / f"{what}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *words],
                cwd=self.folder,
                env=os.environ | environment,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def worker(self, *options: str, **environment: str) -> subprocess.Popen:
        place = ("--local-directory", str(self.folder / f"worker-{len(self.processes)}"))
        return self.start("worker", self.address, *place, *options, **environment)

    def end(self) -> None:
        for process in self.processes[::-1]:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(true):
    deadline = time.monotonic() + 120  # only a cluster that never comes up takes so long
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def machines(folder):
    made = Machines(folder)
    try:
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Start two workers: one of two threads, one of one."""
    with machines(tmp_path_factory.mktemp("cluster")) as made:
        made.worker("--no-nanny", "--nthreads", "2")
        made.worker("--no-nanny", "--nthreads", "1")
        with distributed.Client(made.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=120)
        yield made


def run_here(settings, folder):
    with loop.create(settings, folder) as store:
        loop.execute(settings, store, 2, progress=False)
    return contents(folder)


def run_there(settings, folder, address, after=lambda n: None):
    """Fit on a cluster; `after` is told how many rows have come."""
    with Cluster.connect(address, settings) as cluster:

        def hand_out(*given):
            for n, row in enumerate(cluster.fits(*given), start=1):
                yield row
                after(n)

        with loop.create(settings, folder) as store:
            loop.execute(settings, store, 1, progress=False, hand_out=hand_out)
    return contents(folder)


@pytest.mark.slow
def test_a_users_own_file_goes_along_and_so_does_its_next_version(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the workers' folder holds no such file
    text = (ROOT / "tests" / "files" / "normal_mean.py").read_text(encoding="utf-8")
    Path("mine.py").write_text(text, encoding="utf-8")
    first = run_there(MINE, tmp_path / "first", cluster.address)
    assert first == run_here(MINE, tmp_path / "first-here")

    wider = text.replace('theta = pm.Normal("theta", 0, 1)', 'theta = pm.Normal("theta", 0, 2)')
    Path("mine.py").write_text(wider, encoding="utf-8")
    forget()
    second = run_there(MINE, tmp_path / "second", cluster.address)
    assert second == run_here(MINE, tmp_path / "second-here")
    assert second["dataset"] == first["dataset"]
    assert second["result"] != first["result"]


def test_a_model_that_stands_in_no_file_goes_along_and_so_does_the_next_of_its_name(
    cluster, tmp_path
):
    def model(sd):
        with pm.Model() as stated:
            a = pm.Normal("a", 0, sd)
            pm.Normal("y", a, 1, observed=np.arange(5.0))
        return stated

    small = {"draws": 300, "tune": 200, "datasets": 4, "progress": False}
    for i, sd in enumerate([1.0, 30.0]):
        there = sbc.run(lambda: model(sd), **small, cluster=cluster.address, out=tmp_path / f"t{i}")  # noqa: B023
        here = sbc.run(lambda: model(sd), **small, out=tmp_path / f"h{i}")  # noqa: B023
        assert not there.fits["error"].any()
        pd.testing.assert_frame_equal(there.results, here.results)
    assert here.results.query("quantity == 'a'")["truth"].std() > 5


def test_a_mistake_in_a_model_is_told_as_without_a_cluster(cluster, tmp_path):
    wrong = replace(MINE, estimators=("wrong.py:normal_mean",), generator="confound")
    file = ROOT / "tests" / "files" / "normal_mean.py"
    wrong = replace(wrong, estimators=(f"{file}:normal_mean",), truth="effects")
    with (
        Cluster.connect(cluster.address, wrong) as connected,
        closing(connected.fits(tasks(wrong), "nutpie", 1, loop.Profile(), print)) as rows,
        pytest.raises(UserError, match="'y'"),
    ):
        next(rows)


def tasks(settings):
    return loop.plan(settings, settings.engines[0])


@pytest.mark.parametrize("part", ["worker", "newcomer"])
def test_a_worker_with_another_version_is_refused_by_name(cluster, tmp_path, part):
    copy = tmp_path / "copy"
    for folder in ("sbc", "models", "generators"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, copy / folder, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", copy)
    with (copy / "models" / "naive.py").open("a") as file:
        file.write("# another\n")
    with Cluster.connect(cluster.address, SETTINGS) as connected:
        other = cluster.worker("--no-nanny", "--nthreads", "50", PYTHONPATH=str(copy))
        try:
            with distributed.Client(cluster.address, set_as_default=False) as client:
                client.wait_for_workers(3, timeout=120)
            if part == "worker":
                with pytest.raises(UserError, match=r"worker tcp\S+ has another \S*naive\.py"):
                    Cluster.connect(cluster.address, SETTINGS)
            else:  # most of the threads are the newcomer's
                profile = loop.Profile()
                with pytest.raises(UserError, match=r"a worker that joined has another \S*naive"):
                    list(connected.fits(tasks(SETTINGS), "nutpie", 1, profile, print))
        finally:
            other.terminate()
            other.wait(60)


def test_bits_are_those_of_one_machine_though_a_worker_is_killed_on_the_way(cluster, tmp_path):
    whole = run_here(SETTINGS, tmp_path / "here")
    victim = cluster.worker("--no-nanny", "--nthreads", "2")
    with distributed.Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(3, timeout=120)
    came = []

    def kill(n):
        came.append(n)
        if n == 5:
            os.kill(victim.pid, signal.SIGKILL)

    assert run_there(SETTINGS, tmp_path / "there", cluster.address, kill) == whole
    assert victim.wait(60) == -signal.SIGKILL
    assert len(came) == SETTINGS.datasets


@pytest.mark.slow
def test_workers_with_empty_caches_of_their_own_give_the_same_bits(tmp_path):
    whole = run_here(SETTINGS, tmp_path / "here")
    with machines(tmp_path) as made:
        for n in range(2):
            flags = f"base_compiledir={tmp_path / f'cache-{n}'}"
            made.worker("--no-nanny", "--nthreads", "1", PYTENSOR_FLAGS=flags)
        with distributed.Client(made.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=120)
        assert run_there(SETTINGS, tmp_path / "there", made.address) == whole
    assert all((tmp_path / f"cache-{n}").is_dir() for n in range(2))


def test_the_command_and_a_resumed_run_use_the_cluster(cluster, tmp_path, capsys):
    folder = tmp_path / "run"
    options = ["--estimator", "naive", "--seed", "3", "--draws", "100", "--tune", "100"]
    options += ["--set", "n_rows=50", "--set", "n_groups=5", "--quiet"]
    there = ["--cluster", cluster.address]
    assert main(["run", *options, *there, "--datasets", "3", "--out", str(folder)]) == 0
    assert main(["run", "--resume", str(folder), "--datasets", "6", "--quiet", *there]) == 0
    assert "fits of naive: " in capsys.readouterr().out
    assert contents(folder) == run_here(replace(SETTINGS, datasets=6), tmp_path / "here")


@pytest.mark.parametrize("address", ["", "nonsense", "foo://h:1", "tcp://h", "tcp://h:99999"])
def test_what_is_no_address_is_told_in_one_line(address, tmp_path, capsys):
    assert main(["run", "--cluster", address, "--out", str(tmp_path / "run")]) == 2
    told = capsys.readouterr().err
    assert told == f"sbc: error: --cluster takes tcp://HOST:PORT, not '{address}'\n"
    assert not (tmp_path / "run").exists()


def test_a_cluster_that_is_not_there_is_told_in_one_line(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]  # nobody's, once it is closed
    address = f"tcp://127.0.0.1:{port}"
    assert main(["run", "--cluster", address, "--out", str(tmp_path / "run")]) == 2
    told = capsys.readouterr().err
    assert told == f"sbc: error: no Dask scheduler answers at {address}: Connection refused\n"
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("scheme", "told"),
    [
        ("tcp", "it accepts the connection and does not answer; if it uses TLS, write tls://"),
        ("tls", "timed out"),
    ],
)
def test_a_scheduler_that_never_answers_is_told(scheme, told, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sbc.fitting.workers.cluster.CONNECTING", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
        out = str(tmp_path / "run")
        words = ["run", "--estimator", "naive", "--datasets", "1", "--cluster", address]
        assert main([*words, "--out", out]) == 2
    said = capsys.readouterr().err
    assert f"sbc: error: no Dask scheduler answers at {address}: " in said
    assert told in said
    assert not Path(out).exists()


def test_tls_to_a_plain_scheduler_is_told(cluster, tmp_path, capsys):
    address = cluster.address.replace("tcp://", "tls://")
    out = str(tmp_path / "run")
    words = ["run", "--estimator", "naive", "--datasets", "1", "--cluster", address]
    assert main([*words, "--out", out]) == 2
    assert "it does not use TLS; without TLS, write tcp://" in capsys.readouterr().err


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"pip install 'sbc-harness\[dask\]'"):
        Cluster.connect("tcp://127.0.0.1:1", SETTINGS)


def test_a_cluster_without_workers_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("sbc.fitting.workers.cluster.FIRST_WORKER", 0.1)
    with machines(tmp_path) as made, pytest.raises(UserError, match="has no workers"):
        Cluster.connect(made.address, SETTINGS)


def test_differences_are_told_in_words():
    mine = {"numpy": "2.1", "sbc.models/naive.py": "a", "sbc.models/mine.py": "b"}
    its = {"numpy": "2.0", "sbc.models/naive.py": "c"}
    assert differences(mine, mine) == []
    assert differences(mine, its) == [
        "numpy 2.0 instead of 2.1",
        "no sbc.models/mine.py",
        "another sbc.models/naive.py",
    ]


def test_versions_are_those_of_packages_and_built_in_files():
    found = versions()
    assert {"pymc", "nutpie", "Python", "sbc"} <= found.keys()
    assert {
        "sbc.models/naive.py",
        "sbc.generators/confound.py",
        "sbc/fitting/fit.py",
    } <= found.keys()


def test_versions_are_of_what_a_fit_needs_and_not_what_shows_it():
    files = versions().keys()
    assert {"sbc/stats/seeds.py", "sbc/fitting/joint.py", "sbc/plugins/likelihoods.py"} <= files
    assert not {"sbc/table.py", "sbc/gates.py", "sbc/export.py"} & files


@given(
    counts=st.lists(st.integers(0, 60), min_size=1, max_size=4),
    seconds=st.floats(0, 100),
    threads=st.integers(1, 64),
)
def test_batches_hold_every_fit_once_and_about_a_second_of_work(counts, seconds, threads):
    planned = [Task(SETTINGS, f"e{i}", "nutpie", k) for i, n in enumerate(counts) for k in range(n)]
    queue, seen = _Queue(planned), []
    while batch := queue.batch(threads):
        assert len(batch) == 1 or len(batch) * seconds <= 1.0 + 1e-9 or batch[0].dataset == 0
        seen += batch
        for task in batch:
            queue.learn(Fit(task.dataset, task.estimator, "nutpie", "ok", seconds=seconds))
    assert seen == planned


KILLER = """
import os
import pymc as pm
from sbc import estimator

DEADLY = {deadly!r}

@estimator(estimands=("theta",))
def kills(y):
    theta = pm.Normal("theta", 0, 1)
    pm.Normal("y", theta, 1, observed=y)

@kills.quantity
def bang(theta, data):
    if data["y"][0] == DEADLY:
        os._exit(1)
    return theta["theta"]
"""


@pytest.mark.slow
def test_a_fit_that_kills_every_worker_is_a_failed_row_and_the_others_are_not(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "tests" / "files" / "normal_mean.py", "mine.py")
    settings = replace(MINE, estimators=("killer.py:kills",), datasets=12)
    forget()
    deadly = draw_dataset(settings, 7, "").data["y"][0].item()
    Path("killer.py").write_text(KILLER.replace("{deadly!r}", repr(deadly)), encoding="utf-8")
    with machines(tmp_path) as made:
        for _ in range(2):
            made.worker("--nthreads", "2")  # and a nanny, which starts another one
        run_there(settings, tmp_path / "run", made.address)
    with closing(sqlite3.connect(tmp_path / "run" / RESULTS_FILE)) as file:
        rows = file.execute("SELECT k, status, error FROM fit").fetchall()
    assert len(rows) == settings.datasets
    failed = [(k, error.partition(":")[0]) for k, status, error in rows if status == ERROR]
    assert failed == [(7, "KilledWorker")]


@pytest.mark.slow
def test_a_scheduler_that_dies_ends_the_run_in_one_line_and_keeps_what_came(tmp_path):
    with machines(tmp_path) as made:
        made.worker("--no-nanny", "--nthreads", "1")

        def kill(n):
            if n == 5:
                made.scheduler.kill()

        settings = replace(SETTINGS, datasets=2000)
        with pytest.raises(UserError, match=r"is gone; the results that came back are kept"):
            run_there(settings, tmp_path / "run", made.address, kill)
    assert 5 <= len(contents(tmp_path / "run")["fit"]) < 2000


@pytest.mark.slow
def test_an_engine_that_bears_no_threads_is_given_one_fit_at_a_time(cluster, tmp_path):
    settings = replace(SETTINGS, engines=("pymc",), datasets=4)
    there = run_there(settings, tmp_path / "there", cluster.address)
    assert there == run_here(settings, tmp_path / "here")
