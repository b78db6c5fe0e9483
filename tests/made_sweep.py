"""Sweeps whose results are made up, so that what is shown of them costs no fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.special import ndtr, ndtri
from synthetic import SETTINGS

from sbc.store.database import Store
from sbc.store.rows import CELL, PROBABILITIES, Fit, Result
from sbc.studies.sweep.grid import Cell, Grid
from sbc.studies.sweep.plan import initial

WIDE = ndtri(np.array(PROBABILITIES))
#: By estimator's place and cell: how far its estimates are off, and its posterior sd.
Truth = Callable[[int, Cell], tuple[float, float]]


def made_sweep(
    folder: Path,
    grid: Grid,
    estimators: Iterable[str] = ("naive", "mundlak"),
    datasets: int = 10,
    estimands: Iterable[str] = ("beta_XY",),
    behave: Truth = lambda place, cell: (0.1 * place, 0.5),
    failed: Iterable[tuple[int, int, str]] = (),
    common: float = 1.0,
    seed: int = 5,
    **more: object,
) -> Path:
    """Store a sweep whose estimates are the truth, a bias, and noise.

    Parameters
    ----------
    folder, grid, estimators, datasets, estimands
        What is made.
    behave : callable
        Bias and posterior sd, which is that of the noise.
    failed : iterable of (int, int, str)
        Cell, dataset and estimator of fits that failed.
    common : float
        Share of the noise, in [0, 1], that a dataset has in common in all cells.
    seed : int
        Of all that is random.
    **more
        What ``run.json`` says besides.
    """
    names, failed, estimands = tuple(estimators), set(failed), tuple(estimands)
    settings = grid.labelled(replace(SETTINGS, estimators=names, datasets=datasets), 0)
    settings = replace(settings, parameters={}) if not grid.kinds else settings
    plan = initial(grid, settings)
    run = {
        "settings": settings.to_json(),
        "sweep": plan.to_json(),
        "expected_uniform": [],
        "estimands": {name: list(estimands) for name in names},
        **more,
    }
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(datasets, len(estimands)))
    shared = rng.normal(size=(datasets, len(estimands), len(names)))
    with Store.create(folder, run) as store:
        for number, cell in enumerate(grid.cells):
            own = rng.normal(size=shared.shape)
            noise = np.sqrt(common) * shared + np.sqrt(1 - common) * own
            for i, name in enumerate(names):
                bias, sd = behave(i, cell)
                for k in range(datasets):
                    known = dict(zip(estimands, truth[k].tolist(), strict=True))
                    fit = Fit(number * CELL + k, name, "nutpie", "ok", truth=known)
                    if (number, k, name) in failed:
                        store.add(replace(fit, status="error", error="ValueError: no luck"))
                        continue
                    means = truth[k] + bias + sd * noise[k, :, i]
                    results = map(_result, estimands, truth[k], means, [sd] * len(estimands))
                    store.add(replace(fit, results=tuple(results)))
    return folder


def _result(quantity: str, truth: float, mean: float, sd: float) -> Result:
    u = float(ndtr((truth - mean) / sd))
    rank = min(int(u * 128), 127)
    return Result(
        quantity=quantity,
        truth=float(truth),
        mean=float(mean),
        sd=sd,
        quantiles=tuple(mean + sd * WIDE),
        crps=0.1,
        ess_bulk=500.0,
        ess_tail=500.0,
        rhat=1.0,
        rank=rank,
        ties=0,
        size=127,
        jitter=float(np.clip(u * 128 - rank, 1e-9, 1 - 1e-9)),
        draws=b"",
    )
