"""Linear algebra on one core, in every mode and whatever the user's environment says."""

import os
import subprocess
import sys

import pytest

import sbc
from sbc.store.frames import load_run

#: How many threads linear algebra may use while a dataset is drawn is a feature of the dataset.
WORLD = """
import numpy as np
from threadpoolctl import threadpool_info

def threads(data):
    pools = threadpool_info()
    return float(max(pool["num_threads"] for pool in pools))

from sbc import estimator, generator

@generator(dims={"y": "rows"}, features={"threads": threads})
def world(rng, truth):
    return {"y": truth["mu"] + rng.normal(size=3)}

@world.regime
def fixed(rng, *, mu=0.0):
    return {"mu": mu}

@estimator(estimands=("mu",))
def mean(y):
    import pymc as pm
    mu = pm.Normal("mu", 0, 1)
    pm.Normal("y", mu, 1, observed=y)
"""


@pytest.fixture
def world(tmp_path):
    file = tmp_path / "world.py"
    file.write_text(WORLD)
    return file


def seen(folder):
    return load_run(folder).features()["threads"].tolist()


@pytest.mark.parametrize("mode", [[], pytest.param(["--isolate"], marks=pytest.mark.slow)])
def test_the_command_line_computes_on_one_core(world, tmp_path, mode):
    words = ["run", "--estimator", f"{world}:mean", "--generator", f"{world}:world"]
    words += ["--datasets", "2", "--draws", "400", "--tune", "300", "--jobs", "1", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "sbc", *words, "--out", str(tmp_path / "run"), *mode],
        env=os.environ | {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 4), done.stderr
    assert seen(tmp_path / "run") == [1.0, 1.0]


def test_python_computes_on_one_core_and_has_its_threads_again_afterwards(world, tmp_path):
    from threadpoolctl import threadpool_info, threadpool_limits

    with threadpool_limits(limits=2):
        sbc.run(
            f"{world}:mean", f"{world}:world", datasets=2, draws=400, tune=300, jobs=1,
            progress=False, out=tmp_path / "run",
        )  # fmt: skip
        assert max(pool["num_threads"] for pool in threadpool_info()) == 2
    assert seen(tmp_path / "run") == [1.0, 1.0]
