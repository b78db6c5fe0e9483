"""Real data from a file: a table as CSV with a header, or arrays by name as JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sbc.plugins.data import Array, Data
from sbc.plugins.errors import UserError, option
from sbc.plugins.generator import Generator
from sbc.plugins.validate import check_data

#: The dimension of a table that no generator describes.
ROWS = "rows"
#: How tables write that a value is missing.
_MISSING = {"", "na", "n/a", "nan", "null", "none", "."}
_WHOLE = re.compile(r"[-+]?[0-9]{1,4000}")
_NUMBER = re.compile(r"[-+]?([0-9]{1,4000}(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
#: Digits with what people put among them: a decimal comma, thousands, a unit's sign.
_LIKE_A_NUMBER = re.compile(
    r"[-+−–(<>≤≥~≈$€£¥\s]*(\d[\d.,_'’\s]*([eEdD][-+−]?\d+)?|0[xX][0-9a-fA-F]+|\d+/\d+|[²³½¼¾])"
    r"[)%‰$€£¥²³\s]*(EUR|USD|GBP|CHF|JPY)?|[-+−]?inf(inity)?",
    re.IGNORECASE,
)
_LOGICAL = {"true": 1, "false": 0}
#: So many codes of words are told.
_SHOWN = 12


def on_real_data(generator: Generator, name: str, file: Path, free: bool) -> Generator:
    """Give a generator with real data as its only design, and no truth.

    Parameters
    ----------
    generator : Generator
        Which says along which dimension each array runs.
    name : str
        The file as the user names it.
    file : Path
        Where it lies.
    free : bool
        Whether the file alone says what there is: then every column of a table, and every array
        that is as long as the longest, runs along the rows.

    Raises
    ------
    UserError
        If it cannot be read, or its arrays do not fit together.
    """
    lines: list[str] = []
    csv_file = file.suffix == ".csv"
    data = _table(name, file, generator, lines) if csv_file else _arrays(name, file)
    if free:
        longest = max(a.shape[0] for a in data.values() if a.ndim)
        dims = {n: ROWS for n, a in data.items() if a.ndim and a.shape[0] == longest}
        generator = replace(generator, dims=dims)
    try:
        check_data(generator, data)
    except ValueError as problem:
        raise UserError(f"{name}: {problem}") from problem
    features = {n: f for n, f in generator.features.items() if _works(f, data)}
    return replace(
        generator,
        name=name,
        simulate=lambda rng, truth: dict(data),
        sizes={},
        features=features,
        regimes={},
        uniform_ranks={},
        lines=tuple(lines),
    )


def _works(feature: Any, data: Data) -> bool:
    """Say whether the file has what a feature of the generator's looks at."""
    try:
        feature(data)
    except KeyError:
        return False
    return True


def _text(name: str, file: Path) -> str:
    if file.suffix not in (".csv", ".json"):
        raise UserError(f"{option('data')} takes a .csv or a .json file, not {name}")
    if not file.is_file():
        raise UserError(f"no file {name} to take the data from")
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as problem:
        raise UserError(f"{name} cannot be read: {problem}") from problem


def _arrays(name: str, file: Path) -> Data:
    """Read a JSON object of arrays."""
    try:
        values = json.loads(_text(name, file))
    except RecursionError as problem:
        raise UserError(f"{name} nests deeper than any array") from problem
    except ValueError as problem:
        raise UserError(f"{name} is not JSON: {problem}") from problem
    if not isinstance(values, dict) or not values:
        raise UserError(f'{name} must hold arrays by name, as {{"y": [1, 2, 3]}}')
    try:
        data = {key: np.asarray(value) for key, value in values.items()}
    except (ValueError, OverflowError) as problem:  # rows of unequal lengths
        raise UserError(f"{name}: {problem}") from problem
    for key, array in data.items():
        if _huge(values[key]):  # NumPy makes numbers with a point of them, or objects
            raise UserError(f"{name}: '{key}' holds a number that does not fit into 64 bits")
        if array.dtype.kind not in "biuf":
            raise UserError(f"{name}: '{key}' must be numbers or arrays of them")
    if not any(array.ndim and array.size for array in data.values()):
        raise UserError(f"{name} holds no array with anything in it")
    return data


def _huge(value: Any) -> bool:
    """Say whether a list of any depth, or a number, holds an integer beyond 64 bits."""
    if isinstance(value, list):
        return any(_huge(part) for part in value)
    return isinstance(value, int) and not -(2**63) <= value < 2**63


def _table(name: str, file: Path, generator: Generator, told: list[str]) -> Data:
    """Read a CSV file, what runs along groups taken from the groups' rows; tell codes of words."""
    lines = _lines(name, _text(name, file))
    if len(lines) < 2:
        raise UserError(f"{name} must hold a header and at least one row")
    header = [word.strip() for word in lines[0][1]]
    if len(header) == 1 and (other := next((c for c in ";\t|" if c in header[0]), None)):
        raise UserError(f"{name}: columns are separated by {other!r}; sbc reads commas")
    if "" in header or len(set(header)) < len(header):
        raise UserError(f"{name}: every column needs a name of its own: {', '.join(header)}")
    for i, row in lines[1:]:
        if len(row) != len(header):
            raise UserError(f"{name}, line {i}: {len(row)} values, but {len(header)} columns")
    columns = {
        column: _column(name, column, [(i, row[j].strip()) for i, row in lines[1:]], told)
        for j, column in enumerate(header)
    }
    indexes = {dim: index for index, dim in generator.indexes.items() if index in columns}
    return {
        column: _by_group(f"{name}, column '{column}'", values, columns[indexes[dim]], dim)
        if (dim := generator.dims.get(column)) in indexes
        else values
        for column, values in columns.items()
    }


def _lines(name: str, text: str) -> list[tuple[int, list[str]]]:
    """Read the rows of a table that are not empty, each with the line on which it ends."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [(reader.line_num, row) for row in reader if row]
    except csv.Error as problem:  # a quote that is not closed, a cell of more than 128 kB
        raise UserError(f"{name}, line {reader.line_num}: {problem}") from problem


def _column(name: str, column: str, cells: list[tuple[int, str]], told: list[str]) -> Array:
    """Read numbers; words become the numbers of their kinds, from 0, as they first appear."""
    where = f"{name}, column '{column}'"
    if all(text == "" for _, text in cells):
        raise UserError(f"{where} is empty")
    missing = [line for line, text in cells if text.casefold() in _MISSING]
    if missing:
        raise UserError(
            f"{where}, line {missing[0]}: a missing value ({len(missing)} in all); leave such rows "
            "out, or state the data in the model's own file, where PyMC imputes outcomes that are "
            "missing"
        )
    if all(text.casefold() in _LOGICAL for _, text in cells):
        told.append(f"column '{column}' holds logical values: false = 0, true = 1")
        return np.array([_LOGICAL[text.casefold()] for _, text in cells])
    numbers = [_number(text) for _, text in cells]
    if all(number is None for number in numbers):
        for line, text in cells:
            if _LIKE_A_NUMBER.fullmatch(text):
                raise UserError(
                    f"{where}, line {line}: '{text}' looks like a number that sbc cannot read; "
                    "write 1234.5, without units, thousands separators or a decimal comma"
                )
        kinds = {text: i for i, text in enumerate(dict.fromkeys(text for _, text in cells))}
        codes = [f"{' '.join(text.split())} = {i}" for text, i in kinds.items()]
        more = f", … {len(codes)} in all" if len(codes) > _SHOWN else ""
        told.append(f"column '{column}' holds words, coded {', '.join(codes[:_SHOWN])}{more}")
        return np.array([kinds[text] for _, text in cells])
    for (line, text), number in zip(cells, numbers, strict=True):
        if isinstance(number, int) and not -(2**63) <= number < 2**63:
            raise UserError(f"{where}, line {line}: {_shown(text)} does not fit into 64 bits")
        if number is None or not np.isfinite(number):
            raise UserError(f"{where}, line {line}: {_shown(text)} is no finite number")
    return np.array(numbers)


def _shown(text: str) -> str:
    """Write a cell on one line, and no more of it than anybody reads."""
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def _number(text: str) -> int | float | None:
    """Read a number as tables write them: Python's own reading takes 1_000 as well, and ١٢."""
    if not _NUMBER.fullmatch(text):
        return None
    return int(text) if _WHOLE.fullmatch(text) else float(text)


def _by_group(where: str, values: Array, index: Array, dim: str) -> Array:
    """Take the one value that each group has in all of its rows."""
    if index.dtype.kind not in "iu" or index.min() < 0:
        raise UserError(f"{where}: the {dim} must be numbered from 0")
    size = int(index.max()) + 1
    if len(missing := set(range(size)) - set(index.tolist())):
        raise UserError(f"{where}: no row is about number {min(missing)} of the {dim}")
    first = np.zeros(size, values.dtype)
    first[index[::-1]] = values[::-1]
    if (values != first[index]).any():
        j = int(index[values != first[index]][0])
        raise UserError(f"{where}: number {j} of the {dim} has more than one value")
    return first
