"""A finished or running run as pandas frames; nothing here samples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sbc.plugins.data import is_density
from sbc.plugins.errors import UserError
from sbc.stats.fits import Fits
from sbc.stats.vectors import Elements
from sbc.store.database import Store, read_run
from sbc.store.folder import RunFile, refuse_sweep
from sbc.store.names import natural, vector_of
from sbc.store.ranked import with_pit
from sbc.store.reasons import readable
from sbc.store.rows import CELL, FAILED, LEVELS, PROBABILITIES, quantile_column
from sbc.store.schema import RESULTS_FILE, keeps_shortest, reading
from sbc.store.settings import Settings
from sbc.store.shard import Shard

_SHORTEST = [f"hdi{100 * level:g}_{end}" for level in LEVELS for end in ("low", "high")]
KEYS = ["estimator", "engine", "quantity"]
_TEXT = ("estimator", "engine", "status", "error", "quantity")
_WHOLE = (
    *("dataset", "attempt", "divergences", "steps", "seed", "chains", "draws"),
    *("rank", "ties", "size"),
)


@dataclass(frozen=True)
class Run:
    """One run, read into memory.

    Attributes
    ----------
    folder : Path
        Where it was read from.
    provenance : RunFile
        The contents of ``run.json``.
    settings : Settings
        What was run.
    fits : DataFrame
        One row a fit: dataset, estimator, engine, status, error, attempt, divergences, steps…
    results : DataFrame
        One row a fit and quantity, of fits that worked: truth, mean, sd, quantiles, rank, pit…
    cell : int
        Of a sweep, where this is one of its cells.
    label : str
        Which of the combinations of its factors this is, where results were made elsewhere.
    """

    folder: Path
    provenance: RunFile
    settings: Settings
    fits: pd.DataFrame
    results: pd.DataFrame
    cell: int = 0
    label: str = ""

    def streams(self, estimands_only: bool = False) -> Iterator[tuple[tuple[str, str, str], Any]]:
        """Yield ((estimator, engine, quantity), frame sorted by dataset), in the run's order."""
        order = {name: i for i, name in enumerate(self.settings.estimators)}
        groups = dict(iter(self.results.groupby(KEYS, sort=False)))
        for key in sorted(groups, key=lambda key: (order.get(key[0], 0), key[1], natural(key[2]))):
            if not estimands_only or self._is_estimand(key[0], key[2]):
                yield key, groups[key]

    @property
    def expected_uniform(self) -> list[str]:
        """Estimators whose ranks are expected to be uniform, as was known when the run was made.

        Asking their generator now would run its file, which the run folder of a stranger may name.
        """
        return self.provenance.expected_uniform

    @property
    def regimes(self) -> list[str]:
        """Truth regimes of its generator, as was known when the run was made."""
        return self.provenance.regimes

    @property
    def factors(self) -> list[str]:
        """Features that a study is crossed by whose results were made elsewhere."""
        return list(self.provenance.imported.get("factors", []))

    @property
    def shard(self) -> Shard:
        """Which part of its plan this is."""
        return self.provenance.shard

    def fits_of(self, estimator: str, engine: str) -> pd.DataFrame:
        """Pick the fits of one estimator by one engine."""
        return self.fits[(self.fits.estimator == estimator) & (self.fits.engine == engine)]

    @property
    def all_failed(self) -> bool:
        """Whether there are fits and none of them worked."""
        return bool(len(self.fits) and self.fits["status"].isin(FAILED).all())

    @property
    def lines(self) -> list[str]:
        """What a reader should know of how estimators were put to the test, whose it is first."""
        told = self.provenance.lines
        if notes := self.provenance.imported.get("notes"):
            return [readable(str(note)) for note in notes]
        if not isinstance(told, dict):
            return self.provenance.stopped
        several = len(told) > 1
        return self.provenance.stopped + [
            readable(f"{name}: {line}" if several else str(line))
            for name, lines in told.items()
            for line in (lines if isinstance(lines, list) else [])
        ]

    def estimands(self, estimator: str) -> list[str]:
        """List what an estimator estimates, whether or not a fit of it has worked."""
        return self.provenance.estimands.get(estimator, [])

    def features(self, estimator: str = "") -> pd.DataFrame:
        """Read the features of every dataset, indexed by its number.

        In regime ``self`` each estimator has its own datasets; elsewhere its name does not matter.
        """
        with undamaged(self.folder / RESULTS_FILE):
            found = {
                k: _numbers(json.loads(text))
                for k, source, text in self.datasets("features")
                if source in ("", estimator)
            }
            return pd.DataFrame.from_dict(found, orient="index")

    def datasets(self, column: str) -> Iterator[tuple[int, str, str]]:
        """Read one column of the table of datasets, with their numbers and sources."""
        first = self.cell * CELL
        last = first + CELL - 1 if self.provenance.is_sweep else 2**62
        query = f"SELECT k - ?, source, {column} FROM dataset WHERE k BETWEEN ? AND ? ORDER BY k"
        with Store.open(self.folder) as store:
            yield from store.rows(query, (first, first, last))

    def draws(self, key: tuple[str, str, str], datasets: Any) -> np.ndarray:
        """Read the thinned draws that the truth was ranked in, shape (n_datasets, L).

        Raises
        ------
        UserError
            If draws are missing or of another number than their row says, or none were kept.
        """
        query = "SELECT k, size, draws FROM thinned WHERE estimator = ? AND engine = ?"
        with Store.open(self.folder) as store:
            rows = store.rows(f"{query} AND quantity = ?", key)
            found = {
                k - self.cell * CELL: np.frombuffer(blob, "<f8")
                for k, size, blob in rows
                if 0 < len(blob) == 8 * size
            }
        if not found and len(datasets):
            raise UserError(f"{self.folder} holds no draws of '{key[2]}' by {key[0]}")
        with undamaged(self.folder / RESULTS_FILE, f"the draws of {key} are incomplete"):
            return np.array([found[k] for k in datasets]).reshape(len(datasets), -1)

    def _is_estimand(self, estimator: str, quantity: str) -> bool:
        known = self.estimands(estimator)
        if not known:
            return not is_density(quantity)
        return quantity in known or vector_of(quantity) in known


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
    refuse_sweep(folder, provenance)
    settings = provenance.settings
    fits, results = read_rows(folder)
    with undamaged(folder / RESULTS_FILE):
        if foreign := set(fits.estimator) - set(settings.estimators):
            raise ValueError(f"it holds fits of '{min(foreign)}', which is none of its run's")
    return Run(folder, provenance, settings, fits, results)


def read_rows(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the fits and the results of a run, or of all cells of a sweep; errors as `load_run`."""
    file = folder / RESULTS_FILE
    worked = f"status NOT IN ({', '.join('?' * len(FAILED))})"
    with Store.open(folder) as store, reading(file):
        store.connection.execute("BEGIN")  # both queries see the same moment of a run under way
        fits = _frame(store, "SELECT * FROM fit ORDER BY k, estimator, engine")
        kept = keeps_shortest(store.connection)
        more = ", ".join(_SHORTEST if kept else [f"NULL AS {name}" for name in _SHORTEST])
        beside = "LEFT JOIN shortest USING (k, estimator, engine, quantity) " if kept else ""
        results = _frame(
            store,
            f"SELECT result.*, {more} FROM result JOIN fit USING (k, estimator, engine) {beside}"
            f"WHERE {worked} ORDER BY k, estimator, engine, quantity",
            FAILED,
        )
    with undamaged(file):
        fits, results = fits.astype(_dtypes(fits)), results.astype(_dtypes(results))
        return fits, with_pit(results)


@contextmanager
def undamaged(file: Path, what: str = "") -> Iterator[None]:
    """Tell in one line that what a file holds makes no sense."""
    try:
        yield
    except (LookupError, TypeError, ValueError, OverflowError, RecursionError) as problem:
        raise UserError(f"{file} is damaged: {what or problem}") from problem


def _numbers(features: Any) -> dict[str, Any]:
    """Take a dataset's features: numbers, words, or lists of them.

    Raises
    ------
    TypeError
        For anything else.
    """
    if not isinstance(features, dict):
        raise TypeError("the features of a dataset are no table")
    for value in features.values():
        for number in value if isinstance(value, list) else [value]:
            if not isinstance(number, int | float | str):
                raise TypeError(f"a feature cannot be {number!r}")
    return features


def _frame(store: Store, query: str, parameters: tuple[str, ...] = ()) -> pd.DataFrame:
    cursor = store.connection.execute(query, parameters)
    return pd.DataFrame(
        cursor.fetchall(),
        columns=["dataset" if name == "k" else name for name, *_ in cursor.description],
    )


def _dtypes(frame: pd.DataFrame) -> dict[str, str]:
    """Say what each column is: a table that is empty or holds NULLs is no different."""
    kinds = {**dict.fromkeys(_TEXT, "object"), **dict.fromkeys(_WHOLE, "int64")}
    return {name: kinds.get(name, "float64") for name in frame}


def as_fits(frame: pd.DataFrame, whole: pd.DataFrame | None = None) -> Fits:
    """Turn the rows of one stream into the arrays that metrics take.

    Parameters
    ----------
    frame : DataFrame
        The rows of the datasets to look at.
    whole : DataFrame, optional
        Those of all datasets of the run, whose truths have the prior's variance: a stratum's own
        have less. By default `frame`.

    Returns
    -------
    Fits
    """
    truth = frame["truth"].to_numpy(float)
    every = truth if whole is None else whole["truth"].to_numpy(float)
    varies = len(every) > 1 and np.ptp(every) > 0
    with np.errstate(over="ignore"):  # of truths that nobody has drawn
        prior_var = float(every.var(ddof=1)) if varies else None
    return Fits(
        truth=truth,
        mean=frame["mean"].to_numpy(float),
        sd=frame["sd"].to_numpy(float),
        pit=frame["pit"].to_numpy(float),
        quantiles={p: frame[quantile_column(p)].to_numpy(float) for p in PROBABILITIES},
        crps=frame["crps"].to_numpy(float),
        prior_var=prior_var,
        prior_truths=every if varies else None,
    )


def as_elements(
    frames: Mapping[str, pd.DataFrame], whole: Mapping[str, pd.DataFrame] | None = None
) -> Elements:
    """Turn the rows of a vector's elements, by their names, into what is pooled."""
    every = frames if whole is None else whole
    fits = tuple(as_fits(frame, every[name]) for name, frame in frames.items())
    return Elements(tuple(frames), fits)
