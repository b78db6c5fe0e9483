"""A second opinion: a few datasets are fitted again, for longer and by another engine.

The datasets are chosen at random by strata of rank. The worst ones would move back in sound runs
too, by regression to the mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm
from scipy.stats import t as student

from sbc.fitting.fit import Task, fit
from sbc.store.frames import Run
from sbc.store.rows import FAILED

#: Datasets that are fitted again.
DATASETS = 20
#: The variance of a difference of means is not known better than effective sample sizes are.
_INFLATED = 1.5
#: A posterior that moves by less is not the cause of a verdict: in posterior sds, and log sds.
_SMALLEST = 0.05


#: What may have moved: the mean, its scatter over datasets, or the sd.
SHIFT, SCATTER, WIDTH = "shift", "scatter", "width"


@dataclass(frozen=True)
class Move:
    """How one quantity's posterior moved, over the datasets that were fitted again.

    Attributes
    ----------
    quantity : str
        By name.
    shift, shift_mcse : float
        Mean of the run's posterior mean minus the probe's, in the probe's posterior sds.
    width, width_mcse : float
        The run's posterior sd over the probe's: mean log ratio, and its error.
    scatter : float
        Root mean square of the shifts, in what Monte Carlo error makes of them.
    by : str
        Which of the three says it most clearly: `SHIFT`, `SCATTER` or `WIDTH`.
    p : float
        That it moved by Monte Carlo error alone, over all three and all quantities (Bonferroni).
    """

    quantity: str
    shift: float
    shift_mcse: float
    width: float
    width_mcse: float
    scatter: float
    by: str
    p: float

    @property
    def words(self) -> str:
        """Say by how much."""
        told = (
            f", means scatter {self.scatter:.1f} times as far as their Monte Carlo errors"
            if self.by == SCATTER
            else ""
        )
        return (
            f"{self.quantity}: mean moved by {self.shift:+.2f} ± {self.shift_mcse:.2f} posterior "
            f"sd, sd {np.exp(self.width):.2f} (± {self.width_mcse * np.exp(self.width):.2f}) times "
            "the longer run's" + told
        )


@dataclass(frozen=True)
class Probe:
    """A second opinion on a run's fits.

    Attributes
    ----------
    engine : str
        Who fitted again.
    datasets : tuple of int
        Which.
    failed : int
        Of these fits.
    moves : tuple of Move
        The clearest first.
    """

    engine: str
    datasets: tuple[int, ...]
    failed: int
    moves: tuple[Move, ...]


def chosen(u: pd.Series, seed: int, most: int = DATASETS) -> list[int]:
    """Choose datasets at random, one a stratum of rank.

    Parameters
    ----------
    u : Series
        PITs by dataset.
    seed : int
        The run's.
    most : int
        How many.
    """
    ordered = u.dropna().sort_values(kind="stable").index.to_numpy()
    rng = np.random.default_rng([seed, 1702])
    parts = np.array_split(ordered, min(most, len(ordered)))
    return sorted(int(rng.choice(part)) for part in parts if len(part))


def probe(run: Run, estimator: str, engine: str, datasets: Sequence[int], other: str) -> Probe:
    """Fit datasets again by an engine, with four times the draws and smaller steps.

    Parameters
    ----------
    run : Run
        The run.
    estimator, engine : str
        Whose fits are doubted.
    datasets : sequence of int
        Which of them.
    other : str
        The engine that fits again, which may be the same.
    """
    settings = run.settings
    budget = replace(
        settings.budget,
        draws=max(4 * settings.budget.draws, 1000),
        tune=max(2 * settings.budget.tune, 500),
        target_accept=0.99,
    )
    again = replace(settings, budget=budget)
    before = run.results[(run.results.estimator == estimator) & (run.results.engine == engine)]
    before = before.set_index(["dataset", "quantity"])
    rows: list[dict[str, float | str]] = []
    failed = 0
    for dataset in datasets:
        found = fit(Task(again, estimator, other, dataset))
        failed += found.status in FAILED
        for result in found.results:
            if (dataset, result.quantity) in before.index and result.sd > 0:
                was = before.loc[(dataset, result.quantity)]
                draws = found.chains * found.draws
                n = [
                    _size(was.ess_bulk, settings.budget.chains * settings.budget.draws),
                    _size(result.ess_bulk, draws),
                ]
                rows.append(
                    {
                        "quantity": result.quantity,
                        "shift": (was["mean"] - result.mean) / result.sd,
                        "variance": 1 / n[0] + 1 / n[1],
                        "width": float(np.log(was["sd"] / result.sd)) if was["sd"] > 0 else -5.0,
                    }
                )
    return Probe(other, tuple(datasets), failed, _moves(pd.DataFrame(rows)))


def _size(ess: float, draws: float) -> float:
    return float(ess) if np.isfinite(ess) and ess > 0 else float(draws)


def _moves(rows: pd.DataFrame) -> tuple[Move, ...]:
    if rows.empty:
        return ()
    groups = list(rows.groupby("quantity", sort=False))
    found = [_moved(str(name), of, 3 * len(groups)) for name, of in groups if len(of) > 2]
    return tuple(sorted(found, key=lambda move: move.p))


def _moved(name: str, of: pd.DataFrame, tests: int) -> Move:
    """Test three things: mean shift, scatter of shifts beyond their error, and width."""
    n = len(of)
    shift, variance = of["shift"].to_numpy(), _INFLATED * of["variance"].to_numpy()
    width = of["width"].to_numpy()
    together = abs(shift.sum()) / np.sqrt(variance.sum())
    error = float(width.std(ddof=1) / np.sqrt(n))
    squares = float((shift**2 / variance).sum())
    ps = {}
    if abs(shift.mean()) > _SMALLEST:
        ps[SHIFT] = float(2 * norm.sf(together))
    if abs(width.mean()) > _SMALLEST and error > 0:
        ps[WIDTH] = float(2 * student.sf(abs(width.mean()) / error, n - 1))
    if np.sqrt(np.mean(shift**2)) > 2 * _SMALLEST:
        ps[SCATTER] = float(chi2.sf(squares, n))
    by = min(ps, key=lambda name: ps[name]) if ps else SHIFT
    return Move(
        name,
        float(shift.mean()),
        float(np.sqrt(variance.sum()) / n),
        float(width.mean()),
        error,
        float(np.sqrt(_INFLATED * squares / n)),
        by,
        min(1.0, tests * ps.get(by, 1.0)),
    )
