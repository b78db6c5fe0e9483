"""What the page says of the gate, of the verdicts' meaning, and of what is missing from a run."""

from __future__ import annotations

from typing import Any

from sbc.gates import words
from sbc.gates.judgement import Judgement
from sbc.gates.verdict_words import SIGNS
from sbc.stats.sequential.judge import tolerated
from sbc.store.frames import Run

_STYLES = {"pass": "good", "fail": "bad", "failed fits": "bad", "inconclusive": "open"}


def gate_of(found: Judgement) -> dict[str, Any] | None:
    """Tell the gate's verdicts; None where nothing is expected of the run."""
    gate = found.gate
    if gate is None:
        return None
    rows = [
        {
            "what": words.title(verdict, gate),
            "label": words.LABELS[verdict.outcome],
            "style": _STYLES[verdict.outcome],
            "details": " ".join(map(_sentence, words.details(verdict))),
        }
        for verdict in gate.verdicts
    ]
    rows += [
        {
            "what": told.partition("\n")[0],
            "label": words.LABELS[outcome],
            "style": _STYLES[outcome],
            "details": " ".join(map(_sentence, told.split("\n")[1:])),
        }
        for outcome, told in gate.beside
    ]
    return {
        "label": words.LABELS[gate.outcome],
        "style": _STYLES[gate.outcome],
        "conclusion": words.found(gate),
        "chances": words.chances(gate.config),
        "asked": found.record is not None,
        "rows": rows,
    }


def _sentence(text: str) -> str:
    """Begin with a capital, unless it begins with the name of a quantity, and end with a stop."""
    text = text.strip().rstrip(".")
    first = text.partition(" ")[0]
    return f"{text}." if first.endswith(":") else f"{text[:1].upper()}{text[1:]}."


def how(found: Judgement) -> dict[str, Any]:
    """Say what the verdicts of a run mean: only those that it has."""
    limits = tolerated(found.config.delta)
    there = {one.outcome for one in found.ranks.values()}
    judged = there & {"pass", "fail", "inconclusive"}
    return {
        "signs": [sign for outcome, sign in SIGNS.items() if outcome in there],
        "delta": f"{found.config.delta:g}" if judged else "",
        "bias": f"{limits.bias:.2f}",
        "sd_low": f"{limits.sd_low:.2f}",
        "sd_high": f"{limits.sd_high:.2f}",
        "fail": f"{found.config.alpha_fail:g}",
        "passing": f"{found.config.alpha_pass:g}",
    }


def state(run: Run, found: Judgement) -> str:
    """Say what is missing from a run, nothing if nothing is."""
    if run.fits.empty:
        return "This run holds no fits yet: there is nothing to judge."
    if run.results.empty:
        return "Every fit of this run failed: there is nothing to judge, and the reasons are below."
    if run.fits.dataset.nunique() == 1:
        return "One dataset says nothing about calibration; its numbers are below."
    wanted = run.shard.count(run.settings.datasets) * len(run.settings.pairs)
    if len(run.fits) < wanted:
        return _unfinished(len(run.fits), wanted, found)
    if part := run.shard.describe():
        return f"This is {part} of a run: it lacks the datasets of the other shards."
    return ""


def _unfinished(there: int, wanted: int, found: Judgement) -> str:
    counts = f"{there:,} of {wanted:,} fits"
    if found.record is None or not found.record.fitted:
        return f"This run is not finished: {counts} are done."
    if found.record.most(there) != found.config.max_datasets:
        return f"The gate ran out of time: {counts} are done."
    return (
        "The gate chose how many datasets to fit. It stopped fitting each estimator when the "
        f"checks on it were decided: {counts} were needed."
    )
