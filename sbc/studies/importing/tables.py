"""A long table: one row an estimate, or one a rank, with what tells them apart beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sbc.plugins.errors import UserError, option, unknown
from sbc.studies.importing.asked import Asked
from sbc.studies.importing.columns import found_in
from sbc.studies.importing.pieces import Key, plain

#: A column of more values than this is no factor, unless it is named as one.
_LEVELS_OF_A_FACTOR = 50
#: Columns that are looked at beside ranks alone, and those that are not looked at there.
_OF_RANKS = ("max_rank", "mean", "sd", "q05", "q50", "q95", "rhat", "ess_bulk", "ess_tail")
_OF_ESTIMATES = ("estimate", "se", "low", "high", "level", "df")


@dataclass(frozen=True)
class Table:
    """A table with its columns found.

    Attributes
    ----------
    frame : DataFrame
        As it is.
    name : str
        Of its file, for people.
    asked : Asked
        What its user says of it.
    columns : dict of str to str
        What its columns are, ours to theirs.
    factors : tuple of str
        Columns of the study's factors.
    """

    frame: pd.DataFrame
    name: str
    asked: Asked
    columns: dict[str, str]
    factors: tuple[str, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame, name: str, asked: Asked) -> Table:
        """Find the columns, and the factors of the study.

        Raises
        ------
        UserError
            If it is empty, or names columns that are not there.
        """
        if any(level is not None for level in frame.index.names):
            frame = frame.reset_index()  # whoever names an index means a column
        frame = frame.rename(columns=str)
        if frame.columns.has_duplicates:
            raise UserError(f"{name}: two columns are called '{_twice(frame.columns)}'")
        frame = _kept(frame, name, asked)
        if frame.empty:
            raise UserError(f"{name} holds no rows")
        only = frame.columns[0] if len(frame.columns) == 1 else ""
        if mark := next((mark for mark in ";\t|" if mark in only), ""):
            raise UserError(f"{name}: columns are separated by {mark!r}; sbc reads commas")
        columns = found_in(frame.columns, asked.columns, name)
        for column in asked.by or ():
            if column not in frame:
                raise unknown("column", column, frame.columns, f"in {name}")
        columns = {o: t for o, t in columns.items() if t not in (asked.by or ()) or o == "dataset"}
        if asked.true is not None:
            columns.pop("truth", None)  # what is told goes first
        if asked.name and "method" in columns:
            raise UserError(
                f"{name} names its methods, in '{columns['method']}': leave out " + option("name")
            )
        for lost in _OF_RANKS if "rank" not in columns else _OF_ESTIMATES:
            columns.pop(lost, None)
        table = cls(frame, name, asked, columns, tuple(asked.by or ()))
        if "rank" not in columns:
            _check_there("estimate", columns, frame, name)
        _check_there("dataset", columns, frame, name)
        if asked.by is not None or not table._repeats():
            return table
        free = [c for c in frame if c not in columns.values() and c != asked.true]
        free = [c for c in free if frame[c].nunique() <= _LEVELS_OF_A_FACTOR]
        return cls(frame, name, asked, columns, tuple(free))

    def _repeats(self) -> bool:
        keys = [self.columns[n] for n in ("dataset", "method", "estimand") if n in self.columns]
        return bool(self.frame.duplicated(keys).any())

    @property
    def is_ranks(self) -> bool:
        """Whether it holds ranks."""
        return "rank" in self.columns

    @property
    def unused(self) -> list[str]:
        """Columns that are not looked at."""
        used: set[Any] = {*self.columns.values(), *self.factors, *self.asked.where}
        used |= {self.asked.true} if isinstance(self.asked.true, str) else set()
        return [name for name in self.frame if name not in used]

    def numbers(self, ours: str) -> np.ndarray:
        """Give a column as numbers, NaN throughout if there is none.

        Raises
        ------
        UserError
            If it holds something else.
        """
        if ours not in self.columns:
            return np.full(len(self.frame), np.nan)
        return numbers_of(self.frame, self.columns[ours], self.name)

    @cached_property
    def keys(self) -> list[Key]:
        """Name the dataset of each row: its own name, and its factors."""
        names = (self.columns["dataset"], *self.factors)
        for name in names:
            if self.frame[name].isna().any():
                row = int(self.frame[name].isna().to_numpy().argmax())
                raise UserError(f"{self.name}: '{name}' is missing in row {row + 1}")
        columns = [[plain(value) for value in self.frame[name]] for name in names]
        return list(zip(*columns, strict=True))

    @cached_property
    def methods(self) -> list[str]:
        """Name the method of each row."""
        given = self.asked.name
        return self._texts("method", given or self.name.rpartition(".")[0] or self.name)

    @cached_property
    def estimands(self) -> list[str]:
        """Name the estimand of each row; of a table without such a column, that of its values."""
        return self._texts("estimand", self.columns.get("estimate", "estimate"))

    def _texts(self, ours: str, otherwise: str) -> list[str]:
        if ours not in self.columns:
            return [otherwise] * len(self.frame)
        column = self.frame[self.columns[ours]]
        if column.isna().any():
            row = int(column.isna().to_numpy().argmax())
            raise UserError(f"{self.name}: '{self.columns[ours]}' is missing in row {row + 1}")
        return [" ".join(str(plain(value)).split()) for value in column]

    def truths(self, needed: bool) -> np.ndarray:
        """Give the truth of each row, NaN where none is known.

        Raises
        ------
        UserError
            If one is needed and there is none.
        """
        true = self.asked.true
        if isinstance(true, str):
            if true not in self.frame:
                raise unknown("column", true, self.frame.columns, f"in {self.name}")
            values = numbers_of(self.frame, true, self.name)
        elif isinstance(true, int | float):
            values = np.full(len(self.frame), float(true))
        elif true is not None:
            if alone := next((name for name in true if name not in self.estimands), ""):
                raise unknown("estimand", alone, set(self.estimands), f"in {self.name}")
            values = np.array([self._true_of(true, name) for name in self.estimands])
        else:
            values = self.numbers("truth")
            if needed and "truth" not in self.columns:
                raise UserError(
                    f"{self.name} holds no truth: give a number or name its column with "
                    + option("true", "0.5")
                )
        if needed and not np.isfinite(values).all():
            row = int((~np.isfinite(values)).argmax())
            raise UserError(f"{self.name}: the truth is missing in row {row + 1}")
        return values

    def _true_of(self, true: Any, estimand: str) -> float:
        if estimand not in true:
            raise UserError(f"no truth of '{estimand}' in {self.name}: {option('true')} names none")
        return float(true[estimand])

    def rows(self) -> Iterator[tuple[Key, str, str]]:
        """Yield dataset, method and estimand of each row."""
        return iter(zip(self.keys, self.methods, self.estimands, strict=True))

    def refuse(self, bad: np.ndarray, what: str) -> None:
        """Refuse a table for the first row of which something is so.

        Raises
        ------
        UserError
            Naming the row.
        """
        if bad.any():
            raise UserError(f"{self.place(int(bad.argmax()))}: {what}")

    def place(self, row: int) -> str:
        """Say where a row stands: its dataset, method and estimand."""
        key = " / ".join(map(str, self.keys[row]))
        return f"{self.name}, dataset {key}, {self.methods[row]}, '{self.estimands[row]}'"


def numbers_of(frame: pd.DataFrame, column: str, where: str) -> np.ndarray:
    """Give a column as numbers, NaN where it is empty.

    Raises
    ------
    UserError
        Naming the first row that holds something else.
    """
    if frame[column].dtype.kind in "bMmc":  # pandas makes numbers of dates too
        kind = frame[column].dtype
        raise UserError(f"{where}: '{column}' holds no numbers, but {kind}")
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(float, na_value=np.nan)
    bad = np.isnan(values) & frame[column].notna().to_numpy()
    bad &= ~frame[column].map(_is_nan_text).to_numpy(bool)
    if bad.any():
        row = int(bad.argmax())
        told = str(frame[column].iloc[row])[:40]
        raise UserError(f"{where}: '{column}' holds no number in row {row + 1}: '{told}'")
    return values


def _is_nan_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip().lower() in ("", "na", "nan", ".")


def _check_there(ours: str, columns: dict[str, str], frame: pd.DataFrame, name: str) -> None:
    """Refuse a table without a column that it needs.

    Raises
    ------
    UserError
        Saying how to tell which it is.
    """
    if ours not in columns:
        lacking = unknown("column", ours, frame.columns, f"in {name}").neutral
        theirs = frame.columns[-1]
        raise UserError(
            f"{lacking}; say which it is, for example with {option('columns', f'{theirs}={ours}')}"
        )


def _kept(frame: pd.DataFrame, name: str, asked: Asked) -> pd.DataFrame:
    """Keep the rows that are asked for.

    Raises
    ------
    UserError
        For a column or a value that there is not.
    """
    for column, wanted in asked.where.items():
        if column not in frame:
            raise unknown("column", column, frame.columns, f"in {name}")
        texts = frame[column].map(lambda value: str(plain(value)))
        if wanted not in set(texts):
            raise unknown(f"value of '{column}'", wanted, sorted(set(texts))[:20], f"in {name}")
        frame = frame[texts == wanted]
    return frame


def _twice(columns: pd.Index) -> str:
    return str(columns[columns.duplicated()][0])
