"""One estimator under one engine, dataset by dataset in the order of their numbers.

Only the leading datasets that have all finished are here. A gap may be filled later, and who judges
what has arrived judges what was easy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sbc.store.names import natural
from sbc.store.rows import DIVERGENT, FAILED, PROBABILITIES, quantile_column

Array = NDArray[np.float64]

#: Ends of the intervals that are kept.
_ENDS = tuple(quantile_column(p) for p in PROBABILITIES if p != 0.5)
_COLUMNS = ("pit", "mean", "sd", "truth", "ess_bulk", *_ENDS)


@dataclass(frozen=True, eq=False)
class History:
    """What one estimator left behind on datasets 0 … n − 1.

    Attributes
    ----------
    estimator, engine : str
        Whose fits these are.
    fits : DataFrame
        One row a dataset, in order: status, attempt…
    columns : mapping of (quantity, column) to array of shape (n,)
        ``pit``, ``mean``, ``sd``, ``truth``, ``ess_bulk`` and the ends of intervals, ``q025`` to
        ``q975``, of each quantity; NaN for failed fits.
    truths : mapping of str to array of shape (n,)
        True values by name, those of failed fits too.
    """

    estimator: str
    engine: str
    fits: pd.DataFrame
    columns: Mapping[tuple[str, str], Array]
    truths: Mapping[str, Array]

    @property
    def n(self) -> int:
        """Datasets that have finished without a gap."""
        return len(self.fits)

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Which of the fits failed."""
        return self.fits["status"].isin(FAILED).to_numpy(bool)

    @property
    def quantities(self) -> list[str]:
        """What was ranked."""
        return sorted({quantity for quantity, _ in self.columns}, key=natural)

    def get(self, quantity: str, column: str) -> Array:
        """Give one column of one quantity; NaN throughout where no fit worked."""
        found = self.columns.get((quantity, column))
        return np.full(self.n, np.nan) if found is None else found

    def is_ranked(self, quantity: str) -> bool:
        """Say whether there are ranks; estimates without draws have none."""
        return bool(np.isfinite(self.get(quantity, "pit")).any())

    def truth(self, quantity: str) -> Array:
        """Give the true values, of failed fits too where they are known."""
        return self.truths.get(quantity, self.get(quantity, "truth"))

    def without_divergent(self) -> History | None:
        """Leave out what divergent fits say, None if there are none."""
        divergent = (self.fits["status"] == DIVERGENT).to_numpy(bool)
        if not divergent.any():
            return None
        kept = {key: np.where(divergent, np.nan, x) for key, x in self.columns.items()}
        return History(self.estimator, self.engine, self.fits, kept, self.truths)

    def repeated(self, times: int) -> History:
        """Give the same datasets several times over: what more of the like would say."""
        columns = {key: np.tile(x, times) for key, x in self.columns.items()}
        truths = {key: np.tile(x, times) for key, x in self.truths.items()}
        return History(self.estimator, self.engine, pd.concat([self.fits] * times), columns, truths)


def history(
    fits: pd.DataFrame,
    results: pd.DataFrame,
    estimator: str,
    engine: str,
    *,
    truths: Mapping[int, Mapping[str, Any]] | None = None,
    max_datasets: int | None = None,
) -> History:
    """Collect one estimator's leading datasets.

    Parameters
    ----------
    fits, results : DataFrame
        As in `sbc.store.frames.Run`, their rows in any order.
    estimator, engine : str
        Whose rows to take.
    truths : mapping, optional
        The true parameters of each dataset by its number.
    max_datasets : int, optional
        Datasets beyond this number are not looked at.
    """
    mine = fits[(fits["estimator"] == estimator) & (fits["engine"] == engine)].set_index("dataset")
    mine = mine.sort_index()
    numbers = mine.index.to_numpy()
    gaps = np.flatnonzero(numbers != np.arange(numbers.size))
    n = int(gaps[0]) if gaps.size else numbers.size
    n = n if max_datasets is None else min(n, max_datasets)
    rows = results[
        (results["estimator"] == estimator)
        & (results["engine"] == engine)
        & (results["dataset"] < n)
    ]
    there = [column for column in rows if column in _COLUMNS]
    table, places = rows[there].to_numpy(float), rows["dataset"].to_numpy()
    columns: dict[tuple[str, str], Array] = {}
    for quantity, mine_at in rows.groupby("quantity").indices.items():
        values = np.full((len(there), n), np.nan)
        values[:, places[mine_at]] = table[mine_at].T
        columns |= {(str(quantity), x): row for x, row in zip(there, values, strict=True)}
    known = _true_values(truths or {}, n)
    return History(estimator, engine, mine.iloc[:n], columns, known)


def _true_values(truths: Mapping[int, Mapping[str, Any]], n: int) -> dict[str, Array]:
    """Turn the parameters of each dataset into columns, vectors by their elements."""
    there = [k for k in truths if 0 <= k < n]
    names = dict.fromkeys(name for k in there for name in truths[k])
    values: dict[str, Array] = {}
    for name in names:
        numbers = [k for k in there if name in truths[k]]
        try:
            table = np.array([truths[k][name] for k in numbers], dtype=float)
        except ValueError:  # elements that come and go are no column
            continue
        scalar = table.ndim == 1
        for j, column in enumerate(table.reshape(len(numbers), -1).T):
            key = name if scalar else f"{name}[{j}]"
            values[key] = np.full(n, np.nan)
            values[key][numbers] = column
    return values
