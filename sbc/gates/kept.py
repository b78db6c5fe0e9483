"""Lists of findings that are kept beside a run, as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sbc.plugins.errors import UserError
from sbc.store.publish import publish_text


def write(file: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write plain JSON values, whole or not at all.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    publish_text(file, json.dumps(list(rows), indent=1, allow_nan=False) + "\n")


def read[T](file: Path, make: Callable[[dict[str, Any]], T]) -> tuple[T, ...]:
    """Read what was kept; nothing if there is no such file.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    if not file.is_file():
        return ()
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(rows, list):
            raise TypeError("it holds no list")
        return tuple(make(row) for row in rows)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as problem:
        raise UserError(f"{file} is damaged: {type(problem).__name__}: {problem}") from problem
