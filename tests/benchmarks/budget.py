"""What a fit needs: effective draws per gradient against warm-up, draws and target acceptance.

Every configuration fits the same datasets. Cost is counted in gradient evaluations, which no noise
of the machine reaches; `--out` writes the table that the defaults were chosen from.

    python tests/benchmarks/budget.py --datasets 30 --out docs/data/budget.csv
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import product

import joblib
import numpy as np
import pandas as pd

from sbc.fitting.allowed import expects_uniform
from sbc.fitting.compiled import compiled_for
from sbc.fitting.setup import draw_dataset, setup_of
from sbc.plugins import registry
from sbc.plugins.data import LOG_LIKELIHOOD
from sbc.plugins.engine import Budget
from sbc.stats.diagnostics import diagnose
from sbc.stats.ranks import thinning
from sbc.store.settings import Settings

TUNE = (100, 150, 200, 300, 500)
ACCEPT = (0.7, 0.8, 0.9)
DRAWS = (250, 400, 500, 600, 750, 1000)
CHAINS = 2


def measure(
    regime: str,
    name: str,
    tune: int,
    accept: float,
    dataset: int,
    lengths: Sequence[int] = DRAWS,
) -> list[dict]:
    """Fit one dataset with the longest chains and judge every prefix of them."""
    budget = Budget(max(lengths), tune, CHAINS, accept)
    settings = Settings("confound", regime, (name,), ("nutpie",), 1, 11, budget)
    drawn = draw_dataset(settings, dataset, name)
    data = registry.estimator(name).select(drawn.data)
    draws = compiled_for(setup_of(settings, name), "nutpie", data).fit(data, budget, dataset)
    ranked = [
        values
        for quantity, values in draws.values.items()
        if quantity != LOG_LIKELIHOOD or expects_uniform(settings, name)
    ]
    rows = []
    for length in lengths:
        part = np.stack(ranked)[:, :, :length]
        checks = diagnose(part)
        kept = thinning(CHAINS, length)
        thinned = np.stack([part[:, c, index[:63]] for c, index in enumerate(kept)], axis=1)
        share = (tune + length) / (tune + max(lengths))
        rows.append(
            {
                **{"regime": regime, "estimator": name, "tune": tune, "accept": accept},
                **{"draws": length, "dataset": dataset, "steps": draws.steps * share},
                "rhat": checks.rhat.max(),
                "ess": min(checks.ess_bulk.min(), checks.ess_tail.min()),
                "ess_bulk_beta_XY": checks.ess_bulk[0],
                "thinned": np.nanmin(diagnose(thinned).ess_bulk) / thinned[0].size,
            }
        )
    return rows


def summarise(frame: pd.DataFrame) -> pd.DataFrame:
    """Give one row a configuration: cost, yield, and where its fits end."""
    keys = ["regime", "estimator", "tune", "accept", "draws"]
    frame = frame.assign(
        retried=~((frame.rhat <= 1.05) & (frame.ess >= 160)),
        ok=(frame.rhat <= 1.01) & (frame.ess >= 400),
        ess_per_1000=1000 * frame.ess_bulk_beta_XY / frame.steps,
    )
    return frame.groupby(keys).agg(
        steps=("steps", "mean"),
        ess_least=("ess", "median"),
        ess_per_1000=("ess_per_1000", "median"),
        thinned=("thinned", "mean"),
        retried=("retried", "mean"),
        ok=("ok", "mean"),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=30)
    parser.add_argument("--estimators", default="naive,fixed,multilevel,mundlak,latent")
    parser.add_argument("--out")
    arguments = parser.parse_args()
    names = arguments.estimators.split(",")
    grid = product(("effects", "self"), names, TUNE, ACCEPT, range(arguments.datasets))
    found = joblib.Parallel(n_jobs=-1, backend="threading")(
        joblib.delayed(measure)(*cell) for cell in grid
    )
    table = summarise(pd.DataFrame([row for rows in found for row in rows])).round(3)
    if arguments.out:
        table.to_csv(arguments.out)
    print(table.to_string())


if __name__ == "__main__":
    main()
