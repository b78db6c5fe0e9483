"""A gate's verdicts in words: for a terminal, as Markdown, and as annotations on GitHub."""

from __future__ import annotations

import math
import re
import shlex

from sbc.gates import forward_words
from sbc.gates.config import ALL, Config
from sbc.gates.expectations import Calibrated, Unmoved
from sbc.gates.failures import Failures
from sbc.gates.forward import Forward
from sbc.gates.gate import Gate
from sbc.gates.judge import Check, CheckVerdict
from sbc.gates.record import Record, read_record, write_record
from sbc.gates.verdict_words import waiting
from sbc.store.names import vector_of
from sbc.store.settings import IMPORTED

LABELS = {"pass": "PASS", "fail": "FAIL", "inconclusive": "INCONCLUSIVE", "failed fits": "FAIL"}
_INDENT = "\n" + " " * 14


def text(gate: Gate) -> str:
    """Write all verdicts for a terminal."""
    lines = [regime(gate), ""]
    lines += [f"{forward_label(one):<14}{before(one)}" for one in gate.forward]
    lines += [line(verdict, gate) for verdict in gate.verdicts]
    lines += [f"{LABELS[outcome]:<14}{told}" for outcome, told in gate.beside]
    lines += [
        "",
        *(fits_line(found, gate) for found in gate.failures),
        *notes(gate),
        "",
        conclusion(gate),
    ]
    return "\n".join(lines)


def regime(gate: Gate) -> str:
    """Say what the truth was drawn from, and what that makes of the verdicts."""
    settings = gate.settings
    start = f"{settings.describe_process()}: "
    if not set(settings.estimators) - set(gate.expected_uniform):
        return f"{start}uniform ranks are expected, so that any departure is a fault."
    others = "describes how well the estimator does on data from this generator."
    if not gate.expected_uniform:
        return f"{start}uniform ranks are not expected. A verdict {others}"
    names = ", ".join(gate.expected_uniform)
    return f"{start}uniform ranks are expected of {names}. Any other verdict {others}"


def forward_label(found: Forward) -> str:
    """Judge what was found before any fit; nothing passes that was not compared in full."""
    if found.faults:
        return LABELS["fail"]
    if not found.judged:
        return ""
    return LABELS["inconclusive" if found.incomplete else "pass"]


def keep(
    gate: Gate,
    fitted: bool = False,
    cut: tuple[int, int] | None = None,
    baseline: str = "",
    tolerance: float | None = None,
) -> None:
    """Keep in the run's folder what was asked, so that tables and pages judge as this gate did.

    Parameters
    ----------
    gate : Gate
        The last verdicts.
    fitted : bool
        Whether the gate made the fits.
    cut : tuple of (int, int), optional
        Where its time was up, as in `sbc.gates.record.Record`.
    baseline, tolerance
        What it was compared with, as there; of a gate that made the fits it stands there already.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    moved = [v for v in gate.verdicts if isinstance(v.check.expectation, Unmoved)]
    beside = tuple((v.outcome, _INDENT.join([title(v, gate), *details(v)])) for v in moved)
    before = read_record(gate.folder)
    if before is not None:
        if fitted:
            baseline, tolerance = before.baseline, before.tolerance
        fitted = fitted or before.fitted
    held = (gate.config, len(moved), beside, fitted, cut, baseline, tolerance)
    write_record(gate.folder, Record(*held))


def title(verdict: CheckVerdict, gate: Gate) -> str:
    """Name a check: whose, of what, and what is expected."""
    check = verdict.check
    return f"{whose(check, gate)} {quantity(verdict)}: {check.expectation}"


def quantity(verdict: CheckVerdict) -> str:
    """Name what a check is about; where it fails by what goes along with that, name this first.

    With an estimand whose ranks are expected to be uniform go test quantities such as the log
    prior (`sbc.gates.checks`).
    """
    check, of = verdict.check, verdict.evidence.of
    mine = check.quantity == ALL or check.quantity in (of, vector_of(of), f"{vector_of(of)}[*]")
    failed = verdict.outcome == "fail" and isinstance(check.expectation, Calibrated)
    if not of or mine or not failed:
        return check.quantity
    return f"{of}, judged with {check.quantity}"


def whose(what: Check | Failures, gate: Gate) -> str:
    """Name an estimator, and the engine where there are several."""
    return gate.settings.who(what.estimator, what.engine)


def line(verdict: CheckVerdict, gate: Gate) -> str:
    """Write one verdict: what is expected and whether it holds, why, and what could be seen."""
    told = [title(verdict, gate), *details(verdict)]
    return f"{LABELS[verdict.outcome]:<14}{_INDENT.join(told)}"


def before(found: Forward) -> str:
    """Say what was found of one estimator before any fit."""
    title = f"{found.estimator}: before any fit, the generator and the model"
    if found.faults:
        told = [f"{one.what}: {forward_words.sentence(one)}" for one in found.faults]
        return _INDENT.join([f"{title} differ", *told])
    if not found.found:
        return f"{title} could not be compared ({found.datasets} datasets)"
    if found.incomplete:
        least = min(one.n for one in found.found)
        return (
            f"{title} agree as far as they could be compared (in full on {least} of "
            f"{found.datasets} datasets)"
        )
    return f"{title} agree ({found.datasets} datasets)"


def details(verdict: CheckVerdict) -> list[str]:
    """Say on how many datasets a verdict rests, what they show, and what they could have shown."""
    lines = [datasets(verdict), verdict.evidence.found, verdict.evidence.least]
    if {verdict.outcome, verdict.without_divergent} == {"pass", "fail"}:
        lines.append(f"without the divergent fits it would {verdict.without_divergent}")
    return lines


def datasets(verdict: CheckVerdict) -> str:
    """Say how many datasets decided, or what an open verdict waits for."""
    failed = f" (the fits to {verdict.failed} of them failed)" if verdict.failed else ""
    if verdict.at is not None:
        return f"decided after {verdict.at} datasets{failed}"
    return f"not decided after {verdict.n} datasets{failed}: {waiting(verdict)}"


def fits_line(found: Failures, gate: Gate) -> str:
    """Say what became of one estimator's fits, and whether failing goes with the truth."""
    counts = ", ".join(f"{number} {status}" for status, number in found.statuses.items())
    retried = f", {found.retried} retried" if found.retried else ""
    start = f"fits of {whose(found, gate)}: {counts or 'none'}{retried}{_own(found)}"
    if not found.failed:
        return f"{start}."
    told = "".join(f"\n  {reason}" for reason in found.reasons)
    share = found.failed / found.n
    start += f"; {share:.1%} failed [{found.low:.1%}, {found.high:.1%}]"
    start += ", which is too many" if found.too_many else ""
    sign = found.depends
    if sign is None:
        return f"{start}. Whether a fit fails does not seem to depend on the truth.{told}"
    return (
        f"{start}. Whether a fit fails depends on the {sign.what} of {sign.estimand} "
        f"(rank correlation {sign.effect:+.2f}, p = {sign.p:.2g}), so that the fits that worked "
        f"are a biased selection.{told}"
    )


def _own(found: Failures) -> str:
    """Tell an approximation's own diagnostics, of fits that have neither R-hat nor ESS."""
    k, drift = found.pareto_k, found.elbo_drift
    words = f", Pareto k̂ {k:.2f}" if math.isfinite(k) else ""
    words += f", ELBO still rising by {drift:.2f} nats" if math.isfinite(drift) else ""
    return f"{words} in the median" if words else ""


def notes(gate: Gate) -> list[str]:
    """List what was not judged, and why a gate failed or how to find out."""
    lines = [f"{name} is not judged: nothing is expected of it." for name in gate.unjudged]
    if gate.kept is not None:
        made = gate.fits - gate.kept
        lines.append(f"{gate.kept} fits were read from an earlier run, {made} made now.")
    if gate.outcome not in ("fail", "failed fits"):
        return lines
    if gate.causes:
        return [*lines, *(f"why: {found.paragraph}" for found in gate.causes)]
    if gate.settings.generator.startswith(IMPORTED):  # there is no model to look at
        return lines
    return [*lines, f"to find out why: python -m sbc explain {shlex.quote(str(gate.folder))}"]


def found(gate: Gate) -> str:
    """Say what the checks came to, as a clause."""
    outcomes = [verdict.outcome for verdict in gate.verdicts] + [one for one, _ in gate.beside]
    if any(found.faults for found in gate.forward):
        return "the generator and the model do not state the same thing"
    if gate.outcome == "failed fits":
        return "too many fits failed"
    return f"{outcomes.count('pass')} of {len(outcomes)} checks pass"


def chances(config: Config) -> str:
    """Say how often such a gate errs."""
    return (
        f"chance to fail by mistake at most {config.alpha_fail:g}, to pass by mistake at most "
        f"{config.alpha_pass:g}, however often it is looked at"
    )


def conclusion(gate: Gate) -> str:
    """Sum up in a sentence, with what is guaranteed."""
    return f"gate: {LABELS[gate.outcome]}, {found(gate)} ({chances(gate.config)})"


def markdown(gate: Gate) -> str:
    """Write all verdicts as Markdown."""
    rows = [
        "| verdict | estimator | quantity | expected | datasets | found | could have seen |",
        "|---|---|---|---|---|---|---|",
    ]
    for verdict in gate.verdicts:
        check, seen = verdict.check, verdict.evidence
        cells = [
            f"**{LABELS[verdict.outcome]}**",
            whose(check, gate),
            quantity(verdict),
            str(check.expectation),
            datasets(verdict),
            seen.found,
            seen.least,
        ]
        rows.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    told = [f"{forward_label(one)} {before(one)}".lstrip() for one in gate.forward]
    told += [f"{LABELS[outcome]} {told}" for outcome, told in gate.beside]
    told += [*(fits_line(f, gate) for f in gate.failures), *notes(gate)]
    items = [f"- {_cell(words)}" for words in told]
    head = f"### {conclusion(gate)}\n\n{regime(gate)}"
    return "\n".join([head, "", *rows, "", *items, ""])


def _cell(words: str) -> str:
    return re.sub(r"[\r\n]+ *", " ", words).replace("|", "\\|")


def github(gate: Gate) -> list[str]:
    """Write what GitHub Actions shows beside a commit: one line for each check that does not pass.

    Returns
    -------
    list of str
        Workflow commands, to be printed.
    """
    level = {"fail": "error", "inconclusive": "warning"}
    lines = [
        _annotation(level[verdict.outcome], line(verdict, gate))
        for verdict in gate.verdicts
        if verdict.outcome in level
    ]
    lines += [_annotation("error", before(found)) for found in gate.forward if found.faults]
    lines += [_annotation("error", fits_line(f, gate)) for f in gate.failures if f.too_many]
    return [*lines, _annotation("notice", conclusion(gate))]


def _annotation(level: str, words: str) -> str:
    escaped = words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{level} title=sbc gate::{escaped}"
