"""A gate's verdicts as files for programs: JSON and JUnit XML."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from sbc.gates.failures import Failures
from sbc.gates.forward import Forward
from sbc.gates.gate import Gate
from sbc.gates.judge import CheckVerdict
from sbc.gates.words import before, fits_line, line, whose
from sbc.gates.words import markdown as as_markdown
from sbc.plugins.errors import UserError
from sbc.store.names import TURNING
from sbc.store.nulls import plain
from sbc.store.publish import publish_text

#: What XML 1.0 cannot hold, not even escaped, and what turns the direction of text.
_NOT_XML = re.compile(
    f"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[{TURNING}]"
)


def as_json(gate: Gate) -> str:
    """Write all verdicts for programs; what is not finite is null."""
    settings = gate.settings
    value = {
        "outcome": gate.outcome,
        "exit_code": gate.exit_code,
        "run": str(gate.folder),
        "generator": settings.generator,
        "truth": settings.truth,
        **({"data": settings.data} if settings.data else {}),
        "seed": settings.seed,
        "expected_uniform": list(gate.expected_uniform),
        "owing": list(gate.expected_uniform),  # the old name of it, which goes with 0.2
        "delta": gate.config.delta,
        "alpha_fail": gate.config.alpha_fail,
        "alpha_pass": gate.config.alpha_pass,
        "forward": [_forward(found) for found in gate.forward],
        "checks": [_check(verdict) for verdict in gate.verdicts],
        "fits": [_fits(found) for found in gate.failures],
        "not_judged": list(gate.unjudged),
        "fits_read": gate.kept,
        "seconds": gate.seconds,
        "causes": [asdict(found) for found in gate.causes],
    }
    return json.dumps(value, indent=2, allow_nan=False)


def _forward(found: Forward) -> dict[str, Any]:
    return {**found.to_json(), "faults": [one.what for one in found.faults]}


def _check(verdict: CheckVerdict) -> dict[str, Any]:
    check = verdict.check
    return {
        "estimator": check.estimator,
        "engine": check.engine,
        "quantity": check.quantity,
        "streams": list(check.streams),
        "expected": str(check.expectation),
        "outcome": verdict.outcome,
        "datasets": verdict.n,
        "decided_at": verdict.at,
        "failed_fits": verdict.failed,
        "more_needed": verdict.needed,
        "failed_fits_could_turn_it": verdict.turned,
        "without_divergent": verdict.without_divergent,
        "found": verdict.evidence.found,
        "could_have_seen": verdict.evidence.least,
        "numbers": _finite(verdict.evidence.numbers),
    }


def _fits(found: Failures) -> dict[str, Any]:
    dependence = [_finite(vars(sign)) for sign in found.dependence]
    return {**_finite(vars(found)), "too_many": found.too_many, "dependence": dependence}


def _finite(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items()}


def as_junit(gate: Gate) -> str:
    """Write all verdicts as JUnit XML: an inconclusive one is an error, a failed one a failure."""
    suite = ET.Element("testsuite", name="sbc gate")
    counts = {"failure": 0, "error": 0}
    for verdict in gate.verdicts:
        tag = {"fail": "failure", "inconclusive": "error"}.get(verdict.outcome)
        name = f"{verdict.check.quantity}: {verdict.check.expectation}"
        _case(suite, gate, whose(verdict.check, gate), name, tag, line(verdict, gate), counts)
    for one in gate.forward:
        tag = "failure" if one.faults else None
        _case(suite, gate, one.estimator, "before any fit", tag, before(one), counts)
    for found in gate.failures:
        tag = "failure" if found.too_many else None
        _case(suite, gate, whose(found, gate), "failed fits", tag, fits_line(found, gate), counts)
    tests = len(gate.forward) + len(gate.verdicts) + len(gate.failures)
    suite.attrib |= {
        "tests": str(tests),
        "failures": str(counts["failure"]),
        "errors": str(counts["error"]),
        "time": f"{gate.seconds:.3f}",
    }
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(
    suite: ET.Element,
    gate: Gate,
    estimator: str,
    name: str,
    tag: str | None,
    words: str,
    counts: dict[str, int],
) -> None:
    words = _NOT_XML.sub("�", words)
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_NOT_XML.sub("�", f"sbc.{gate.settings.truth}.{estimator}"),
        name=_NOT_XML.sub("�", name),
    )
    if tag is None:
        ET.SubElement(case, "system-out").text = words
        return
    counts[tag] += 1
    ET.SubElement(case, tag, message=words.partition("\n")[0]).text = words


def publish(
    gate: Gate,
    json: str | Path | None = None,
    junit: str | Path | None = None,
    markdown: str | Path | None = None,
) -> None:
    """Write the verdicts into those of these files that are named; errors as of `write`."""
    write_named(gate, (json, as_json), (junit, as_junit), (markdown, as_markdown))


def write_named[G](gate: G, *wanted: tuple[str | Path | None, Callable[[G], str]]) -> None:
    """Write verdicts into each file that is named, in its own words; errors as of `write`."""
    for file, written in wanted:
        if file is not None:
            write(Path(file), written(gate))


def write(file: Path, words: str) -> None:
    """Write a file.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    if not file.parent.is_dir():  # a name with a mistake in it, more likely than a new folder
        raise UserError(f"cannot write {file}: there is no folder {file.parent}")
    publish_text(file, _ended(words))


def append(file: Path, words: str) -> None:
    """Append to a file that others write to as well.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    try:
        with file.open("a", encoding="utf-8", errors="replace") as stream:
            stream.write(_ended(words))
    except OSError as problem:
        raise UserError(f"cannot write {file}: {problem.strerror}") from problem


def _ended(words: str) -> str:
    return words if words.endswith("\n") else f"{words}\n"
