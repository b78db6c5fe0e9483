"""A run of N datasets with a sampler that costs nothing: what is left is the harness itself.

Prints, as JSON, seconds a fit, the peak of memory, and the seconds that table and gate take on it.

    python tests/benchmarks/scale.py --datasets 20000 --estimators 5
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import resource
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from sbc.cli.main import main as command
from sbc.fitting import loop
from sbc.plugins import registry
from sbc.plugins.data import LOG_LIKELIHOOD
from sbc.plugins.engine import Budget, Draws
from sbc.store.settings import Settings

NAMES = ("naive", "fixed", "multilevel", "mundlak", "latent")


class Instant:
    """Independent normal draws at once, whatever the data."""

    def accepts(self, data):
        """Take anything."""
        return True

    def fit(self, data, budget, seed):
        """Return draws."""
        rng = np.random.default_rng(seed)
        shape = (budget.chains, budget.draws)
        names = ("beta_XY", "beta_ZY", LOG_LIKELIHOOD)
        return Draws({name: rng.normal(size=shape) for name in names}, 0, 1, 0.0)

    def log_likelihood(self, truth, data):
        """Return any number."""
        return 0.0


def main() -> None:
    """Run, read, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=200)
    parser.add_argument("--estimators", type=int, default=1)
    arguments = parser.parse_args()
    engine = SimpleNamespace(backend="threading", retry_schedule=None, compile=lambda *_: Instant())
    registry.engine = lambda name: engine
    names = NAMES[: arguments.estimators]
    budget = Budget(draws=500, tune=200, chains=2, target_accept=0.8)
    settings = Settings("confound", "effects", names, ("nutpie",), arguments.datasets, 1, budget)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with loop.create(settings, Path(folder) / "run") as store:
            loop.execute(settings, store, jobs=2, progress=False)
        fits = arguments.datasets * len(names)
        figures = {
            "datasets": arguments.datasets,
            "fits": fits,
            "milliseconds a fit": 1e3 * (time.perf_counter() - began) / fits,
            "peak memory in MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "kilobytes a fit on disk": (Path(folder) / "run" / "results.sqlite").stat().st_size
            / 1e3
            / fits,
        }
        config = Path(folder) / "gates.toml"
        config.write_text('[effects.naive]\nbeta_XY = "miscalibrated"\n')
        for name, words in (
            ("table", ["table", f"{folder}/run"]),
            ("gate", ["gate", f"{folder}/run", "--config", str(config)]),
        ):
            began = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                command(words)
            figures[f"seconds for {name}"] = time.perf_counter() - began
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
