"""A function gives the same whenever it is called, and is judged by more than its first dataset."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from quick import PLUGINS, WORLD

import sbc
from sbc.plugins.errors import UserError
from sbc.plugins.repeatable import repeatable

HOW = {"truth": "prior", "datasets": 6, "progress": False}


def run(function, out, **more):
    return sbc.run({"it": function}, WORLD, out=out, **(HOW | {"jobs": 1} | more))


def old_numpy(y):
    return {"theta": np.random.normal(y.mean(), size=50)}  # noqa: NPY002


def new_numpy(y):
    return {"theta": np.random.default_rng().normal(y.mean(), size=50)}


def python(y):
    return {"theta": (y.mean() + random.random(), 1.0)}


UNSEEDED = {"old": old_numpy, "new": new_numpy, "python": python}


def results_of(found):
    return found.results.sort_values(["estimator", "dataset"], ignore_index=True)


def test_numbers_that_nobody_seeds_depend_on_seed_and_dataset_alone(tmp_path):
    how = HOW | {"jobs": 1}
    at_once = results_of(sbc.run(UNSEEDED, WORLD, out=tmp_path / "one", **how))
    sbc.run(UNSEEDED, WORLD, out=tmp_path / "two", **how | {"datasets": 3})
    two = sbc.run(UNSEEDED, resume=tmp_path / "two", datasets=6, jobs=1, progress=False)
    pd.testing.assert_frame_equal(at_once, results_of(two))
    assert at_once["mean"].nunique() == 18
    other = results_of(sbc.run(UNSEEDED, WORLD, out=tmp_path / "seed", **how | {"seed": 2}))
    assert not at_once["mean"].isin(other["mean"]).any()


@pytest.mark.slow
def test_numbers_that_nobody_seeds_are_the_same_at_any_number_of_workers(tmp_path):
    one, three = (
        results_of(sbc.run(UNSEEDED, WORLD, out=tmp_path / str(jobs), **HOW | {"jobs": jobs}))
        for jobs in (1, 3)
    )
    pd.testing.assert_frame_equal(one, three)


def test_streams_of_other_seeds_differ_and_are_put_back():
    random.seed(9)
    before = random.getstate()
    drawn = []
    for seed in (5, 5, 2**40 + 5):
        with repeatable(seed):
            drawn.append((random.random(), np.random.rand(), np.random.default_rng().random()))  # noqa: NPY002
    assert drawn[0] == drawn[1]
    assert not set(drawn[0]) & set(drawn[2])
    assert random.getstate() == before
    with repeatable(5):
        assert np.random.default_rng(5).random() != drawn[0][2]


def test_a_function_that_counts_its_calls_is_refused(tmp_path):
    calls = []

    def counting(y):
        calls.append(y)
        return {"theta": (float(len(calls)), 1.0)}

    with pytest.raises(UserError, match="gives different numbers when it is called again"):
        run(counting, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_estimate_that_is_missing_by_chance_is_a_failed_fit(tmp_path):
    how = HOW | {"datasets": 12, "jobs": 1}
    found = sbc.run(f"{PLUGINS}/functions.py:unsure", WORLD, out=tmp_path / "run", **how)
    failed = found.fits[found.fits.status == "error"]
    assert 0 < len(failed) < 12
    assert set(failed.error) == {"ValueError: 'theta': 'se' of an estimate is not finite: nan"}


def test_one_that_is_always_missing_is_refused(tmp_path):
    with pytest.raises(
        UserError, match="returns something that cannot be used: 'theta': 'se' of an estimate"
    ):
        run(lambda y: {"theta": (y.mean(), np.nan)}, tmp_path / "run")
