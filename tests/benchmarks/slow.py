"""Where the time of slow models goes: sampling, and everything else that sbc does.

Each model is fitted to a few datasets from its own prior, by one worker and without retries. Every
part is timed where it is called; what remains of a fit is ranks, diagnostics and the row. The store
and the report are timed on the run that comes out of it.

    python tests/benchmarks/slow.py --out docs/data/slow.json
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from sbc.engines import nutpie
from sbc.fitting import fit as fitting
from sbc.fitting import loop, setup
from sbc.report.page.page import page
from sbc.store.frames import load_run
from sbc.store.settings import Settings

MODELS = Path(__file__).parent / "slow_models.py"
#: Datasets of each.
MODELS_AND_DATASETS = {"rows": 6, "parameters": 12, "process": 2, "solver": 12}


@contextmanager
def timed(owner: Any, name: str, spent: dict[str, float]) -> Iterator[None]:
    """Add up the seconds of every call of a function."""
    plain: Callable[..., Any] = getattr(owner, name)

    def call(*given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return plain(*given, **named)
        finally:
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - began

    with mock.patch.object(owner, name, call):
        yield


def measured(name: str, datasets: int) -> dict[str, float]:
    """Give the shares of a run's time after compiling, in percent of all."""
    spec = f"{MODELS}:{name}"
    settings = Settings("own_data", "self", (spec,), ("nutpie",), datasets, 3)
    warm = Settings("own_data", "self", (spec,), ("nutpie",), 1, 4)
    spent: dict[str, float] = {}
    with (
        tempfile.TemporaryDirectory() as place,
        mock.patch.object(fitting, "retry_schedule", lambda budget: [budget]),
    ):
        with loop.create(warm, Path(place) / "warm") as store:  # compiles
            loop.execute(warm, store, 1, progress=False)
        folder = Path(place) / "run"
        began = time.perf_counter()
        with (
            timed(nutpie.Compiled, "fit", spent),
            timed(setup.Setup, "draw", spent),
            timed(fitting, "summarise", spent),
            loop.create(settings, folder) as store,
        ):
            loop.execute(settings, store, 1, progress=False)
        total = time.perf_counter() - began
        began = time.perf_counter()
        page([load_run(folder)])
        report = time.perf_counter() - began
    names = {"fit": "sampling", "draw": "simulating", "summarise": "ranks and diagnostics"}
    shares = {names[part]: 100 * seconds / total for part, seconds in spent.items()}
    shares["store and the rest"] = 100 - sum(shares.values())
    return {
        "seconds_per_dataset": total / datasets,
        **shares,
        "page, in seconds of a dataset": report / (total / datasets),
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", default=",".join(MODELS_AND_DATASETS))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    found = {}
    for name in arguments.models.split(","):
        found[name] = measured(name, MODELS_AND_DATASETS[name])
        print(name, json.dumps(found[name], indent=1), flush=True)
        if arguments.out is not None:
            arguments.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
