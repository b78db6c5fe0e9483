"""Where something holds, in the fewest words."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbc.studies.sweep.regions import largest_region, sentence

CELLS = [{"sd": s, "rows": r} for s, r in product((0, 1, 2), (2, 5))]
ANSWERS = st.sampled_from(["pass", "fail", "inconclusive"])


def of(text):
    words = {"p": "pass", "f": "fail", "?": "inconclusive"}
    return [words[letter] for letter in text]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ("pppppp", "a: it holds everywhere in the grid"),
        ("ffffff", "a: it holds nowhere"),
        (
            "ff?fff",
            "a: it is not shown to hold in any cell (broken in 5 cells; not decided in 1 cell)",
        ),
        ("ppppff", "a: it holds for sd ≤ 1 (broken in 2 cells)"),
        ("fpfpfp", "a: it holds for rows = 5 (broken in 3 cells)"),
        ("fpfp??", "a: it holds for sd ≤ 1, rows = 5 (broken in 2 cells; not decided in 2 cells)"),
        ("ppfffp", "a: it holds for sd = 0 (and for 1 other cell; broken in 3 cells)"),
        ("ffppff", "a: it holds for sd = 1 (broken in 4 cells)"),
    ],
)
def test_the_sentence_says_where(answers, told):
    assert sentence("a", "it", CELLS, of(answers)) == told


def test_a_box_within_the_grid_is_named_by_both_its_ends():
    cells = [{"sd": s} for s in range(5)]
    assert (
        sentence("a", "it", cells, of("fpppf")) == "a: it holds for 1 ≤ sd ≤ 3 (broken in 2 cells)"
    )


@settings(deadline=None)
@given(st.lists(ANSWERS, min_size=6, max_size=6))
def test_a_region_is_a_box_that_passes_and_none_is_larger(answers):
    region = largest_region(CELLS, answers)
    if region is None:
        assert "pass" not in answers
        return
    assert all(answers[i] == "pass" for i in region.cells)
    for first, last in product(range(3), range(3)):  # every box, by its corners
        for low, high in product((2, 5), (2, 5)):
            box = [
                i
                for i, cell in enumerate(CELLS)
                if first <= cell["sd"] <= last and low <= cell["rows"] <= high
            ]
            assert len(box) <= len(region.cells) or any(answers[i] != "pass" for i in box)


def test_without_cells_there_is_no_region():
    assert largest_region([], []) is None
