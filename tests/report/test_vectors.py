"""A vector on the page: one panel however many elements, numbers pooled, culprits named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from parsed import Page
from scipy.special import ndtr
from synthetic import SETTINGS, calibrated, fits, make_run
from test_page import check

from sbc.report.markdown import markdown
from sbc.report.numbers import p_value, plus_minus
from sbc.report.page.compare import of_elements
from sbc.report.page.page import page
from sbc.report.table import table
from sbc.report.verdicts import pairs_of, with_words
from sbc.stats.vectors import measure
from sbc.store.frames import load_run

FIGURES = ("Bias by element", "Coverage by element", "Error by element",
           "ECDF difference, all elements")  # fmt: skip


def tanks(folder, n=60, size=48, estimators=("mundlak",), one=0.0, ratio=1.0, bias=0.0):
    """Store a run of one scalar and one vector whose elements share most of their errors."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(n, 1))
    rows = []
    for name in estimators:
        q = (np.sqrt(0.6) * shared + np.sqrt(0.4) * rng.normal(size=(n, size))) / ratio - bias
        q[:, 7] -= one
        streams = {f"p_survived[{j}]": ndtr(q[:, j]) for j in range(size)}
        rows += fits({"sigma": ndtr(rng.normal(size=n)), **streams}, estimator=name)
    settings = replace(SETTINGS, estimators=tuple(estimators), datasets=n)
    return load_run(make_run(folder, rows, settings, estimands=["sigma", "p_survived"]))


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    run = tanks(tmp_path_factory.mktemp("tanks") / "run", estimators=("mundlak", "naive"), one=2.0)
    return run, Page(page([run]))


def test_a_vector_has_one_panel_of_its_own_figures(shown):
    _, found = shown
    check(found)
    for title in FIGURES:
        assert found.html.count(f"<h5>{title}</h5>") == 2
    assert found.html.count('<section class="pair"') == 4
    assert len(found.all("svg")) == 2 * (6 + 4) + 3 + 3 + 2  # and no time of fits that took none
    assert len(found.html.encode()) < 700_000


def test_numbers_are_pooled_and_elements_listed(shown):
    run, found = shown
    pairs = {(p.estimator, p.quantity): p for p in pairs_of(run)}
    vector = pairs["mundlak", "p_survived[*]"]
    for number in (measure("bias", vector.fits), vector.measure("rmse")):
        assert " ".join(plus_minus(*number).split()) in found.text
    assert found.html.count("<details>") == 2
    assert "p_survived[47]" in found.text
    assert "| p_survived\\[\\*\\] |" in markdown([run])


def test_estimators_are_compared_on_whole_vectors(shown):
    assert "p_survived[*], minus " in shown[1].html


def test_the_culprit_is_named(shown):
    assert (
        "The ranks of 1 of 48 elements are not uniform by themselves: p_survived[7]."
        in shown[1].text
    )
    assert "p_survived[7]: Estimates are too high" in shown[1].text


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"bias": 0.8}, "On average over the elements estimates are too high by 0."),
        ({"ratio": 0.6}, "Over all elements the posterior is too narrow; its 50 % intervals hold"),
        ({"ratio": 1.8}, "Over all elements the posterior is too wide; its 50 % intervals hold"),
    ],
)
def test_what_elements_have_in_common_is_told(tmp_path, fault, words):
    found = with_words(pairs_of(tanks(tmp_path / "run", n=100, size=12, **fault)))[0]
    assert found.quantity == "p_survived[*]"
    assert found.words.startswith(words)


def test_a_calibrated_vector_has_no_sentence(tmp_path):
    rows = fits({f"p[{j}]": calibrated(100, seed=j) for j in range(12)})
    found = with_words(pairs_of(load_run(make_run(tmp_path / "run", rows, estimands=["p"]))))[0]
    assert (found.quantity, found.outcome, found.words) == ("p[*]", "pass", "")


def test_a_long_vector_is_no_longer_page(tmp_path):
    run = tanks(tmp_path / "run", n=4, size=150)
    found = Page(page([run]))
    check(found)
    assert "Of 150 elements 60 are drawn" in found.text
    assert "… and 50 more" in found.text
    assert len(found.html.encode()) < 400_000


def test_elements_have_the_rank_p_of_the_table(shown):
    run, _ = shown
    rows = table(run)
    for pair in with_words(pairs_of(run)):
        for row in of_elements(pair):
            mine = (rows.estimator == pair.estimator) & (rows.estimand == row["name"])
            assert dict(row["cells"])["rank p"] == p_value(rows[mine].rank_p_adjusted.item())
