"""Runs made of numbers alone: what stores, tables and exports need of one, without any sampling."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import synthetic
from synthetic import ESTIMANDS

from sbc.plugins.engine import Budget
from sbc.stats.intervals import hdi
from sbc.stats.ranks import jitter, rank
from sbc.store.database import Store
from sbc.store.rows import LEVELS, PROBABILITIES, Fit, Result
from sbc.store.settings import Settings

SETTINGS = replace(
    synthetic.SETTINGS,
    estimators=("naive",),
    datasets=3,
    budget=Budget(draws=100, tune=100, chains=2, target_accept=0.8),
)


def _result(rng: np.random.Generator, k: int, estimator: str, quantity: str) -> Result:
    truth = float(rng.normal())
    draws = rng.normal(truth / 2 + rng.normal() / 2, np.sqrt(0.5), size=127)
    below, equal = rank(draws, truth)
    return Result(
        quantity=quantity,
        truth=truth,
        mean=float(draws.mean()),
        sd=float(draws.std(ddof=1)),
        quantiles=tuple(np.quantile(draws, PROBABILITIES).tolist()),
        crps=0.25,
        ess_bulk=500.0 + k,
        ess_tail=450.0 + k,
        rhat=1.0 + k / 1000,
        rank=int(below),
        ties=int(equal),
        size=127,
        jitter=jitter(1, k, estimator, quantity, "nutpie"),
        draws=draws.astype("<f8").tobytes(),
        shortest=tuple(hdi(draws, LEVELS).ravel().tolist()),
    )


@pytest.fixture
def new_settings() -> Callable[..., Settings]:
    """Give a maker of small settings, each of which can be named."""
    return lambda **changes: replace(SETTINGS, **changes)


@pytest.fixture
def new_fit() -> Callable[..., Fit]:
    """Give a maker of fits of a calibrated posterior; what it makes depends on its arguments."""

    def make(k: int = 0, estimator: str = "naive", status: str = "ok", **changes: Any) -> Fit:
        rng = np.random.default_rng([k, len(estimator)])
        results = () if status == "error" else [_result(rng, k, estimator, q) for q in ESTIMANDS]
        fit = Fit(
            dataset=k,
            estimator=estimator,
            engine="nutpie",
            status=status,
            error="ValueError: no" if status == "error" else "",
            divergences=k % 2,
            steps=100,
            seconds=0.5,
            seed=k,
            chains=2,
            draws=100,
            results=tuple(results),
            truth={"beta_XY": 1.0, "u": np.array([0.5, -0.5])},
            features={"events": float(k)},
            stream=f"stream {k}",
        )
        return replace(fit, **changes)

    return make


@pytest.fixture
def new_run(tmp_path: Path) -> Callable[..., Path]:
    """Give a maker of run folders out of fits."""

    def make(fits: Iterable[Fit] = (), settings: Settings = SETTINGS, name: str = "run") -> Path:
        estimands = {estimator: list(ESTIMANDS) for estimator in settings.estimators}
        run = {"settings": settings.to_json(), "expected_uniform": [], "estimands": estimands}
        with Store.create(tmp_path / name, run) as store:
            for fit in fits:
                store.add(fit)
        return tmp_path / name

    return make
