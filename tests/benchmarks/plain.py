"""sbc beside loops of ``pm.sample`` and simuk, on models as anybody writes them.

Each model of `plain_models.py` is fitted to data from its own prior, with equal chains, warm-up and
draws; sbc ranks the same quantities as in its gates. The candidates take turns, medians over the
rounds are compared. Compiling is not counted for sbc (once a model); the loops compile for each
dataset, as their users do. simuk runs once more at its users' usual draws: the defaults of
``pm.sample``.

    python tests/benchmarks/plain.py --out docs/data/plain.json      (or: make bench)
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict
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

MODELS = Path(__file__).parent / "plain_models.py"
BUDGET = Budget()
#: What is ranked of each model: what its author would look at.
WANTED = {
    "multilevel": ("beta_XY", "beta_ZY"),
    "reed_frogs": ("alpha_bar", "sigma"),
    "poisson": ("alpha", "beta"),
    "slopes": ("mean", "noise"),
}
#: Datasets a round: of sbc's own where a fit takes milliseconds, and where it takes a tenth of a
#: second, and of all that is slower.
MANY, QUICK, SLOW = 200, 40, 2
SHORT = ("multilevel", "reed_frogs")


def settings_of(name: str) -> Settings:
    """Say what is fitted: the model to data of its own."""
    spec = f"{MODELS}:{name}"
    return Settings("own_data", "self", (spec,), ("nutpie",), 100_000, 3, BUDGET, {}, WANTED[name])


def once(budget: Budget) -> list[Budget]:
    """Fit once: nobody else tries again."""
    return [budget]


def sbc_fits(settings: Settings, jobs: int, again: bool) -> Callable[[range], None]:
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


def sampling_alone(settings: Settings) -> Callable[[range], None]:
    """Sample with sbc's compiled model: no ranks, no diagnostics."""
    [spec] = settings.estimators
    setup = setup_of(settings, spec)

    def run(ks: range) -> None:
        for k in ks:
            data = setup.estimator.select(setup.draw(k).data)
            compiled = compiled_for(setup, "nutpie", data)
            compiled.fit(data, BUDGET, fit_seed(settings.seed, k, spec, "nutpie", 0))

    return run


def model_of(settings: Settings, k: int) -> Any:
    """State the model for dataset k."""
    [spec] = settings.estimators
    setup = setup_of(settings, spec)
    data = setup.estimator.select(setup.draw(k).data)
    return _model.build(setup.estimator, setup.generator, data)


def loop(settings: Settings, sampler: str) -> Callable[[range], None]:
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


def simuk(settings: Settings, budget: dict[str, int]) -> Callable[[range], None]:
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


def candidates(name: str) -> dict[str, tuple[Callable[[range], None], int]]:
    """List what is compared, each with its datasets a round."""
    settings = settings_of(name)
    quick = MANY if name in SHORT else QUICK
    equal = {"draws": BUDGET.draws, "tune": BUDGET.tune, "chains": BUDGET.chains}
    return {
        "sbc, two workers": (sbc_fits(settings, 2, again=False), quick),
        "sbc, two workers, with retries": (sbc_fits(settings, 2, again=True), quick),
        "sbc, one worker": (sbc_fits(settings, 1, again=False), quick),
        "sampling alone, one worker": (sampling_alone(settings), quick),
        "pm.sample in a loop": (loop(settings, "pymc"), SLOW),
        "pm.sample by nutpie in a loop": (loop(settings, "nutpie"), SLOW),
        "simuk, equal draws": (simuk(settings, equal), SLOW),
        "simuk, default draws": (simuk(settings, {}), SLOW),
    }


def measured(name: str, rounds: int) -> dict[str, Any]:
    """Time all candidates in turns: seconds a dataset, and ratios to sbc with two workers."""
    found = candidates(name)
    for one in ("sbc, two workers", "pm.sample in a loop", "pm.sample by nutpie in a loop"):
        found[one][0](range(10_000, 10_002))  # compiled and imported before the clock runs
    times: dict[str, list[float]] = {one: [] for one in found}
    for turn in range(rounds):
        for one, (candidate, size) in found.items():
            began = time.perf_counter()
            candidate(range(turn * size, (turn + 1) * size))
            times[one].append((time.perf_counter() - began) / size)
    medians = {one: statistics.median(values) for one, values in times.items()}
    best = medians["sbc, two workers"]
    return {
        "seconds_per_dataset": medians,
        "times_as_long": {one: seconds / best for one, seconds in medians.items()},
        "two workers over one": medians["sbc, one worker"] / best,
        "harness over sampling alone": medians["sbc, one worker"]
        / medians["sampling alone, one worker"],
    }


def main() -> None:
    """Measure, print, and write what README and docs/speed.md quote."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--models", default=",".join(WANTED))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    logging.getLogger("pymc").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    figures: dict[str, Any] = {"budget": asdict(BUDGET)}
    for name in arguments.models.split(","):
        figures[name] = measured(name, arguments.rounds)
        print(name, json.dumps(figures[name], indent=1), flush=True)
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
