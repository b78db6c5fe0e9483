"""A user's project as a type checker sees it from outside: every door, with its types stated."""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

import numpy as np
from matplotlib.axes import Axes

import sbc
from sbc import Budget, Draws, Estimated, UserError, engine, estimator, generator


@generator(dims={"y": "rows"}, uniform_ranks={"prior": ("mean",)})
def process(
    rng: np.random.Generator, truth: dict[str, float], *, n_rows: int = 5
) -> dict[str, np.ndarray]:
    """Draw data."""
    return {"y": rng.normal(truth["mu"], 1, size=n_rows)}


@process.regime
def prior(rng: np.random.Generator) -> dict[str, float]:
    """Draw a truth."""
    return {"mu": float(rng.normal())}


@estimator(estimands=("mu",))
def mean(y: np.ndarray) -> None:
    """State the model."""


def by_hand(y: np.ndarray) -> dict[str, Estimated]:
    """Estimate."""
    return {"mu": Estimated(y.mean(), se=1 / np.sqrt(len(y)))}


@engine(backend="loky")
def walk(estimator: Any, generator: Any, data: Any) -> Any:
    """Sample."""
    raise NotImplementedError


def decide(folder: Path) -> str:
    """Go through every door."""
    run = sbc.run({"mean": mean, "by hand": by_hand}, process, datasets=20, out=folder, reuse=True)
    told: str = str(run.table().shape) + str(run.compare().shape)
    gate = sbc.gate(mean, process, truth="prior", expect={"mu": {"bias": 0.1}}, preset="smoke")
    assert_type(gate.exit_code, int)
    again = run.gate(baseline=folder, tolerance=0.2, junit="gate.xml")
    assert_type(run.report(), Path)
    assert_type(run.report(format="markdown"), str)
    assert_type(run.export("csv", out=folder), list[Path])
    assert_type(run.plot_ranks("mu", estimator="mean"), Axes)
    assert_type(run.replay(3, "mean").stored, bool)
    for found in run.explain(fits=False):
        told += found.paragraph
    needed = sbc.power(0.25, preset="pr").needed
    assert_type(needed, int | None)
    errors = sbc.power(precision={"bias": 0.01}, pilot=run)
    told += ", ".join(errors.needed)
    seen = sbc.posterior(mean, process, dataset=3)
    assert_type(run.posterior(3, "mean").truth["mu"], float)
    told += str(seen)
    checked = sbc.check(mean, process, datasets=100)
    whole = sbc.merge([folder], folder / "whole", allow_gaps=True)
    loaded = sbc.load(whole.folder)
    imported = sbc.import_results("results.csv", true=0.5)
    assert_type(Budget().draws, int)
    try:
        Draws({"mu": np.zeros((2, 100))})
    except UserError as mistake:
        told += str(mistake)
    return f"{told}{gate.outcome}{again.outcome}{checked.outcome}{loaded.folder}{imported.folder}"
