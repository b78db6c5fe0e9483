"""Where a fault shows: in which part of the datasets, scanned with its error under control.

Ranks are compared with functions of the data alone: the generator's features, and the posterior
means. Under calibration a rank is independent of all of these; of the truth it is not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from sbc.stats.uniformity import holm

#: Adjusted for all that is scanned.
LEVEL = 0.01


def places(pit: pd.Series, features: pd.DataFrame, means: pd.DataFrame) -> list[str]:
    """Say where a quantity's ranks lie lower, higher or further out than elsewhere.

    Parameters
    ----------
    pit : Series
        PITs by dataset.
    features, means : DataFrame
        Features of the data, and posterior means, by dataset.
    """
    columns = {f"the feature {name}": features[name] for name in features}
    columns |= {f"the posterior mean of {name}": means[name] for name in means}
    found = []
    for label, column in columns.items():
        x = pd.to_numeric(column, errors="coerce").reindex(pit.index)
        known = np.isfinite(x.to_numpy(dtype=float)) & np.isfinite(pit.to_numpy())
        if known.sum() < 40 or x[known].nunique() < 2:
            continue
        for what, y in (("ranks", pit[known]), ("distance", (2 * pit[known] - 1).abs())):
            effect, p = spearmanr(x[known], y)
            found.append((label, what, float(effect), float(p), x[known], y))
    if not found:
        return []
    adjusted = holm([row[3] for row in found])
    order = np.argsort(adjusted)
    return [_words(*found[i][:3], *found[i][4:]) for i in order if adjusted[i] < LEVEL][:3]


def _words(label: str, what: str, effect: float, x: pd.Series, y: pd.Series) -> str:
    low = y[x <= x.quantile(0.25)].mean()
    high = y[x >= x.quantile(0.75)].mean()
    about = "PIT mean" if what == "ranks" else "mean of |2 PIT − 1|"
    return (
        f"it depends on {label} (rank correlation {effect:+.2f}): {about} {low:.2f} in the lowest "
        f"quarter, {high:.2f} in the highest"
    )
