"""Pages in a real browser: at no width is a word split, a text over another, or anything cut."""

import base64
import re
from dataclasses import replace

import numpy as np
import pytest
from browser import Browser, find
from geometry import CUT, GLUED, OPTION, OVERLAP, SPLIT, faults
from synthetic import SETTINGS, by_engine, calibrated, fits, make_run, scaled, shifted

from sbc.report.page.page import page
from sbc.store.frames import load_run

PATH = find()
pytestmark = pytest.mark.skipif(PATH is None, reason="no Chromium on this machine: not looked at")
WIDTHS = (1400, 1200, 1000, 800, 390)
LONG = "models/a_rather_long_folder/another.py:hierarchical_regression_with_correlated_effects"
ESTIMANDS = ("correlation_of_intercept_and_slope", "sd_of_the_varying_intercepts", "beta[age, 1-2]")


@pytest.fixture(scope="module")
def browser():
    with Browser(PATH) as found:
        yield found


def stored(folder, rows, names=("beta_XY", "beta_ZY"), **changed):
    run = load_run(make_run(folder, rows, replace(SETTINGS, **changed), estimands=names))
    file = folder / "page.html"
    file.write_text(page([run]), encoding="utf-8")
    return file


def long_names(folder):
    streams = {name: calibrated(30, seed=i) for i, name in enumerate(ESTIMANDS)}
    rows = fits(streams, estimator=LONG, failed=[2])
    rows += fits({name: shifted(1.0, 30) for name in ESTIMANDS}, estimator="naive")
    error = "ValueError: " + "a_long_reason_" * 12
    rows[2] = replace(rows[2], status="error", error=error)
    return stored(folder, rows, estimators=(LONG, "naive"), datasets=30)


def many(folder):
    rows = fits({f"beta_{j}": calibrated(20, seed=j) for j in range(9)})
    return stored(folder, rows, datasets=20)


def vector(folder):
    rows = fits({f"p[{j}]": scaled(0.6, 30, seed=j) for j in range(8)})
    run = load_run(make_run(folder, rows, replace(SETTINGS, datasets=30), estimands=["p"]))
    file = folder / "page.html"
    file.write_text(page([run]), encoding="utf-8")
    return file


def engines(folder):
    rows = fits({"beta_XY": calibrated(30)})
    rows += by_engine(fits({"beta_XY": scaled(0.7, 30)}), "fullrank_advi", pareto_k=0.9)
    return stored(folder, rows, engines=("nutpie", "fullrank_advi"), datasets=30)


def fixed(folder):
    rows = [
        replace(row, results=tuple(replace(r, mean=r.mean * 1e5, sd=r.sd * 1e5, truth=123456.0)
                                   for r in row.results))
        for row in fits({"beta_XY": calibrated(30)})
    ]  # fmt: skip
    return stored(folder, rows, truth="fixed", datasets=30)


def failed(folder):
    return stored(folder, fits({"beta_XY": calibrated(5)}, failed=range(5)), datasets=5)


KINDS = (long_names, many, vector, engines, fixed, failed)


@pytest.fixture(scope="module")
def rich_file(rich, tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(rich[1].html, encoding="utf-8")
    return file


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_split_cut_or_over_another(browser, rich_file, width):
    browser.open(rich_file, width, "light")
    assert faults(browser) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_kind_of_page_is_broken_at_any_width(browser, kind, tmp_path):
    file = kind(tmp_path / "run")
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            browser.open(file, width, scheme)
            assert (width, scheme, faults(browser)) == (width, scheme, [])
    browser.open(file, 703, "light", media="print")
    assert faults(browser) == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (SPLIT, "split"),
        (OPTION, "split: --seed"),
        (OVERLAP, "overlap"),
        (CUT, "cut"),
        (GLUED, "glued"),
    ],
)
def test_a_broken_page_is_found(browser, rich_file, fault, words):
    browser.open(rich_file, 1000, "light")
    browser.evaluate(fault)
    assert any(found.startswith(words) for found in faults(browser))


def pages(browser, file):
    browser.open(file, 1200, "dark", media="")
    made = browser.call("Page.printToPDF", preferCSSPageSize=True)
    pdf = base64.b64decode(made["data"])
    (box,) = set(re.findall(rb"/MediaBox \[([^\]]*)\]", pdf))
    return len(re.findall(rb"/Type\s*/Page\b", pdf)), [float(x) for x in box.split()]


def test_one_estimator_prints_on_three_sheets_of_a4(browser, make, tmp_path):
    run = make(n=60, estimators=("latent",), expected_uniform=("latent",), failed=[3, 5, 7])
    file = tmp_path / "one.html"
    file.write_text(page([run]), encoding="utf-8")
    count, box = pages(browser, file)
    assert count <= 3
    assert np.allclose(box[2:], [595, 842], atol=1)


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 4, 8, 30])
def test_one_estimator_prints_on_three_sheets_however_many_quantities(browser, count, tmp_path):
    rows = fits({f"a_rather_long_name_{j}": calibrated(20, seed=j) for j in range(count)})
    names = tuple(f"a_rather_long_name_{j}" for j in range(count))
    file = stored(tmp_path / "run", rows, datasets=20, names=names)
    assert pages(browser, file)[0] <= 3
    browser.open(file, 703, "light", media="print")
    assert faults(browser) == []


@pytest.mark.slow
def test_a_long_vector_prints_on_three_sheets(browser, tmp_path):
    names = [f"effect[school number {j}]" for j in range(60)]
    rows = fits({name: calibrated(20, seed=j) for j, name in enumerate(names)})
    run = load_run(make_run(tmp_path / "run", rows, replace(SETTINGS, datasets=20), (), ["effect"]))
    file = tmp_path / "page.html"
    file.write_text(page([run]), encoding="utf-8")
    assert pages(browser, file)[0] <= 3


def test_heads_are_printed_on_every_sheet(browser, rich_file):
    # A browser repeats the text of a table's head, but no boxes such as buttons.
    browser.open(rich_file, 703, "light", media="print")
    kinds = "[...document.querySelectorAll('thead .term')].map(e => getComputedStyle(e).display)"
    assert set(browser.evaluate(kinds)) == {"contents"}


def test_print_opens_what_a_reader_cannot(browser, rich_file):
    browser.open(rich_file, 703, "light", media="print")
    heights = "[...document.querySelectorAll('details table')].map(e => e.offsetHeight)"
    assert min(browser.evaluate(heights)) > 20
    assert (
        browser.evaluate("getComputedStyle(document.querySelector('thead')).position") == "static"
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_every_term_of_a_table_can_be_reached_at_every_width(browser, rich_file, width):
    browser.open(rich_file, width, "light")
    script = """[...document.querySelectorAll('main > section .term')].filter(e =>
        !e.closest('details') && (e.offsetWidth === 0 || e.closest('thead') &&
        getComputedStyle(e.closest('thead')).clipPath !== 'none')).map(e => e.innerText)"""
    assert browser.evaluate(script) == []
    heads = "document.querySelectorAll('thead .term').length"
    assert browser.evaluate(heads) > 20


def test_a_term_is_explained_by_the_keyboard_and_leads_to_all_terms(browser, rich_file):
    browser.open(rich_file, 1000, "light")
    browser.evaluate("document.querySelector('.how .term').focus()")
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r",
                     windowsVirtualKeyCode=13)  # fmt: skip
    link = "document.querySelector('[popover]:popover-open a')"
    assert browser.evaluate(f"{link}.innerText") == "All terms of this page"
    browser.evaluate(f"{link}.click()")
    assert browser.evaluate("location.hash") == "#term-tolerance"
    assert browser.evaluate("document.querySelector('#glossary').open")
    assert browser.evaluate("document.querySelector(':target').innerText") == "tolerance"


def test_a_term_is_explained_by_a_tap_without_a_script(browser, rich_file):
    browser.open(rich_file, 390, "light")
    browser.evaluate("document.querySelector('.how .term').click()")
    shown = "[...document.querySelectorAll('[popover]:popover-open')].map(e => e.innerText)"
    (words,) = browser.evaluate(shown)
    assert words.startswith("tolerance: How far the mean PIT")
    assert browser.complaints() == []
