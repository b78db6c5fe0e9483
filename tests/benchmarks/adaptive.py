"""What could be saved by draws until a fit has enough, and by a warm-up that knows the model.

Each dataset is fitted once with long chains, and every prefix is judged: the shortest that has
R-hat ≤ 1.05 and a least ESS of E is what a rule "draw until E" would have kept. Cost is counted in
gradient evaluations, which no noise of the machine reaches, relative to the default budget with its
retries. Warm-up is counted as it was (``paid``), and not at all (``free``): no pilot fits of the
same model can save more than the latter. ``share`` is the ESS of the thinned draws that are ranked,
relative to their number, averaged over fits: ranks of a sound model need 0.8.

    python tests/benchmarks/adaptive.py --datasets 40 --out docs/data/adaptive.csv
"""

from __future__ import annotations

import argparse
from itertools import product

import numpy as np
import pandas as pd
from budget import measure

from sbc.plugins.engine import Budget

TUNES = (50, 100, 200)
PREFIXES = (150, 200, 250, 300, 350, 400, 500, 600, 750, 1000, 1500)
FLOORS = (160, 200, 250, 300)
DEFAULT = Budget()


def cost_of_default(frame: pd.DataFrame) -> float:
    """Give the gradient evaluations of a fit by the default budget, retries included."""
    mine = frame[(frame.tune == DEFAULT.tune) & (frame.draws == DEFAULT.draws)]
    short = ~((mine.rhat <= 1.05) & (mine.ess >= 160))
    once = DEFAULT.tune + DEFAULT.draws
    # The first retry warms up for twice as long, in steps of about half the size.
    again = 2 * (2 * DEFAULT.tune + DEFAULT.draws)
    return float((mine.steps * (1 + short * again / once)).mean())


def summarise(frame: pd.DataFrame) -> pd.DataFrame:
    """Give one row an estimator, warm-up and floor."""
    rows = []
    for name, mine in frame.groupby("estimator"):
        base = cost_of_default(mine)
        for tune, floor in product(TUNES, FLOORS):
            part = mine[mine.tune == tune]
            enough = part[(part.rhat <= 1.05) & (part.ess >= floor)]
            first = enough.sort_values("draws").groupby("dataset").first()
            without = part.dataset.nunique() - len(first)
            rows.append({
                "estimator": name, "tune": tune, "ess": floor, "fits": len(first),
                "never": without, "draws": first.draws.mean(),
                "times_paid": base / first.steps.mean(),
                "times_free": base / (first.steps * first.draws / (tune + first.draws)).mean(),
                "share": first.thinned.mean(),
                "share_error": first.thinned.std(ddof=1) / np.sqrt(len(first)),
            })  # fmt: skip
    return pd.DataFrame(rows).set_index(["estimator", "tune", "ess"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=40)
    parser.add_argument("--estimators", default="naive,fixed,multilevel,mundlak,latent")
    parser.add_argument("--out")
    arguments = parser.parse_args()
    rows = [
        row
        for name, tune, k in product(
            arguments.estimators.split(","), TUNES, range(arguments.datasets)
        )
        for row in measure("self", name, tune, DEFAULT.target_accept, k, PREFIXES)
    ]
    table = summarise(pd.DataFrame(rows)).round(3)
    if arguments.out:
        table.to_csv(arguments.out)
    print(table.to_string())


if __name__ == "__main__":
    main()
