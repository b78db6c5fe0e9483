"""What the forward check found, kept beside a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sbc.gates.forward import Forward
from sbc.plugins.errors import UserError
from sbc.store.publish import publish_text

FILE = "forward.json"


def write_forward(folder: Path, found: Sequence[Forward]) -> None:
    """Keep it in a run's folder.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    text = json.dumps([one.to_json() for one in found], indent=1, allow_nan=False)
    publish_text(folder / FILE, text + "\n")


def read_forward(folder: Path) -> tuple[Forward, ...]:
    """Read what was kept; nothing if the check was not made.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    file = folder / FILE
    if not file.is_file():
        return ()
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        return tuple(Forward.from_json(one) for one in values)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as problem:
        raise UserError(f"{file} is damaged: {type(problem).__name__}: {problem}") from problem
