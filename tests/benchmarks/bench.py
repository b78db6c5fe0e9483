"""sbc beside a loop of ``pm.sample``, simuk and raw nutpie: seconds a dataset, in one go.

All fit the multilevel model of the confound with equal chains, warm-up and draws; compiling is not
counted unless a row says so. The candidates take turns, so that a machine that slows down slows all
of them; medians over the rounds are compared.

    python tests/benchmarks/bench.py --out docs/data/bench.json      (or: make bench)
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from sbc.engines import _model
from sbc.engines._nutpie import lib  # noqa: F401 - imported first: it keeps ArviZ's import lazy
from sbc.fitting.compiled import compiled_for
from sbc.fitting.convergence import retry_schedule
from sbc.fitting.fit import Task, fit
from sbc.fitting.setup import draw_dataset
from sbc.plugins import registry
from sbc.plugins.engine import Budget
from sbc.stats.diagnostics import diagnose
from sbc.stats.seeds import fit_seed
from sbc.store.settings import Settings

NAME = "multilevel"
BUDGET = Budget()
SETTINGS = Settings("confound", "effects", (NAME,), ("nutpie",), 10_000, 3, BUDGET)
ESTIMATOR = registry.estimator(NAME)
GENERATOR = registry.generator("confound")


def arrays(k: int) -> dict[str, np.ndarray]:
    """Give dataset k as the estimator takes it."""
    return ESTIMATOR.select(draw_dataset(SETTINGS, k, NAME).data)


def task(k: int) -> Task:
    """Name the fit of dataset k."""
    return Task(SETTINGS, NAME, "nutpie", k)


def ess(draws: np.ndarray) -> float:
    """Count the effective draws of beta_XY; shape (chains, draws)."""
    return float(diagnose(draws[np.newaxis]).ess_bulk[0])


#: The attempts that each fit took, so that others do the same fits.
ATTEMPTS: dict[int, int] = {}


def harness(ks: range, jobs: int) -> None:
    """Do what `sbc run` does to each dataset, but for writing it to disk."""
    pool = joblib.Parallel(n_jobs=jobs, backend="threading", return_as="generator_unordered")
    for row in pool(joblib.delayed(fit)(task(k)) for k in ks):
        assert row.results, row.error
        ATTEMPTS[row.dataset] = row.attempt


def attempts(k: int) -> list[tuple[Budget, int]]:
    """List the budgets and seeds that sbc needed for dataset k."""
    budgets = retry_schedule(BUDGET)[: ATTEMPTS[k] + 1]
    return [(b, fit_seed(SETTINGS.seed, k, NAME, "nutpie", i)) for i, b in enumerate(budgets)]


def sampling_alone(ks: range) -> None:
    """Sample with the compiled model of sbc: no ranks, no diagnostics."""
    compiled = compiled_for(task(0).setup, "nutpie", arrays(0))
    for k in ks:
        for budget, seed in attempts(k):
            compiled.fit(arrays(k), budget, seed)


def raw_nutpie() -> Callable[[range], None]:
    """Compile once by nutpie's own front end, then sample raw traces."""
    import nutpie

    compiled = nutpie.compile_pymc_model(_model.build(ESTIMATOR, GENERATOR, arrays(0)))

    def sample(ks: range) -> None:
        for k in ks:
            data = {_model.data_name(n): v for n, v in arrays(k).items()}
            for budget, seed in attempts(k):
                nutpie.sample(
                    compiled.with_data(**data),
                    **{"draws": budget.draws, "tune": budget.tune, "chains": budget.chains},
                    **{"cores": 1, "seed": seed, "target_accept": budget.target_accept},
                    **{"progress_bar": False, "return_raw_trace": True},
                )

    return sample


def loop_of_pm_sample(ks: range) -> list[np.ndarray]:
    """Fit as users do: build the model and call ``pm.sample`` for every dataset."""
    import pymc as pm

    found = []
    for k in ks:
        model = _model.build(ESTIMATOR, GENERATOR, arrays(k))
        tree = pm.sample(
            **{"draws": BUDGET.draws, "tune": BUDGET.tune, "chains": BUDGET.chains, "cores": 2},
            **{"random_seed": k, "progressbar": False, "compute_convergence_checks": False},
            nuts_sampler="pymc",
            model=model,
        )
        found.append(tree["posterior"]["beta_XY"].to_numpy())
    return found


def simuk(ks: range) -> None:
    """Let simuk simulate from the model's prior and fit, as its documentation shows."""
    from simuk import SBC

    SBC(
        _model.build(ESTIMATOR, GENERATOR, arrays(0)),
        num_simulations=len(ks),
        seed=ks[0],
        sample_kwargs={
            **{"draws": BUDGET.draws, "tune": BUDGET.tune, "chains": BUDGET.chains, "cores": 2},
            "progressbar": False,
        },
    ).run_simulations()


def seconds(function: Callable[..., Any], *arguments: Any) -> float:
    """Time one call."""
    began = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - began


def whole_command(datasets: int) -> float:
    """Time ``python -m sbc run`` from the shell: import, compile, fits, store, table."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sbc", "run", "--estimator", NAME, "--quiet"]
        command += ["--datasets", str(datasets), "--out", f"{folder}/run"]
        return seconds(lambda: subprocess.run(command, check=True, capture_output=True))


def main() -> None:
    """Measure, print, and write the figures that the README quotes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--datasets", type=int, default=100, help="a round, for the quick ones")
    parser.add_argument("--slow", type=int, default=2, help="a round, for the slow ones")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    logging.getLogger("pymc").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    n, slow = arguments.datasets, arguments.slow

    nutpie_raw = raw_nutpie()
    harness(range(2), 1)  # compiled before the clock runs
    candidates: dict[str, tuple[Callable[..., Any], int]] = {
        "sbc, two workers": (lambda ks: harness(ks, 2), n),
        "sbc, one worker": (lambda ks: harness(ks, 1), n),
        "sampling alone, one worker": (sampling_alone, n),
        "raw nutpie, one worker": (nutpie_raw, n),
        "pm.sample in a loop": (loop_of_pm_sample, slow),
        "simuk": (simuk, slow),
    }
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(arguments.rounds):
        for name, (candidate, size) in candidates.items():
            ks = range(turn * size, (turn + 1) * size)
            times[name].append(seconds(candidate, ks) / size)
    medians = {name: statistics.median(values) for name, values in times.items()}
    whole = whole_command(200) / 200
    report(medians, whole, arguments.out)


def report(medians: dict[str, float], whole: float, out: Path | None) -> None:
    """Print medians and ratios, and effective draws a second."""
    best = medians["sbc, two workers"]
    yields = effective_draws()
    figures = {
        "budget": {"draws": BUDGET.draws, "tune": BUDGET.tune, "chains": BUDGET.chains},
        "seconds_per_dataset": medians,
        "whole_command_seconds_per_dataset": whole,
        "times_faster": {
            "than simuk": medians["simuk"] / best,
            "than pm.sample": medians["pm.sample in a loop"] / best,
            "than pm.sample, everything included": medians["pm.sample in a loop"] / whole,
        },
        "harness over sampling alone": medians["sbc, one worker"]
        / medians["sampling alone, one worker"],
        "harness over raw nutpie": medians["sbc, one worker"] / medians["raw nutpie, one worker"],
        "two workers over one": medians["sbc, one worker"] / best,
        "effective draws of beta_XY per second": {
            "sbc": yields["sbc"] / best,
            "pm.sample": yields["pm.sample"] / medians["pm.sample in a loop"],
        },
    }
    text = json.dumps(figures, indent=2, default=float)
    print(text)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n")


def effective_draws() -> dict[str, float]:
    """Give the median ESS of beta_XY a dataset, at the same budget."""
    compiled = compiled_for(task(0).setup, "nutpie", arrays(0))
    ours = [compiled.fit(arrays(k), BUDGET, k).values["beta_XY"] for k in range(10)]
    theirs = loop_of_pm_sample(range(3))
    return {
        "sbc": statistics.median(map(ess, ours)),
        "pm.sample": statistics.median(map(ess, theirs)),
    }


if __name__ == "__main__":
    main()
