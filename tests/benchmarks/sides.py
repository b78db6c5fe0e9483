"""What takes turns in `plain.py`: sbc, and what its users would do instead; each fits datasets."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib

from sbc.engines import _model
from sbc.engines._nutpie import lib  # noqa: F401 - imported first: it keeps ArviZ's import lazy
from sbc.fitting import fit as fitting
from sbc.fitting.compiled import compiled_for
from sbc.fitting.fit import Task, fit
from sbc.fitting.setup import setup_of
from sbc.plugins.engine import Budget
from sbc.stats.seeds import fit_seed
from sbc.store.settings import Settings

BUDGET = Budget()
Side = Callable[[range], None]


def once(budget: Budget) -> list[Budget]:
    """Fit once: nobody else tries again."""
    return [budget]


def sbc_fits(settings: Settings, jobs: int, again: bool = False) -> Side:
    """Do what `sbc run` does to each dataset, with retries or without."""
    [spec] = settings.estimators

    def run(ks: range) -> None:
        kept = fitting.retry_schedule
        if not again:
            fitting.retry_schedule = once
        try:
            pool = joblib.Parallel(n_jobs=jobs, backend="threading", return_as="list")
            rows = pool(joblib.delayed(fit)(Task(settings, spec, "nutpie", k)) for k in ks)
        finally:
            fitting.retry_schedule = kept
        wrong = [row.error for row in rows if not row.results]
        if wrong:
            raise RuntimeError(wrong[0])

    return run


def _datasets(settings: Settings) -> tuple[Any, Callable[[int], Any]]:
    """Give the setup, and the data of dataset k as the model takes them."""
    [spec] = settings.estimators
    setup = setup_of(settings, spec)
    return setup, lambda k: setup.estimator.select(setup.draw(k).data)


def sampling_alone(settings: Settings) -> Side:
    """Sample with sbc's compiled model: no ranks, no diagnostics."""
    setup, data_of = _datasets(settings)

    def run(ks: range) -> None:
        for k in ks:
            data = data_of(k)
            compiled = compiled_for(setup, "nutpie", data)
            compiled.fit(
                data, BUDGET, fit_seed(settings.seed, k, setup.estimator.name, "nutpie", 0)
            )

    return run


def model_of(settings: Settings, k: int) -> Any:
    """State the model for dataset k."""
    setup, data_of = _datasets(settings)
    return _model.build(setup.estimator, setup.generator, data_of(k))


def nutpie_compiled_once(settings: Settings) -> Side:
    """Swap the data of a model that nutpie itself compiled; raw traces and nothing else."""
    import nutpie

    _, data_of = _datasets(settings)
    compiled = nutpie.compile_pymc_model(model_of(settings, 0))

    def run(ks: range) -> None:
        for k in ks:
            data = {_model.data_name(name): values for name, values in data_of(k).items()}
            nutpie.sample(
                compiled.with_data(**data),
                **{"draws": BUDGET.draws, "tune": BUDGET.tune, "chains": BUDGET.chains},
                **{"cores": 1, "seed": k, "progress_bar": False, "return_raw_trace": True},
            )

    return run


def loop(settings: Settings, sampler: str) -> Side:
    """Fit as users do: state the model and call ``pm.sample`` for every dataset."""
    import pymc as pm

    def run(ks: range) -> None:
        for k in ks:
            pm.sample(
                **{"draws": BUDGET.draws, "tune": BUDGET.tune, "chains": BUDGET.chains},
                **{"cores": 2, "random_seed": k, "progressbar": False},
                **{"compute_convergence_checks": False, "nuts_sampler": sampler},
                model=model_of(settings, k),
            )

    return run


def simuk(settings: Settings, budget: dict[str, int]) -> Side:
    """Let simuk simulate from the model's prior and fit, as its documentation shows."""
    import plain_models
    from simuk import SBC

    [spec] = settings.estimators
    state = getattr(plain_models, spec.rpartition(":")[2])

    def run(ks: range) -> None:
        SBC(
            state(),
            num_simulations=len(ks),
            seed=ks[0],
            sample_kwargs={**budget, "cores": 2, "progressbar": False},
        ).run_simulations()

    return run


def whole_command(settings: Settings) -> Side:
    """Run the command from the prompt to its table: imports, compiling, retries, store."""
    [spec] = settings.estimators

    def run(ks: range) -> None:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "sbc", "run", "--estimator", spec, "--quiet"]
            command += ["--datasets", str(len(ks)), "--out", str(Path(folder) / "run")]
            subprocess.run(command, check=True, capture_output=True)

    return run


def _count(times: int) -> int:
    total = 0
    for i in range(times):
        total += i
    return total


def busy(processes: int) -> Side:
    """Keep so many processes busy that share nothing: what a second core of this machine gives."""

    def run(ks: range) -> None:
        children = []
        for _ in range(processes - 1):
            child = os.fork()
            if child == 0:
                _count(100_000 * len(ks) // processes)
                os._exit(0)
            children.append(child)
        _count(100_000 * len(ks) // processes)
        for child in children:
            os.waitpid(child, 0)

    return run
