"""A gate's verdicts in words: for a terminal, as Markdown, and as annotations on GitHub."""

from __future__ import annotations

import math
import re
import shlex

from sbc.gates import forward_words
from sbc.gates.failures import Failures
from sbc.gates.forward import Forward
from sbc.gates.gate import Gate
from sbc.gates.judge import Check, CheckVerdict
from sbc.store.names import fitted_by
from sbc.store.settings import IMPORTED

WORDS = {"pass": "PASS", "fail": "FAIL", "inconclusive": "INCONCLUSIVE", "failed fits": "FAIL"}


def text(gate: Gate) -> str:
    """Write all verdicts for a terminal."""
    lines = [regime(gate), ""]
    lines += [f"{'FAIL' if one.faults else 'PASS':<14}{before(one)}" for one in gate.forward]
    lines += [line(verdict, gate) for verdict in gate.verdicts]
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
        return start + "uniform ranks are expected, and any departure is a fault."
    if not gate.expected_uniform:
        who = "uniform ranks are not expected; verdicts are"
    else:
        names = ", ".join(gate.expected_uniform)
        who = f"uniform ranks are expected of {names}; the other verdicts are"
    return f"{start}{who} declarations about this generator."


def title(verdict: CheckVerdict, gate: Gate) -> str:
    """Name a check: whose, of what, and what is expected."""
    check = verdict.check
    return f"{whose(check, gate)} {check.quantity}: {check.expectation}"


def whose(what: Check | Failures, gate: Gate) -> str:
    """Name an estimator, and the engine where there are several."""
    return fitted_by(what.estimator, what.engine if len(gate.settings.fitters) > 1 else "")


def line(verdict: CheckVerdict, gate: Gate) -> str:
    """Write one verdict: what is expected and whether it holds, why, and what could be seen."""
    indent = "\n" + " " * 14
    details = indent.join(_details(verdict))
    return f"{WORDS[verdict.outcome]:<14}{title(verdict, gate)}{indent}{details}"


def before(found: Forward) -> str:
    """Say what was found of one estimator before any fit."""
    title = f"{found.estimator}: before any fit, the generator and the model"
    if not found.faults:
        what = "could not be compared" if not found.found else "agree"
        return f"{title} {what} ({found.datasets} datasets)"
    indent = "\n" + " " * 14
    told = indent.join(f"{one.what}: {forward_words.sentence(one)}" for one in found.faults)
    return f"{title} differ{indent}{told}"


def _details(verdict: CheckVerdict) -> list[str]:
    lines = [datasets(verdict), verdict.evidence.found, verdict.evidence.least]
    if {verdict.outcome, verdict.without_divergent} == {"pass", "fail"}:
        lines.append(f"without the divergent fits it would {verdict.without_divergent}")
    return lines


def datasets(verdict: CheckVerdict) -> str:
    """Say how many datasets decided, or would."""
    failed = f", {verdict.failed} failed" if verdict.failed else ""
    if verdict.at is not None:
        return f"{verdict.at} datasets decided{failed}"
    if verdict.turned and verdict.needed is None:
        return f"{verdict.n} datasets{failed}, and what these hide could turn the verdict"
    more = f"about {verdict.needed} more would" if verdict.needed else "how many would is unclear"
    return f"{verdict.n} datasets did not decide{failed}; {more}"


def fits_line(found: Failures, gate: Gate) -> str:
    """Say what became of one estimator's fits, and whether failing goes with the truth."""
    counts = ", ".join(f"{number} {status}" for status, number in found.statuses.items())
    retried = f", {found.retried} needed a retry" if found.retried else ""
    start = f"fits of {whose(found, gate)}: {counts or 'none'}{retried}{_own(found)}"
    if not found.failed:
        return f"{start}."
    told = "".join(f"\n  {reason}" for reason in found.reasons)
    share = found.failed / found.n
    start += f"; {share:.1%} failed [{found.low:.1%}, {found.high:.1%}]"
    start += ", which is too many" if found.too_many else ""
    sign = found.depends
    if sign is None:
        return f"{start}; no sign that failing depends on the truth.{told}"
    return (
        f"{start}; failing goes with the {sign.what} of {sign.estimand} "
        f"(rank correlation {sign.effect:+.2f}, p = {sign.p:.2g}): mind what the others say.{told}"
    )


def _own(found: Failures) -> str:
    """Tell an approximation's own diagnostics, of fits that have neither R-hat nor ESS."""
    k, drift = found.pareto_k, found.elbo_drift
    words = f", Pareto k̂ {k:.2f}" if math.isfinite(k) else ""
    words += f", ELBO still rising by {drift:.2f} nats" if math.isfinite(drift) else ""
    return f"{words} in the median" if words else ""


def notes(gate: Gate) -> list[str]:
    """List what was not judged, and why a gate failed or how to find out."""
    lines = [f"nothing is expected of {name}: not judged." for name in gate.unjudged]
    if gate.kept is not None:
        made = gate.fits - gate.kept
        lines.append(f"{gate.kept} fits were read from an earlier run, {made} made now.")
    if gate.outcome not in ("fail", "failed fits"):
        return lines
    if gate.causes:
        return [*lines, *(f"why: {found.paragraph}" for found in gate.causes)]
    if gate.settings.generator.startswith(IMPORTED):  # there is no model to look at
        return lines
    return [*lines, f"why: ask by python -m sbc explain {shlex.quote(str(gate.folder))}"]


def conclusion(gate: Gate) -> str:
    """Sum up in a sentence, with what is guaranteed."""
    passed = sum(verdict.outcome == "pass" for verdict in gate.verdicts)
    what = f"{passed} of {len(gate.verdicts)} checks pass"
    if any(found.faults for found in gate.forward):
        what = "the generator and the model do not state the same thing"
    elif gate.outcome == "failed fits":
        what = "too many fits failed"
    fail, passing = gate.config.alpha_fail, gate.config.alpha_pass
    return (
        f"gate: {WORDS[gate.outcome]}, {what} (chance to fail by mistake at most {fail:g}, "
        f"to pass by mistake at most {passing:g}, however often it is looked at)"
    )


def markdown(gate: Gate) -> str:
    """Write all verdicts as Markdown."""
    rows = [
        "| verdict | estimator | quantity | expected | datasets | found | could have seen |",
        "|---|---|---|---|---|---|---|",
    ]
    for verdict in gate.verdicts:
        check, seen = verdict.check, verdict.evidence
        cells = [
            f"**{WORDS[verdict.outcome]}**",
            whose(check, gate),
            check.quantity,
            str(check.expectation),
            datasets(verdict),
            seen.found,
            seen.least,
        ]
        rows.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    told = [*map(before, gate.forward), *(fits_line(f, gate) for f in gate.failures), *notes(gate)]
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
