"""From the ranks that are stored to PIT values; what has no rank has none of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sbc.stats.ranks import pit

_PLACES = ["rank", "ties", "size"]


def with_pit(results: pd.DataFrame) -> pd.DataFrame:
    """Spread ranks over their bins; of estimates without draws, rank and PIT are missing.

    Parameters
    ----------
    results : DataFrame
        With the columns ``rank``, ``ties``, ``size`` and ``jitter``; a `size` of 0 is no rank.

    Returns
    -------
    DataFrame
        With ``pit`` in (0, 1) or NaN besides, and missing counts where there is no rank.

    Raises
    ------
    ValueError
        If a rank is none.
    """
    ranked = (results["size"] != 0).to_numpy()
    known = results[ranked]
    if not results[~ranked]["jitter"].isna().all():
        raise ValueError("a rank among no draws")
    found = np.full(len(results), np.nan)
    found[ranked] = pit(known["rank"], known["ties"], known["size"], known["jitter"])
    if not ranked.all():
        counts = {name: results[name].astype("Int64").where(ranked) for name in _PLACES}
        results = results.assign(**counts)
    return results.assign(pit=found)
