"""The rows of a sweep's cell as they stand in its database."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from sbc.store.rows import CELL
from sbc.store.schema import RESULTS_FILE

TABLES = ("dataset", "fit", "result", "thinned", "shortest")


def contents(folder, cell=0, rename=("", "")):
    """Read the rows of a cell under a run's numbers, but for times; names may be others."""
    found = {}
    with closing(sqlite3.connect(folder / RESULTS_FILE)) as connection:
        for table in TABLES:
            rows = connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4")
            names = [column[0] for column in rows.description]
            rows = [dict(zip(names, row, strict=True)) for row in rows]
            rows = [r | {"k": r["k"] - cell * CELL, "seconds": 0} for r in rows]
            found[table] = [
                {n: rename[1] if v == rename[0] else v for n, v in r.items()}
                for r in rows
                if 0 <= r["k"] < CELL
            ]
    return found
