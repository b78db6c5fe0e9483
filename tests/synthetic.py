"""Runs whose PIT values are known exactly, without any sampling."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from sbc.gates.history import History
from sbc.plugins.engine import Budget
from sbc.store.database import Store
from sbc.store.rows import LEVELS, PROBABILITIES, Fit, Result
from sbc.store.settings import Settings

SETTINGS = Settings(
    generator="confound",
    truth="effects",
    estimators=("mundlak",),
    engines=("nutpie",),
    datasets=200,
    seed=1,
    budget=Budget(draws=500, tune=300, chains=2, target_accept=0.8),
)
SD = 0.3
ESTIMANDS = ("beta_XY", "beta_ZY")


def even(n=200, seed=0):
    """Normal quantiles evenly spaced, in an order that is always the same."""
    return ndtri((np.random.default_rng(seed).permutation(n) + 0.5) / n)


def calibrated(n=200, seed=0):
    return ndtr(even(n, seed))


def shifted(by, n=200, seed=0):
    """Give the PIT values of estimates that are `by` posterior sds too high."""
    return ndtr(even(n, seed) - by)


def scaled(ratio, n=200, seed=0):
    """Give the PIT values of posteriors whose sds are `ratio` times what they should be."""
    return ndtr(even(n, seed) / ratio)


def result(quantity, u, truth, sd=SD, shift=0.0, ess=500.0):
    """Make the row of one quantity; u = (rank + jitter)/128 is exact but for 1e-11."""
    rank = min(int(u * 128), 127)
    mean = truth - sd * ndtri(u) + shift
    return Result(
        quantity=quantity,
        truth=truth,
        mean=mean,
        sd=sd,
        quantiles=tuple(mean + sd * ndtri(np.array(PROBABILITIES))),
        crps=0.1,
        ess_bulk=ess,
        ess_tail=ess,
        rhat=1.0,
        rank=rank,
        ties=0,
        size=127,
        jitter=float(np.clip(u * 128 - rank, 1e-9, 1 - 1e-9)),
        draws=b"",
        shortest=tuple(mean + sd * ndtri((1 + sign * p) / 2) for p in LEVELS for sign in (-1, 1)),
    )


def truth_of(k):
    return dict(zip(ESTIMANDS, np.random.default_rng([7, k]).normal(size=2).tolist(), strict=True))


def fits(
    streams: Mapping[str, np.ndarray],
    *,
    estimator="mundlak",
    failed: Iterable[int] = (),
    divergent: Iterable[int] = (),
    source="",
    **options,
) -> list[Fit]:
    """Make one fit a dataset out of the PIT values of its quantities."""
    failed, divergent = set(failed), set(divergent)
    rows = []
    for k, values in enumerate(zip(*streams.values(), strict=True)):
        truth = truth_of(k)
        fit = Fit(k, estimator, "nutpie", "ok", truth=truth, source=source)
        if k in failed:
            rows.append(replace(fit, status="nonconverged", attempt=2))
            continue
        results = tuple(
            result(name, u, truth.get(name, 0.0), **options)
            for name, u in zip(streams, values, strict=True)
        )
        rows.append(replace(fit, status="divergent" if k in divergent else "ok", results=results))
    return rows


def by_engine(rows: Iterable[Fit], engine: str, **own) -> list[Fit]:
    """Give the fits as if an approximation with these diagnostics had made them."""
    no_chains = {"rhat": np.nan, "ess_bulk": np.nan, "ess_tail": np.nan}
    return [
        replace(
            row,
            engine=engine,
            results=tuple(replace(r, **no_chains) for r in row.results),
            **own,
        )
        for row in rows
    ]


def make_run(
    folder: Path,
    rows: Iterable[Fit],
    settings: Settings = SETTINGS,
    expected_uniform=(),
    estimands=ESTIMANDS,
) -> Path:
    """Store fits, in the order in which they are given."""
    estimands = {name: list(estimands) for name in settings.estimators}
    run = {
        "settings": settings.to_json(),
        "expected_uniform": list(expected_uniform),
        "estimands": estimands,
    }
    with Store.create(folder, run) as store:
        for row in rows:
            store.add(row)
    return folder


def panel_of(streams, *, estimator="mundlak", failed=(), truths=None, **options) -> History:
    """Make a history out of PIT values, without a store."""
    n = len(next(iter(streams.values())))
    bad = np.isin(np.arange(n), list(failed))
    columns, known = {}, {}
    for name, u in streams.items():
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        truth = rng.normal(size=n) if truths is None else truths[name]
        sd, known[name] = np.full(n, options.get("sd", SD)), truth
        values = {"pit": u, "truth": truth, "sd": sd, "mean": truth - sd * ndtri(u)}
        values["ess_bulk"] = np.full(n, 500.0)
        columns |= {(name, key): np.where(bad, np.nan, x) for key, x in values.items()}
    frame = pd.DataFrame({"status": np.where(bad, "nonconverged", "ok"), "attempt": 0, "error": ""})
    return History(estimator, "nutpie", frame, columns, known)
