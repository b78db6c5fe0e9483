"""False alarms of the test of uniform ranks at the default budget, by the real sampler.

One long run of a sound estimator in its own world (regime ``self``) is cut into studies of 200 and
of 1,000 datasets; each study and ranked quantity is tested as a table would. Prints the share of
studies with p < .05, with its binomial standard error, as JSON.

    python tests/benchmarks/rates.py --datasets 20000 --out docs/data/rates.json
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.special import ndtri

import sbc
from sbc.stats.uniformity import Uniformity, uniformity_test
from sbc.studies.loaded import LoadedRun

LEVEL = 0.05
STUDIES = (200, 1000)


def studies(run: LoadedRun, size: int) -> Iterator[Uniformity]:
    """Test every study of this many successive datasets, each quantity by itself."""
    whole = run.settings.datasets // size * size
    for _, stream in run.streams():
        frame = stream[stream["dataset"] < whole]
        blocks = frame.groupby(frame["dataset"] // size)["pit"]
        yield from (uniformity_test(u) for _, u in blocks)


def share(tests: list[Uniformity], part: str) -> dict[str, float]:
    """Give the share of alarms of one part of the test, in percent."""
    alarms = np.array([getattr(test, part) < LEVEL for test in tests])
    error = np.sqrt(alarms.mean() * (1 - alarms.mean()) / len(alarms))
    return {"percent": 100 * alarms.mean(), "standard error": 100 * error}


def departure(run: LoadedRun) -> dict[str, dict[str, float]]:
    """Give mean and sd of q = Φ⁻¹(u) of each quantity over the whole run: 0 and 1 are expected."""
    found = {}
    for (_, _, quantity), frame in run.streams():
        q = ndtri(frame["pit"].to_numpy())
        found[quantity] = {
            **{"mean": q.mean(), "its error": q.std(ddof=1) / np.sqrt(q.size)},
            **{"sd": q.std(ddof=1), "error of the sd": 1 / np.sqrt(2 * q.size)},
        }
    return found


def main() -> None:
    """Run, cut, test and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=20_000)
    parser.add_argument("--estimator", default="multilevel")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = sbc.run(
            arguments.estimator,
            truth="self",
            datasets=arguments.datasets,
            seed=arguments.seed,
            progress=False,
            out=Path(folder) / "run",
        )
    figures = {
        "estimator": arguments.estimator,
        "datasets": arguments.datasets,
        "seed": arguments.seed,
        "fits by status": run.fits["status"].value_counts().to_dict(),
        "share that was retried": float((run.fits["attempt"] > 0).mean()),
        "normal quantiles of u": departure(run),
        "false alarms at 5 %": {},
    }
    for size in STUDIES:
        tests = list(studies(run, size))
        parts = {"combined": "p", "POT-C": "p_pot", "location": "p_location", "scale": "p_scale"}
        figures["false alarms at 5 %"][f"studies of {size} datasets"] = {"studies": len(tests)} | {
            name: share(tests, part) for name, part in parts.items()
        }
    text = json.dumps(figures, indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
