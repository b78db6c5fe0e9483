"""sbc beside loops of ``pm.sample`` and simuk, on models as anybody writes them.

Each model of `plain_models.py` is fitted to data from its own prior, with equal chains, warm-up and
draws; sbc ranks the same quantities as in its gates. The candidates of `sides.py` take turns, and a
ratio is the median of the ratios of the rounds, so that a machine that slows down slows both of its
sides. Compiling is not counted for sbc (once a model); the loops compile for each dataset, as their
users do. simuk runs once more at its users' usual draws: the defaults of ``pm.sample``.

    python tests/benchmarks/plain.py --out docs/data/plain.json      (or: make bench)
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import time
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sides
from sides import BUDGET, Side

from sbc.store.settings import Settings

MODELS = Path(__file__).parent / "plain_models.py"
#: What is ranked of each model: what its author would look at.
WANTED = {
    "multilevel": ("beta_XY", "beta_ZY"),
    "reed_frogs": ("alpha_bar", "sigma"),
    "poisson": ("alpha", "beta"),
    "slopes": ("mean", "noise"),
}
#: Datasets a round of sbc's own, by how long a fit takes, and of all that is slower.
ROUND = {"multilevel": 200, "reed_frogs": 200, "poisson": 40, "slopes": 20}
SLOW = 2
TWO, ONE = "sbc, two workers", "sbc, one worker"


def settings_of(name: str) -> Settings:
    """Say what is fitted: the model to data of its own."""
    spec = f"{MODELS}:{name}"
    return Settings("own_data", "self", (spec,), ("nutpie",), 100_000, 3, BUDGET, {}, WANTED[name])


def candidates(name: str) -> dict[str, tuple[Side, int]]:
    """List what is compared, each with its datasets a round."""
    settings = settings_of(name)
    quick = ROUND[name]
    equal = {"draws": BUDGET.draws, "tune": BUDGET.tune, "chains": BUDGET.chains}
    return {
        TWO: (sides.sbc_fits(settings, 2), quick),
        ONE: (sides.sbc_fits(settings, 1), quick),
        "sampling alone, one worker": (sides.sampling_alone(settings), quick),
        "busy processes, two": (sides.busy(2), quick),
        "busy processes, one": (sides.busy(1), quick),
        "sbc, two workers, with retries": (sides.sbc_fits(settings, 2, again=True), quick),
        "from the prompt to the table": (sides.whole_command(settings), quick),
        "nutpie compiled once, one worker": (sides.nutpie_compiled_once(settings), min(quick, 40)),
        "pm.sample in a loop": (sides.loop(settings, "pymc"), SLOW),
        "pm.sample by nutpie in a loop": (sides.loop(settings, "nutpie"), SLOW),
        "simuk, equal draws": (sides.simuk(settings, equal), SLOW),
        "simuk, default draws": (sides.simuk(settings, {}), SLOW),
    }


def ratio(of: list[float], to: list[float]) -> float:
    """Compare two candidates: the median of the ratios of the rounds."""
    return statistics.median(a / b for a, b in zip(of, to, strict=True))


def measured(name: str, rounds: int) -> dict[str, Any]:
    """Time all candidates in turns: seconds a dataset, and ratios to sbc with two workers."""
    found = candidates(name)
    for one in (TWO, "pm.sample in a loop", "pm.sample by nutpie in a loop"):
        found[one][0](range(10_000, 10_002))  # compiled and imported before the clock runs
    times: dict[str, list[float]] = {one: [] for one in found}
    for turn in range(rounds):
        for one, (candidate, size) in found.items():
            began = time.perf_counter()
            candidate(range(turn * size, (turn + 1) * size))
            times[one].append((time.perf_counter() - began) / size)
    return {
        "seconds_per_dataset": {one: statistics.median(t) for one, t in times.items()},
        "times_as_long": {one: ratio(t, times[TWO]) for one, t in times.items()},
        "two workers over one": ratio(times[ONE], times[TWO]),
        "two busy processes over one": ratio(
            times["busy processes, one"], times["busy processes, two"]
        ),
        "harness over sampling alone": ratio(times[ONE], times["sampling alone, one worker"]),
        "one worker over nutpie": ratio(times[ONE], times["nutpie compiled once, one worker"]),
    }


def main() -> None:
    """Measure, print, and write what README and docs/speed.md quote."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
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
