"""The terms of a page: each leads to its meaning, here and in the documentation."""

import re
from pathlib import Path

from sbc.report.page.compare import ELEMENT_NUMBERS, NUMBERS
from sbc.report.page.fits import HEADS, OWN
from sbc.report.page.glossary import LABELLED, glossary

DOCS = Path(__file__).parents[2] / "docs" / "glossary.md"
#: Heads that say what they are.
PLAIN = {"ok", "failed", "seconds"}


def test_the_documentation_has_every_term_of_a_page_by_the_same_name():
    heads = re.findall(r"^## (.+)$", DOCS.read_text(encoding="utf-8"), re.M)
    assert set(glossary()) <= set(heads)
    assert heads == sorted(heads, key=str.lower)


def test_every_term_has_an_anchor_of_its_own_and_a_sentence():
    terms = glossary().values()
    assert len({one.anchor for one in terms}) == len(terms)
    for one in terms:
        assert re.fullmatch(r"term-[a-z0-9-]*[a-z0-9]", one.anchor)
        assert one.meaning.endswith(".")


def test_every_head_of_a_table_is_explained():
    heads = {*NUMBERS, *ELEMENT_NUMBERS, *HEADS, *OWN}
    assert heads - PLAIN <= set(LABELLED)
    assert set(LABELLED.values()) <= set(glossary())
