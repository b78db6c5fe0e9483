"""A sweep's verdicts as files."""

from __future__ import annotations

from pathlib import Path

from sbc.gates import files
from sbc.studies.sweep import gate_words as words
from sbc.studies.sweep.gate import SweepGate


def publish(
    gate: SweepGate,
    json: str | Path | None = None,
    junit: str | Path | None = None,
    markdown: str | Path | None = None,
) -> None:
    """Write the verdicts into those of these files that are named.

    Raises
    ------
    UserError
        If one cannot be written.
    """
    files.write_named(gate, (json, words.as_json), (junit, words.junit), (markdown, words.markdown))
