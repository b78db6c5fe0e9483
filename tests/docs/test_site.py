"""The site of `make docs`: built without a warning, asking for nothing, and fit for a phone."""

from __future__ import annotations

import sys

import pytest
from pages import PAGES, ROOT, do

import sbc

sys.path.insert(0, str(ROOT / "tests" / "report"))
from browser import Browser, find

BROWSER = find()
_LOCAL = ("file:", "data:")
#: Boxes that stick out of the window, unless they lie in something that scrolls by itself.
_CUT = """
[...document.querySelectorAll("article *")].filter(e => {
  if (e.getClientRects().length == 0 || e.getBoundingClientRect().right <= innerWidth + 1)
    return false;
  for (let a = e; a.tagName != "ARTICLE"; a = a.parentElement)
    if (["auto", "scroll"].includes(getComputedStyle(a).overflowX)) return false;
  return true;
}).map(e => e.tagName + ": " + e.textContent.trim().slice(0, 60)).slice(0, 5)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    do([sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "docs", str(out)], ROOT)
    return out


@pytest.mark.slow
def test_every_page_is_built_and_every_command_is_described(site):
    from sbc.cli.main import COMMANDS

    pages = {file.stem for file in site.glob("*.html")}
    assert {name[5:-3] for name in PAGES if name.startswith("docs/")} <= pages
    text = (site / "command-line.html").read_text(encoding="utf-8")
    assert all(f'id="sbc-{name}"' in text or f">{name}<" in text for name in COMMANDS)
    api = (site / "api.html").read_text(encoding="utf-8")
    assert [name for name in sbc.__all__ if f'id="sbc.{name}"' not in api] == []
    assert "The site shows" not in (site / "reading.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="needs a Chromium")
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_fit_the_window_and_fetch_nothing(site, width):
    with Browser(BROWSER) as browser:
        for file in sorted(site.glob("*.html")):
            browser.open(file, width, "light")
            assert browser.evaluate(_CUT) == [], file.name
            assert browser.evaluate("document.documentElement.scrollWidth") <= width, file.name
            asked = [url for url in browser.requests() if not url.startswith(_LOCAL)]
            assert asked == [], file.name
        # The check can fail.
        browser.evaluate("document.querySelector('article').innerHTML = "
                         "'<div style=\"width: 3000px\">wide</div>'")  # fmt: skip
        assert browser.evaluate(_CUT) != []


def test_ci_builds_the_site():
    assert "-W" in (ROOT / "Makefile").read_text().partition("\ndocs:")[2].partition("\n\n")[0]
    assert "\nmake docs\n" in (ROOT / ".ci" / "run").read_text()
