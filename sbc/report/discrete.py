"""Estimands on a grid, such as counts, whose intervals cover more than they say.

Where truth and draws share a few values, an interval between two of them holds more than its level
of the posterior: a nominal 50 % one may hold 85. That is no fault of the posterior, and the PIT,
which is spread over ties at random, knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

MARK = " †"
NOTE = (
    "† = discrete: draws equal the truth in many datasets, so that intervals, both ends included, "
    "cover more than their level by construction; by the PIT, as gates count it, coverage is "
    "nominal where the posterior is calibrated."
)
#: Share of the datasets in which draws equal the truth. Of a continuous estimand that is about 0.
_SHARE = 0.05


def is_discrete(frames: Iterable[pd.DataFrame]) -> bool:
    """Say whether one of several streams is of an estimand on a grid; without draws, no one knows.

    Parameters
    ----------
    frames : iterable of DataFrame
        Rows of a run's results, one frame a stream.
    """
    counts = [frame["ties"].dropna() for frame in frames]
    return any(len(ties) and (ties > 0).mean() > _SHARE for ties in counts)
