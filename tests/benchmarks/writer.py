"""The one writer: how many rows it takes a second, and whether sixteen workers ever wait for it.

``python tests/benchmarks/writer.py`` prints JSON. Workers are simulated: threads that sleep as long
as a fit takes and then hand over a row of two estimands and a log likelihood.
"""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from sbc.fitting import loop
from sbc.fitting.workers import threads
from sbc.plugins.engine import Budget
from sbc.stats.ranks import jitter
from sbc.store.database import Store
from sbc.store.rows import Fit, Result
from sbc.store.settings import Settings

WORKERS, SECONDS = 16, (0.1, 0.01)
SETTINGS = Settings(
    "confound", "effects", ("naive",), ("nutpie",), 1, 1, Budget(500, 200, 2, 0.8), {}
)


def row(k: int) -> Fit:
    """Make a row like a real one."""
    draws = np.random.default_rng(k).normal(size=127).astype("<f8").tobytes()
    numbers = {"mean": 0.1, "sd": 1.0, "crps": 0.2, "ess_bulk": 500.0, "ess_tail": 450.0}
    results = tuple(
        Result(
            **{"quantity": name, "truth": 0.3, "quantiles": (0.0,) * 9, "rhat": 1.0, "rank": 60},
            **{"ties": 0, "size": 127, "jitter": jitter(1, k, "naive", name, "nutpie")},
            **{"draws": draws, "shortest": (0.0,) * 8, **numbers},
        )
        for name in ("beta_XY", "beta_ZY", "log_likelihood")
    )
    truth = {"beta_XY": 0.3, "beta_ZY": 0.1, "alpha": [0.1] * 30}
    return Fit(k, "naive", "nutpie", "ok", seconds=0.1, results=results, truth=truth)


def rate(fits: int, seconds: float) -> float:
    """Run so many fits of so many seconds each through workers and writer; give fits a second."""
    settings = replace(SETTINGS, datasets=fits)

    def simulated(tasks, engine, jobs, profile, announce):
        if seconds == 0:
            yield from ready
            return

        def work(task):
            time.sleep(seconds)
            return ready[task.dataset]

        yield from threads.parallel(work, tasks, jobs)

    ready = [row(k) for k in range(fits)]
    run = {"settings": settings.to_json(), "expected_uniform": [], "estimands": {}}
    with tempfile.TemporaryDirectory() as folder:
        with Store.create(Path(folder) / "run", run) as store:
            began = time.perf_counter()
            loop.execute(settings, store, WORKERS, progress=False, hand_out=simulated)
        return fits / (time.perf_counter() - began)


def main() -> None:
    """Print the rates."""
    found = {"rows a second, nothing to wait for": round(rate(20_000, 0))}
    for seconds in SECONDS:
        fits = int(5 * WORKERS / seconds)
        name = f"of {WORKERS / seconds:g} rows a second that {WORKERS} workers could make"
        found[name] = round(rate(fits, seconds), 1)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
