"""Runs of a cheap estimator by the real sampler: the same bits however made, and none lost.

``seconds`` is the one column that may differ between two runs of the same settings.
"""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import quick
from quick import contents

from sbc.cli.main import main
from sbc.fitting import loop
from sbc.fitting.setup import designs, draw_dataset
from sbc.fitting.workers import local
from sbc.plugins import registry
from sbc.plugins.engine import Budget
from sbc.plugins.errors import UserError
from sbc.store.database import Store
from sbc.store.frames import load_run
from sbc.store.schema import RESULTS_FILE
from sbc.store.settings import Settings

DATASETS = 6
SETTINGS = Settings(
    generator="confound",
    truth="effects",
    estimators=("naive",),
    engines=("nutpie",),
    datasets=DATASETS,
    seed=3,
    budget=Budget(draws=100, tune=100, chains=2, target_accept=0.8),
    parameters={"n_rows": 50, "n_groups": 5},
)
OPTIONS = [
    *("--estimator", "naive", "--seed", "3", "--draws", "100", "--tune", "100"),
    *("--set", "n_rows=50", "--set", "n_groups=5", "--quiet"),
]


@pytest.fixture(autouse=True)
def _signals():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def fit(folder, settings=SETTINGS, jobs=1):
    with loop.create(settings, folder) as store:
        loop.execute(settings, store, jobs, progress=False)
    return folder


def resume(folder, settings=None, jobs=1):
    store, settings = loop.resume(folder, settings)
    with store:
        loop.execute(settings, store, jobs, progress=False)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Give the contents of a run that nothing disturbed, made by one worker."""
    return contents(fit(tmp_path_factory.mktemp("whole") / "run"))


def test_a_run_holds_every_dataset_fit_and_quantity(whole):
    assert [row[0] for row in whole["dataset"]] == list(range(DATASETS))
    assert [row[:3] for row in whole["fit"]] == [(k, "naive", "nutpie") for k in range(DATASETS)]
    for table in ("result", "thinned"):
        assert [(row[0], row[3]) for row in whole[table]] == [
            (k, quantity) for k in range(DATASETS) for quantity in ("beta_XY", "beta_ZY")
        ]


def test_two_workers_give_the_bits_of_one(whole, tmp_path):
    assert contents(fit(tmp_path / "run", jobs=2)) == whole


def test_any_order_gives_the_same_bits(whole, tmp_path, monkeypatch):
    planned = loop.plan
    monkeypatch.setattr(loop, "plan", lambda *a: planned(*a)[::-1])
    assert contents(fit(tmp_path / "run")) == whole


def test_another_seed_gives_other_bits(whole, tmp_path):
    other = contents(fit(tmp_path / "run", replace(SETTINGS, seed=4, datasets=1)))
    assert other["dataset"][0] != whole["dataset"][0]
    assert other["result"][0] != whole["result"][0]


def test_the_number_of_datasets_does_not_change_a_dataset(whole, tmp_path):
    few = contents(fit(tmp_path / "run", replace(SETTINGS, datasets=2)))
    for table, rows in few.items():
        assert rows == [row for row in whole[table] if row[0] < 2]


def test_a_finished_run_that_is_resumed_stays_as_it_is(whole, tmp_path):
    folder = fit(tmp_path / "run")
    seconds = load_run(folder).fits.seconds.tolist()
    resume(folder)
    assert contents(folder) == whole
    assert load_run(folder).fits.seconds.tolist() == seconds


def test_datasets_may_be_added_to_a_run(whole, tmp_path):
    folder = fit(tmp_path / "run", replace(SETTINGS, datasets=2))
    resume(folder, SETTINGS)
    assert contents(folder) == whole
    assert load_run(folder).settings == SETTINGS
    assert load_run(folder).estimands("naive") == ["beta_XY", "beta_ZY"]


@pytest.mark.parametrize(
    "change", [{"seed": 4}, {"truth": "fixed"}, {"parameters": {}}, {"datasets": DATASETS - 1}]
)
def test_a_run_is_not_resumed_under_other_settings(tmp_path, change):
    folder = tmp_path / "run"
    loop.create(SETTINGS, folder).close()
    before = (folder / "run.json").read_bytes()
    with pytest.raises(UserError, match=r"was made with|datasets already"):
        loop.resume(folder, replace(SETTINGS, **change))
    assert (folder / "run.json").read_bytes() == before


def test_a_run_that_is_killed_and_resumed_has_the_bits_of_one_that_was_not(whole, tmp_path):
    # Killed as by a power cut: while the fourth row is in memory and the first ones on disk.
    code = (
        "import os, signal, sys\n"
        "from sbc.cli.main import main\n"
        "from sbc.store.database import Store\n"
        "add, added = Store.add, []\n"
        "def add_and_die(self, fit):\n"
        "    add(self, fit)\n"
        "    added.append(fit)\n"
        "    if len(added) == 3: self._commit()\n"
        "    if len(added) == 4: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Store.add = add_and_die\n"
        "main(sys.argv[1:])\n"
    )
    folder = tmp_path / "run"
    argv = ["run", *OPTIONS, "--datasets", str(DATASETS), "--jobs", "1", "--out", str(folder)]
    killed = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    there = contents(folder)
    assert 3 <= len(there["fit"]) < DATASETS
    assert len(load_run(folder).fits) == len(there["fit"])
    assert contents(resume(folder)) == whole
    assert {file.name for file in folder.iterdir()} == {"run.json", RESULTS_FILE}


def test_ctrl_c_keeps_the_rows_and_says_how_to_go_on(whole, tmp_path):
    folder = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-m", "sbc", "run", *OPTIONS, "--datasets", "2000", "--out", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        while process.poll() is None:
            if (folder / RESULTS_FILE).is_file() and len(contents(folder).get("fit", [])) >= 3:
                process.send_signal(signal.SIGINT)
                break
            time.sleep(0.1)
        out, err = process.communicate()
    kept = contents(folder)
    n = len(kept["fit"])
    assert process.returncode == 130, err
    assert n >= 3
    command = f"python -m sbc run --resume {folder}"
    assert err == f"sbc: interrupted; {n} fits are kept. Continue with: {command}\n"
    assert out == ""
    assert {file.name for file in folder.iterdir()} == {"run.json", RESULTS_FILE}
    for table, rows in whole.items():
        both = {row[0] for row in kept["fit"]} & set(range(DATASETS))
        assert [r for r in kept[table] if r[0] in both] == [r for r in rows if r[0] in both]


def test_the_command_line_makes_resumes_and_shows_the_same_run(whole, tmp_path, capsys):
    folder = str(tmp_path / "run")
    assert main(["run", *OPTIONS, "--datasets", "2", "--jobs", "2", "--out", folder]) == 0
    assert main(["run", "--resume", folder, "--datasets", str(DATASETS), "--quiet"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.count("generator confound, truth 'effects'") == 2
    assert told.out.endswith(f"run folder: {folder}\nreport: {folder}/report.html\n")
    assert contents(tmp_path / "run") == whole
    # Saying again what the run is made of is no change; a default said aloud is none either.
    argv = ["run", "--resume", folder, *OPTIONS, "--set", "sd_U=1.5", "--profile"]
    assert main(argv) == 0
    told = capsys.readouterr().out
    assert all(row in told for row in ("imports", "to the last row", "table", "report"))


def test_the_profile_tells_why_a_model_was_compiled_again(tmp_path, capsys):
    sizes = tmp_path / "sizes.py"
    sizes.write_text(
        "import numpy as np, pymc as pm\n"
        "def simulate(rng):\n"
        "    n = int(rng.integers(3, 5))\n"
        "    return {'mu': 0.0}, {'y': rng.normal(size=n)}\n"
        "def m(y):\n"
        "    mu = pm.Normal('mu', 0, 1)\n"
        "    if len(y) == 3:\n"
        "        mu = mu + 0 * pm.Deterministic('odd', mu ** 2)\n"
        "    pm.Normal('score', mu, 1, observed=y)\n"
    )
    argv = [*("run", "--estimator", f"{sizes}:m", "--generator", f"{sizes}:simulate"), "--profile"]
    more = ("--estimand", "mu", "--datasets", "6", "--draws", "400", "--tune", "200")
    assert main([*argv, *more, "--jobs", "1", "--quiet", "--out", str(tmp_path / "run")]) == 0
    told = capsys.readouterr().out
    assert f"1 ×  {sizes}:m compiled anew: the function states another model" in told


def test_run_json_says_what_is_needed_to_repeat_the_run(tmp_path):
    loop.create(SETTINGS, tmp_path / "run", ["sbc", "run"]).close()
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert Settings.from_json(run["settings"]) == SETTINGS
    assert run["command"] == ["sbc", "run"]
    assert run["estimands"] == {"naive": ["beta_XY", "beta_ZY"]}
    assert run["expected_uniform"] == []
    assert run["packages"]["pymc"]
    assert run["started"].endswith("+00:00")


MINE = '''
import numpy as np
import pymc as pm
from sbc import estimator


def shift(data):
    """Refuse one dataset."""
    if {condition}:
        raise ValueError("this one I do not like: β")
    return np.zeros(len(data["X"]))


@estimator(estimands=("beta_XY",), derived={{"shift": shift}})
def mine(X, Y, shift):
    """Mine."""
    beta_XY = pm.Normal("beta_XY", 0, 1)
    pm.Bernoulli("Y", logit_p=beta_XY * X + shift, observed=Y)
'''


@pytest.mark.parametrize("bad", [0, 2])
def test_a_dataset_on_which_the_model_fails_is_a_row_with_its_reason(tmp_path, capsys, bad):
    first = draw_dataset(SETTINGS, bad, "mine").data["X"][0]
    (tmp_path / "own.py").write_text(MINE.format(condition=f"data['X'][0] == {float(first)!r}"))
    settings = replace(SETTINGS, estimators=(f"{tmp_path}/own.py:mine",), datasets=4)
    run = load_run(fit(tmp_path / "run", settings, jobs=2))
    assert (run.fits.status == "error").tolist() == [k == bad for k in range(4)]
    (failed,) = run.fits[run.fits.status == "error"].itertuples()
    assert failed.error == "ValueError: this one I do not like: β"
    assert set(run.results.dataset) <= set(range(4)) - {bad}
    assert len(contents(tmp_path / "run")["dataset"]) == 4
    assert main(["table", str(tmp_path / "run")]) == 0
    assert "1 error" in capsys.readouterr().out


def test_a_run_of_which_every_fit_fails_still_has_its_table(tmp_path, capsys):
    # Models are tried on two designs first; the run's own datasets are others.
    tried = [float(data["X"][0]) for data in designs(SETTINGS)]
    (tmp_path / "own.py").write_text(MINE.format(condition=f"data['X'][0] not in {tried}"))
    argv = ["run", *OPTIONS, "--estimator", f"{tmp_path}/own.py:mine", "--datasets", "3"]
    assert main([*argv, "--out", str(tmp_path / "run")]) == 4
    told = capsys.readouterr().out
    assert "beta_XY" in told
    assert "3 error" in told
    assert "  3 × ValueError: " in told


WRONG = {
    "observes nothing": ('pm.Normal("beta_XY", 0, 1)', "observes nothing"),
    "has not what it estimates": (
        'pm.Normal("X", pm.Normal("beta"), 1, observed=X)',
        "no variable to estimate called 'beta_XY' in 'mine'",
    ),
}


@pytest.mark.parametrize("others", [(), ("naive",)])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_model_that_cannot_work_stops_the_run(tmp_path, capsys, others, wrong):
    body, words = WRONG[wrong]
    (tmp_path / "own.py").write_text(
        "import pymc as pm\n"
        "from sbc import estimator\n"
        '@estimator(estimands=("beta_XY",))\n'
        "def mine(X):\n"
        f"    {body}\n"
    )
    names = ",".join([*others, f"{tmp_path}/own.py:mine"])
    argv = ["run", *OPTIONS, "--estimator", names, "--datasets", "2"]
    assert main([*argv, "--jobs", "1", "--out", str(tmp_path / "run")]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    first, *more = told.err.splitlines()
    assert first.startswith("sbc: error: ")
    assert words in first
    assert more in ([], ["  available: beta"])


def test_rows_are_on_disk_within_a_second_while_a_long_fit_goes_on(tmp_path, new_fit):
    # The second fit does not end before another connection has seen the first one's row.
    folder = tmp_path / "run"
    seen = []

    def slow(tasks, *_):
        yield new_fit(0)
        for _ in range(300):
            time.sleep(0.1)
            if contents(folder)["fit"]:
                break
        seen.extend(contents(folder)["fit"])
        yield new_fit(1)

    with loop.create(SETTINGS, folder) as store:
        loop.execute(SETTINGS, store, 1, progress=False, hand_out=slow)
    assert [row[0] for row in seen] == [0]
    with Store.open(folder) as store:
        assert len(store.done()) == 2


def test_the_progress_bar_is_drawn_on_stderr_alone(tmp_path, capsys):
    settings = replace(SETTINGS, datasets=1)
    with loop.create(settings, tmp_path / "run") as store:
        loop.execute(settings, store, 1, progress=True)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("sbc: fitting: 1 of 1 fits after ")


@pytest.mark.slow
def test_processes_give_the_bits_of_threads(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(registry.engine("nutpie"), "backend", "loky")
    folder = fit(tmp_path / "run", replace(SETTINGS, datasets=2), jobs=2)
    for table, rows in contents(folder).items():
        assert rows == [row for row in whole[table] if row[0] < 2]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for open files")
@pytest.mark.parametrize("isolate", [False, True])
def test_runs_leave_no_thread_no_file_and_no_process_behind(tmp_path, isolate):
    wanted = quick.settings(*quick.crashing("steady", "raises"), datasets=40)
    before = None
    for number in range(3):
        known = threading.enumerate()
        with local.executor(isolate=isolate) as hand_out:
            quick.fit(tmp_path / f"{number}", wanted, hand_out=hand_out)
        for thread in threading.enumerate():  # a cancelled timer needs a moment to end
            if number and thread not in known:
                thread.join(60)
        found = (
            threading.active_count(),
            len(os.listdir("/proc/self/fd")),
            len(multiprocessing.active_children()),
            Path(f"/proc/self/task/{os.getpid()}/children").read_text().split(),
        )
        before = before or found  # the first run loads what the others find there
        assert found == before
