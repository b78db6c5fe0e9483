"""The verdicts of a sweep's gate: in words, as Markdown, and as files for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from sbc.gates import files, words
from sbc.gates.gate import Gate
from sbc.gates.judge import CheckVerdict
from sbc.stats.sequential.outcome import Outcome
from sbc.studies.sweep.gate import SweepGate
from sbc.studies.sweep.panels import where
from sbc.studies.sweep.regions import sentence

_WORDS = {"pass": "PASS", "fail": "FAIL", "inconclusive": "INCONCLUSIVE", "failed fits": "FAIL"}


def text(gate: SweepGate) -> str:
    """Write what holds where, and in full what does not hold."""
    lines = [f"{_WORDS[outcome]:<14}{said}" for outcome, said in summary(gate)]
    for cell, mine in gate.cells.items():
        if mine.outcome not in ("fail", "failed fits"):
            continue
        lines += ["", f"cell {cell}: {where(gate.grid.cells[cell])}"]
        lines += [words.line(v, mine) for v in mine.verdicts if v.outcome == "fail"]
        lines += [words.fits_line(found, mine) for found in mine.failures if found.too_many]
    regimes = dict.fromkeys(words.regime(mine) for mine in gate.cells.values())
    return "\n".join([*regimes, "", *lines, "", conclusion(gate)])


def summary(gate: SweepGate) -> Iterator[tuple[Outcome, str]]:
    """Say of each check where in the grid it holds, with what that comes to over all cells."""
    groups: dict[str, list[tuple[int, CheckVerdict]]] = {}
    for cell, mine in gate.cells.items():
        for verdict in mine.verdicts:
            key = f"{words.whose(verdict.check, mine)} {verdict.check.quantity}"
            groups.setdefault(f"{key}\0{verdict.check.expectation}", []).append((cell, verdict))
    for key, found in groups.items():
        who, what = key.split("\0")
        cells = [gate.grid.cells[cell] for cell, _ in found]
        outcomes = [verdict.outcome for _, verdict in found]
        said = sentence(who, what, cells, outcomes)
        if len(cells) < len(gate.grid.cells):  # a rule is about these cells alone
            said = said.replace("holds everywhere in the grid", "holds in all of them")
            said = said.replace(f": {what} ", f": {what}, asked of {len(cells)} cells, ", 1)
        yield of_all(outcomes), said


def of_all(outcomes: list[Outcome]) -> Outcome:
    """Fail if one does, pass if all do."""
    if "fail" in outcomes:
        return "fail"
    return "pass" if set(outcomes) == {"pass"} else "inconclusive"


def conclusion(gate: SweepGate) -> str:
    """Sum up in a sentence, with what is guaranteed."""
    verdicts = [verdict.outcome for mine in gate.cells.values() for verdict in mine.verdicts]
    failed = "; too many fits failed" if gate.outcome == "failed fits" else ""
    return (
        f"gate: {_WORDS[gate.outcome]}, {verdicts.count('pass')} of {len(verdicts)} checks in "
        f"{len(gate.cells)} cells pass{failed} (chance to fail by mistake at most "
        f"{gate.config.alpha_fail:g} for all cells together, to pass by mistake at most "
        f"{gate.config.alpha_pass:g}, however often it is looked at)"
    )


def as_json(gate: SweepGate) -> str:
    """Write all verdicts for programs: those of each cell are a run's."""
    cells = [
        {"cell": cell, "levels": gate.grid.cells[cell]} | json.loads(files.as_json(mine))
        for cell, mine in gate.cells.items()
    ]
    value = {
        "outcome": gate.outcome,
        "exit_code": gate.exit_code,
        "sweep": str(gate.folder),
        "alpha_fail": gate.config.alpha_fail,
        "alpha_pass": gate.config.alpha_pass,
        "cells": cells,
    }
    return json.dumps(value, indent=2, allow_nan=False)


def junit(gate: SweepGate) -> str:
    """Write all verdicts as JUnit XML: a suite a cell."""
    suites = ET.Element("testsuites", name="sbc gate")
    for cell, mine in gate.cells.items():
        suite = ET.fromstring(files.as_junit(mine))
        suite.set("name", f"cell {cell}: {where(gate.grid.cells[cell])}")
        suites.append(suite)
    for name in ("tests", "failures", "errors"):
        suites.set(name, str(sum(int(suite.get(name, 0)) for suite in suites)))
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def markdown(gate: SweepGate) -> str:
    """Write what holds where as Markdown."""
    rows = [f"| **{_WORDS[outcome]}** | {_cell(said)} |" for outcome, said in summary(gate)]
    return "\n".join([f"### {conclusion(gate)}", "", "| verdict | where |", "|---|---|", *rows, ""])


def github(gate: SweepGate) -> list[str]:
    """Write what GitHub Actions shows beside a commit, of the cells that fail and of all."""
    lines = []
    for cell, mine in gate.cells.items():
        if mine.outcome in ("fail", "failed fits"):
            lines.append(_annotation("error", f"cell {cell}: {_failing(mine)}"))
    return [*lines, _annotation("notice", conclusion(gate))]


def _failing(gate: Gate) -> str:
    found = [words.title(v, gate) for v in gate.verdicts if v.outcome == "fail"]
    return "; ".join(found) or "too many fits failed"


def _annotation(level: str, said: str) -> str:
    escaped = said.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{level} title=sbc gate::{escaped}"


def _cell(said: str) -> str:
    return re.sub(r"[\r\n]+ *", " ", said).replace("|", "\\|")
