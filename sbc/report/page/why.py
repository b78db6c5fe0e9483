"""Two parts of the page: what differs before any fit, and why a verdict failed."""

from __future__ import annotations

from typing import Any

from sbc.gates import forward_words
from sbc.gates.causes import KINDS, read_causes
from sbc.gates.forward_file import read_forward
from sbc.report.labels import Labels
from sbc.store.frames import Run


def before(run: Run, labels: Labels) -> list[dict[str, Any]]:
    """Tell the forward check of each estimator, if it was made."""
    return [
        {
            "estimator": labels.label(found.estimator, ""),
            "place": labels.places[found.estimator],
            "rows": [
                {
                    "what": one.what,
                    "kind": _kind(one.at is None, found.judged),
                    "verdict": "agrees" if one.at is None else "differs",
                    "words": forward_words.told(one),
                }
                for one in found.found
            ],
            "notes": forward_words.notes(found),
            "conclusion": forward_words.conclusion(found),
        }
        for found in read_forward(run.folder)
        if found.estimator in labels.places
    ]


def _kind(agrees: bool, judged: bool) -> str:
    if agrees:
        return "pass"
    return "fail" if judged else "inconclusive"


def why(run: Run, labels: Labels) -> list[dict[str, Any]]:
    """Tell what was found at work where there was a fault; nothing where there was none."""
    return [
        {
            "estimator": labels.label(found.estimator, found.engine),
            "place": labels.places[found.estimator],
            "paragraph": found.paragraph,
            "clues": [
                {
                    "mark": "at work" if clue.found and clue.kind in KINDS else clue.kind,
                    "at_work": clue.found and clue.kind in KINDS,
                    "words": clue.words,
                    "command": clue.command,
                }
                for clue in found.clues
            ],
        }
        for found in read_causes(run.folder)
        if found.faults and found.estimator in labels.places
    ]
