"""A finished or running run as pandas frames; nothing here samples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sbc.contracts import LOG_LIKELIHOOD
from sbc.fit import FAILED, PROBABILITIES
from sbc.metrics import Fits
from sbc.ranks import pit
from sbc.settings import Settings
from sbc.store import RESULTS_FILE, Store, read_run, reading

_QUANTILES = ["q" + f"{p:g}"[2:].ljust(2, "0") for p in PROBABILITIES]
KEYS = ["estimator", "engine", "quantity"]


@dataclass(frozen=True)
class Run:
    """One run, read into memory.

    Attributes
    ----------
    folder : Path
        Where it was read from.
    provenance : dict
        The contents of ``run.json``.
    settings : Settings
        What was run.
    fits : DataFrame
        One row a fit: k, estimator, engine, status, error, attempt, divergences, steps, seconds…
    results : DataFrame
        One row a fit and quantity, of the fits that worked: truth, mean, sd, quantiles, rank, u…
    """

    folder: Path
    provenance: dict[str, Any]
    settings: Settings
    fits: pd.DataFrame
    results: pd.DataFrame

    def streams(self, estimands_only: bool = False) -> Iterator[tuple[tuple[str, str, str], Any]]:
        """Yield ((estimator, engine, quantity), frame sorted by dataset), in the run's order."""
        order = {name: i for i, name in enumerate(self.settings.estimators)}
        groups = dict(iter(self.results.groupby(KEYS, sort=False)))
        for key in sorted(groups, key=lambda key: (order.get(key[0], 0), key[1], key[2])):
            if not (estimands_only and key[2] == LOG_LIKELIHOOD):
                yield key, groups[key]

    def features(self) -> pd.DataFrame:
        """Read the features of every dataset, indexed by its number."""
        with Store.open(self.folder) as store:
            rows = store.rows("SELECT k, features FROM dataset ORDER BY k")
            return pd.DataFrame.from_dict({k: json.loads(text) for k, text in rows}, orient="index")


def load_run(folder: str | Path) -> Run:
    """Read a run.

    Parameters
    ----------
    folder : str or Path
        The run's folder, finished or not.

    Raises
    ------
    UserError
        If it is not a run, or its file is damaged.
    """
    folder = Path(folder)
    provenance = read_run(folder)
    with Store.open(folder) as store, reading(folder / RESULTS_FILE):
        fits = pd.read_sql_query("SELECT * FROM fit ORDER BY k", store.connection)
        results = pd.read_sql_query(
            f"SELECT result.* FROM result JOIN fit USING (k, estimator, engine) "
            f"WHERE status NOT IN ({', '.join('?' * len(FAILED))}) ORDER BY k",
            store.connection,
            params=FAILED,
        )
    results["u"] = pit(results["rank"], results["ties"], results["size"], results["jitter"])
    return Run(folder, provenance, Settings.from_json(provenance["settings"]), fits, results)


def as_fits(frame: pd.DataFrame) -> Fits:
    """Turn the rows of one stream into the arrays that metrics take."""
    truth = frame["truth"].to_numpy(float)
    varies = len(truth) > 1 and np.ptp(truth) > 0
    return Fits(
        truth=truth,
        mean=frame["mean"].to_numpy(float),
        sd=frame["sd"].to_numpy(float),
        u=frame["u"].to_numpy(float),
        quantiles={
            p: frame[name].to_numpy(float)
            for p, name in zip(PROBABILITIES, _QUANTILES, strict=True)
        },
        crps=frame["crps"].to_numpy(float),
        prior_var=float(truth.var(ddof=1)) if varies else None,
    )
