"""Runs to report on: any estimators, estimands and faults, without sampling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from parsed import Page
from synthetic import SETTINGS, calibrated, fits, make_run, scaled, shifted

from sbc.report.page.page import page
from sbc.store.frames import Run, load_run

FAULTS = {
    "latent": lambda n: (calibrated(n), calibrated(n, seed=1)),
    "mundlak": lambda n: (scaled(0.6, n), calibrated(n, seed=2)),
    "naive": lambda n: (shifted(1.0, n), shifted(-0.5, n, seed=3)),
}


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Run]:
    """Give a maker of runs of the estimators in `FAULTS`."""
    return maker(tmp_path)


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Page]:
    """Give a run with something of everything, and its page: drawing one takes seconds."""
    run = maker(tmp_path_factory.mktemp("rich"))(
        n=60, estimators=tuple(FAULTS), expected_uniform=("latent",), failed=[3, 5, 7]
    )
    return run, Page(page([run]))


def maker(folder: Path) -> Callable[..., Run]:
    """Make runs in a folder."""

    def one(n: int = 60, name: str = "run", estimators: Any = ("latent", "naive"),
            expected_uniform: Any = (), **options: Any) -> Run:  # fmt: skip
        rows = []
        for i, estimator in enumerate(estimators):
            u = FAULTS[estimator](n)
            streams = {"beta_XY": u[0], "beta_ZY": u[1]}
            if estimator in expected_uniform:
                streams["log_likelihood"] = calibrated(n, seed=4)
            made = fits(streams, estimator=estimator, sd=0.2 + 0.1 * i, **options)
            rows += [
                replace(
                    row,
                    seconds=0.1 + 0.01 * row.dataset,
                    features={
                        "degenerate": float(row.dataset % 10 == 0),
                        "events": row.dataset,
                        "sizes": [0.0, 1.0],
                    },
                )
                for row in made
            ]
        settings = replace(SETTINGS, estimators=tuple(estimators), datasets=n)
        return load_run(make_run(folder / name, rows, settings, expected_uniform=expected_uniform))

    return one
