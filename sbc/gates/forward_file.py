"""What the forward check found, kept beside a run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sbc.gates import kept
from sbc.gates.forward import Forward

FILE = "forward.json"


def write_forward(folder: Path, found: Iterable[Forward]) -> None:
    """Keep it in a run's folder; errors as of `sbc.gates.kept.write`."""
    kept.write(folder / FILE, (one.to_json() for one in found))


def read_forward(folder: Path) -> tuple[Forward, ...]:
    """Read what was kept; errors as of `sbc.gates.kept.read`."""
    return kept.read(folder / FILE, Forward.from_json)
