import pytest
from browser import Browser, find

PATH = find()
pytestmark = pytest.mark.skipif(PATH is None, reason="no Chromium on this machine: not looked at")
WIDER = """[...document.querySelectorAll('body *')].filter(e =>
    e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('thead')).length"""


@pytest.fixture(scope="module")
def browser():
    with Browser(PATH) as found:
        yield found


@pytest.fixture(scope="module")
def file(rich, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(rich[1].html, encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_without_complaints_or_sideways_scrolling(browser, file, width, scheme):
    browser.open(file, width, scheme)
    assert browser.complaints() == []
    assert browser.requests() == [file.as_uri()]
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    assert browser.evaluate(WIDER) == 0
    assert browser.evaluate("document.querySelectorAll('svg').length") > 40


def lightness(browser, what, of="body"):
    script = f"getComputedStyle(document.querySelector('{of}')).{what}"
    numbers = browser.evaluate(script).split("(")[1].rstrip(")").split(",")
    return sum(map(float, numbers[:3])) / 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_the_paper(browser, file, scheme):
    browser.open(file, 1280, scheme)
    paper = lightness(browser, "backgroundColor")
    assert paper > 240 if scheme == "light" else paper < 40
    for what, of in (("color", "body"), ("fill", ".plot text"), ("color", "figcaption")):
        assert abs(lightness(browser, what, of) - paper) > 120


def test_paper_stays_white_in_print(browser, file):
    browser.open(file, 1280, "dark", media="print")
    assert lightness(browser, "backgroundColor") > 240
    assert lightness(browser, "fill", ".plot text") < 120
