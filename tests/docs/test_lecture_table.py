"""The table of claims in the docs says what the page among the examples says."""

import re
from html import unescape
from pathlib import Path

from sbc.studies.lecture.statements import CLAIMS

ROOT = Path(__file__).parents[2]
_ROW = re.compile(
    r'<tr[^>]*>\s*<th scope="row">(?P<text>[^<]*)'
    r"<small>[\d,]+ datasets: (?P<where>[^<]*)</small>.*?"
    r'<span class="verdict \w+"><span aria-hidden="true">.</span> (?P<verdict>[^<]*)</span>',
    re.DOTALL,
)


def named(rows):
    """Give the rows with the claim that each repeats without saying it again."""
    found, text = [], ""
    for claim, where, verdict in rows:
        text = text if claim in ("", "″") else claim
        found.append((text, where, verdict))
    return found


def on_the_page():
    page = (ROOT / "reports/example/lecture.html").read_text(encoding="utf-8")
    return named([tuple(map(unescape, row.groups())) for row in _ROW.finditer(page)])


def in_the_docs():
    lines = (ROOT / "docs/lecture.md").read_text(encoding="utf-8").splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    verdicts = ("holds", "does not hold", "cannot tell")
    return named([row[:3] for row in cells if len(row) == 4 and row[2] in verdicts])


def test_every_claim_stands_in_both_with_one_verdict():
    assert in_the_docs() == on_the_page()
    assert [(text, where) for text, where, _ in on_the_page()] == [
        (claim.text, claim.where) for claim in CLAIMS
    ]


def test_the_sum_of_verdicts_is_told_right():
    verdicts = [verdict for _, _, verdict in on_the_page()]
    text = " ".join((ROOT / "docs/lecture.md").read_text(encoding="utf-8").split())
    counts = {name: verdicts.count(name) for name in ("holds", "does not hold", "cannot tell")}
    assert (
        f"Of {len(verdicts)} claims (a sentence in one scenario each) {counts['holds']} hold, "
        f"{counts['does not hold']} do not, and of {counts['cannot tell']} these datasets cannot "
        "tell"
    ) in text
