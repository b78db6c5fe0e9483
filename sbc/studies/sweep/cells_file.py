"""The cells of a sweep in a CSV file: a column a factor, and a row a cell."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sbc.plugins.errors import UserError
from sbc.store.settings import Settings
from sbc.studies.sweep.asked import grid_of_cells
from sbc.studies.sweep.grid import Grid

#: What other programs put between columns.
_OTHERS = {";": "semicolons", "\t": "tabs"}


def read_cells(
    file: str | Path, settings: Settings, given: Mapping[str, Any] | None = None
) -> Grid:
    """Read the cells of a CSV file: a column a factor, called by its name, and a row a cell.

    Raises
    ------
    UserError
        If the file cannot be read or is no such table, and as
        `sbc.studies.sweep.asked.parse_grid`.
    """
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as opened:
            header, *rows = [row for row in csv.reader(opened) if any(map(str.strip, row))] or [[]]
    except OSError as problem:
        raise UserError(f"cannot read {file}: {problem.strerror or problem}") from problem
    except (UnicodeDecodeError, csv.Error) as problem:
        raise UserError(f"cannot read {file}: it is no CSV file in UTF-8 ({problem})") from problem
    names = [name.strip() for name in header]
    if len(names) == 1 and (found := next((c for c in _OTHERS if c in names[0]), "")):
        raise UserError(f"{file} separates its columns by {_OTHERS[found]}; use commas")
    if "" in names:
        raise UserError(
            f"column {names.index('') + 1} of {file} has no name: each column is a factor"
        )
    if wrong := next((row for row in rows if len(row) != len(names)), None):
        raise UserError(f"{file} has {len(names)} columns and a row of {len(wrong)}")
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise UserError(f"{file} names a column twice: {twice}")
    cells = [dict(zip(names, map(str.strip, row), strict=True)) for row in rows]
    return grid_of_cells(cells, settings, given, str(file))
