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
from sbc.errors import UserError
from sbc.metrics import Fits
from sbc.ranks import pit
from sbc.rows import FAILED, PROBABILITIES
from sbc.settings import Settings, owes_uniform
from sbc.store import RESULTS_FILE, Store, read_run, reading

_QUANTILES = ["q" + f"{p:g}"[2:].ljust(2, "0") for p in PROBABILITIES]
KEYS = ["estimator", "engine", "quantity"]
_TEXT = ("estimator", "engine", "status", "error", "quantity")
_WHOLE = ("k", "attempt", "divergences", "steps", "seed", "chains", "draws", "rank", "ties", "size")


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
            if not estimands_only or self._is_estimand(key[0], key[2]):
                yield key, groups[key]

    @property
    def owing(self) -> list[str]:
        """Estimators that owe uniform ranks, as was known when the run was made."""
        settings = self.settings
        known = self.provenance.get("owing")
        if known is None:
            known = [name for name in settings.estimators if owes_uniform(settings, name)]
        return known

    def estimands(self, estimator: str) -> list[str]:
        """List what an estimator estimates, whether or not a fit of it has worked."""
        return self.provenance.get("estimands", {}).get(estimator, [])

    def features(self, estimator: str = "") -> pd.DataFrame:
        """Read the features of every dataset, indexed by its number.

        In regime ``self`` each estimator has its own datasets; elsewhere its name does not matter.
        """
        with Store.open(self.folder) as store:
            query = "SELECT k, features FROM dataset WHERE source IN ('', ?) ORDER BY k"
            texts = dict(store.rows(query, (estimator,)))
        try:
            found = {k: json.loads(text) for k, text in texts.items()}
        except ValueError as problem:
            raise UserError(f"{self.folder / RESULTS_FILE} is damaged: {problem}") from problem
        return pd.DataFrame.from_dict(found, orient="index")

    def draws(self, key: tuple[str, str, str], datasets: Any) -> np.ndarray:
        """Read the thinned draws that the truth was ranked in, shape (n_datasets, L).

        Raises
        ------
        UserError
            If draws are missing or of another number than their row says.
        """
        query = "SELECT k, size, draws FROM thinned WHERE estimator = ? AND engine = ?"
        with Store.open(self.folder) as store:
            rows = store.rows(f"{query} AND quantity = ?", key)
            found = {
                k: np.frombuffer(blob, "<f8") for k, size, blob in rows if len(blob) == 8 * size
            }
        try:
            return np.array([found[k] for k in datasets]).reshape(len(datasets), -1)
        except (KeyError, ValueError) as problem:
            file = self.folder / RESULTS_FILE
            raise UserError(f"{file} is damaged: the draws of {key} are incomplete") from problem

    def _is_estimand(self, estimator: str, quantity: str) -> bool:
        known = self.estimands(estimator)
        return quantity.partition("[")[0] in known if known else quantity != LOG_LIKELIHOOD


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
    file = folder / RESULTS_FILE
    worked = f"status NOT IN ({', '.join('?' * len(FAILED))})"
    with Store.open(folder) as store, reading(file):
        store.connection.execute("BEGIN")  # both queries see the same moment of a run under way
        fits = _frame(store, "SELECT * FROM fit ORDER BY k, estimator, engine")
        results = _frame(
            store,
            f"SELECT result.* FROM result JOIN fit USING (k, estimator, engine) "
            f"WHERE {worked} ORDER BY k, estimator, engine, quantity",
            FAILED,
        )
    try:
        fits, results = fits.astype(_dtypes(fits)), results.astype(_dtypes(results))
        results["u"] = pit(results["rank"], results["ties"], results["size"], results["jitter"])
    except (LookupError, TypeError, ValueError) as problem:
        raise UserError(f"{file} is damaged: {problem}") from problem
    return Run(folder, provenance, Settings.from_json(provenance["settings"]), fits, results)


def _frame(store: Store, query: str, parameters: tuple[str, ...] = ()) -> pd.DataFrame:
    cursor = store.connection.execute(query, parameters)
    return pd.DataFrame(cursor.fetchall(), columns=[column[0] for column in cursor.description])


def _dtypes(frame: pd.DataFrame) -> dict[str, str]:
    """Say what each column is: a table that is empty or holds NULLs is no different."""
    kinds = {**dict.fromkeys(_TEXT, "object"), **dict.fromkeys(_WHOLE, "int64")}
    return {name: kinds.get(name, "float64") for name in frame}


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
