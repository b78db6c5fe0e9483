"""Runs as a comment on a pull request or a job's summary: verdicts and numbers, under 60 lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sbc.gates.causes import read_causes
from sbc.gates.verdict_words import SIGNS
from sbc.gates.words import conclusion
from sbc.report.discrete import NOTE
from sbc.report.numbers import p_value, plus_minus
from sbc.report.page.answer import regime_words
from sbc.report.page.fits import statuses
from sbc.report.page.gate import state
from sbc.report.page.page import Chapter, chapters
from sbc.report.verdicts import WORST_FIRST, Pair
from sbc.store.frames import Run
from sbc.store.reasons import listed_once

LINES = 59
_HEADS = ("estimator", "quantity", "verdict", "bias_sd", "RMSE", "coverage 95 %", "rank p")
_EACH = 18  # lines of a run that are not rows of its table
_NOTES = 3  # of how estimators were put to the test


def markdown(runs: Sequence[Run]) -> str:
    """Write verdicts and the table of each run.

    Where there are too many rows for `LINES` lines, those that are calibrated go first, and their
    number is told.
    """
    found = chapters(runs)
    rows = max(1, LINES // max(len(found), 1) - _EACH)
    lines = [line for chapter in found for line in _chapter(chapter, rows)]
    if len(lines) > LINES:  # so many runs that not even one row each has room
        lines = [*lines[: LINES - 2], "", f"… and more: {len(found)} runs in all."]
    return "\n".join(lines).rstrip()


def _chapter(chapter: Chapter, most: int) -> list[str]:
    run = chapter.run
    lines = [f"### {_plain(chapter.title)}", ""]
    lines += [_plain(" ".join(regime_words(run))), ""]
    if stopped := state(run, chapter.judgement):
        lines += [f"**{_plain(stopped)}**", ""]
    if gate := chapter.judgement.gate:
        lines += [f"**{_plain(conclusion(gate))}**", ""]
    pairs = [pair for pair in chapter.pairs if pair.quantity]
    kept = set(sorted(range(len(pairs)), key=lambda i: WORST_FIRST[pairs[i].outcome])[:most])
    shown = [pair for i, pair in enumerate(pairs) if i in kept]
    if shown:
        lines += [_row(_HEADS), _row(["---"] * len(_HEADS))]
        lines += [_row(_cells(pair, chapter)) for pair in shown]
    if len(shown) < len(pairs):
        lines += [
            "",
            f"{len(pairs) - len(shown)} more rows are in the page, none worse than these.",
        ]
    causes = [one for one in read_causes(run.folder) if one.faults]
    lines += [f"- {_plain(one.paragraph)}" for one in causes[:_NOTES]]
    marked = f" {NOTE}" if any(pair.discrete for pair in shown) else ""
    lines += ["", _plain(_fits(chapter) + marked)]
    mine = {chapter.labels.label(*pair): run.fits_of(*pair) for pair in run.settings.pairs}
    for label, reasons in listed_once(mine, most=2).items():
        lines += [f"- {_plain(f'{label}: {text}')}" for text in reasons]
    lines += [f"- {_plain(line)}" for line in run.lines[:_NOTES]]
    if len(run.lines) > _NOTES:
        lines.append(f"- … and {len(run.lines) - _NOTES} more notes in the page.")
    return [*lines, ""]


def _cells(pair: Pair, chapter: Chapter) -> list[str]:
    sign = SIGNS[pair.outcome]
    return [
        chapter.labels.label(pair.estimator, pair.engine),
        pair.quantity,
        f"{sign.symbol} {sign.words}" + (f" ({pair.note})" if pair.note else ""),
        plus_minus(*pair.bias),
        plus_minus(*pair.measure("rmse")),
        pair.coverage_words,
        p_value(pair.adjusted),
    ]


def _fits(chapter: Chapter) -> str:
    parts = []
    for row in statuses(chapter.run, chapter.labels):
        cells = dict(row["cells"])
        parts.append(
            f"{row['estimator']} {cells['fits']} ({cells['failed']} failed, "
            f"{cells['retried']} retried)"
        )
    return f"Fits: {', '.join(parts)}. a ± b: an estimate and its Monte Carlo error."


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_plain(cell) for cell in cells)} |"


def _plain(text: str) -> str:
    """Keep names from becoming markup, or more than a line."""
    return re.sub(r"([\\`*<>|\[\]#])", r"\\\1", " ".join(text.split()))
