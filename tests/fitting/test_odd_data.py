"""Data and models that no sampler likes: a right number or a failed row with its reason.

Datasets of large truths are spoilt, and only these may fail: the others are beside them in the run.
"""

from __future__ import annotations

import re

import numpy as np
import pytest
from quick import PLUGINS, fit

from sbc.plugins.engine import Budget
from sbc.store.frames import load_run
from sbc.store.rows import FAILED
from sbc.store.settings import Settings

DATASETS, ROWS = 6, 20
KINDS = ("plain", "flat", "empty", "nan", "infinite", "large", "huge", "ones")
GRID = np.linspace(-10, 10, 4001)


def made(folder, estimator, kind="plain", engine="nutpie", **sizes):
    """Fit six datasets."""
    world = f"{PLUGINS}/odd.py:odd_world"
    parameters = sizes | ({} if kind == "plain" else {"kind": KINDS.index(kind)})
    budget = Budget(draws=300, tune=200, chains=2, target_accept=0.8)
    name = f"{PLUGINS}/odd.py:{estimator}"
    settings = Settings(world, "prior", (name,), (engine,), DATASETS, 1, budget, parameters)
    return load_run(fit(folder, settings, jobs=1))


def moments(log_likelihood):
    """Integrate the posterior under theta ~ Normal(0, 1) on a grid."""
    weights = np.exp(log_likelihood - log_likelihood.max() - GRID**2 / 2)
    weights /= weights.sum()
    mean = (weights * GRID).sum()
    return mean, np.sqrt((weights * (GRID - mean) ** 2).sum())


NOTHING_SEEN = np.zeros_like(GRID)
FLAT = -0.5 * ROWS * (1 - GRID) ** 2
ALL_ONES = -ROWS * np.log1p(np.exp(-GRID))


@pytest.mark.parametrize(
    ("estimator", "kind", "log_likelihood"),
    [
        ("linear", "flat", FLAT),
        ("linear", "empty", NOTHING_SEEN),
        ("logistic", "empty", NOTHING_SEEN),
        ("logistic", "ones", ALL_ONES),
    ],
)
def test_data_of_which_little_is_to_be_learnt_give_the_right_posterior(
    tmp_path, estimator, kind, log_likelihood
):
    run = made(tmp_path / "run", estimator, kind)
    assert len(run.fits) == DATASETS
    mean, sd = moments(log_likelihood)
    spoilt = run.results[(run.results.quantity == "theta") & (run.results.truth >= 0.4)]
    kept = ~run.fits.status.isin(FAILED)
    assert len(run.results[run.results.quantity == "theta"]) == kept.sum() >= DATASETS - 1
    for row in spoilt.itertuples():
        # Five Monte Carlo errors of a mean and of a spread.
        assert abs(row.mean - mean) < 5 * sd / np.sqrt(row.ess_bulk)
        assert abs(row.sd - sd) < 5 * sd / np.sqrt(2 * min(row.ess_bulk, row.ess_tail))


@pytest.mark.parametrize(
    ("estimator", "kind", "status", "reason"),
    [
        ("linear", "nan", "error", "ValueError: data 'y' holds values that are not finite"),
        ("linear", "infinite", "error", "ValueError: data 'y' holds values that are not finite"),
        ("linear", "huge", "error", "RuntimeError: All initialization points failed.*"),
        ("linear", "large", "nonconverged", ""),
        ("scaled", "flat", "error", "RuntimeError: All initialization points failed.*"),
        ("impossible", "plain", "error", "RuntimeError: All initialization points failed.*"),
        ("nan_on_the_way", "plain", "nonconverged", ""),
    ],
)
def test_data_from_which_nothing_can_be_learnt_are_failed_rows(
    tmp_path, estimator, kind, status, reason
):
    run = made(tmp_path / "run", estimator, kind)
    assert len(run.fits) == DATASETS
    failed = run.fits[run.fits.status.isin(FAILED)]
    assert 0 < len(failed) < DATASETS
    assert set(failed.status) == {status}
    for text in failed.error:
        assert re.fullmatch(reason, text, flags=re.DOTALL), text
        assert "backtrace" not in text
    assert not set(failed.dataset) & set(run.results.dataset)


def test_draws_that_never_move_are_no_posterior(tmp_path):
    run = made(tmp_path / "run", "stuck", engine="exact")
    assert set(run.fits.status) == {"nonconverged"}
    assert set(run.fits.error) == {"all draws of theta are the same"}
    assert run.results.empty


@pytest.mark.parametrize(
    ("groups", "rows"), [(1, 30), (25, 5), (3, 3)], ids=["one group", "few rows", "a row each"]
)
@pytest.mark.parametrize("estimator", ["mundlak", "fixed"])
def test_few_groups_or_few_rows_are_fitted_or_told(tmp_path, estimator, groups, rows):
    budget = Budget(draws=150, tune=150, chains=2, target_accept=0.9)
    sizes = {"n_groups": groups, "n_rows": rows}
    wanted = Settings("confound", "effects", (estimator,), ("nutpie",), 2, 1, budget, sizes)
    run = load_run(fit(tmp_path / "run", wanted))
    assert len(run.fits) == 2
    for row in run.fits.itertuples():
        there = run.results[run.results.dataset == row.dataset]
        if row.status in FAILED:
            assert there.empty
            assert row.error or row.status == "nonconverged"
        else:
            assert np.isfinite(there[["mean", "sd"]].to_numpy()).all()
            assert (there.sd > 0.2).all()  # so little is seen that the priors, of sd 1, must show
