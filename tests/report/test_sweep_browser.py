"""The page of a sweep in a real browser: nothing missing, nothing loaded, nothing over the edge."""

import pytest
from browser import Browser, find
from geometry import faults
from quick import PLUGINS

from sbc.cli.main import main

PATH = find()
WORLD = '''
from sbc import generator

@generator(dims={"y": "rows"})
def world(rng, truth, *, n_rows=5):
    """Draw normal observations of one mean."""
    return {"y": rng.normal(truth["theta"], 1, size=n_rows)}

@world.regime
def spread(rng, sd=1.0):
    """Draw the mean."""
    return {"theta": rng.normal(0, sd)}
'''
pytestmark = pytest.mark.skipif(PATH is None, reason="no Chromium on this machine: not looked at")


@pytest.fixture(scope="module")
def browser():
    with Browser(PATH) as found:
        yield found


@pytest.fixture(scope="module", params=[1, 2], ids=["lines", "maps"])
def page(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    vary = ["--vary", "n_rows=2,5,9", "--vary", "sd=0.5,1,2"][: 2 * request.param]
    (folder / "world.py").write_text(WORLD)
    words = ["--generator", f"{folder}/world.py:world", "--engine", "exact", "--datasets", "60"]
    words += ["--estimator", f"{PLUGINS}/normal_mean.py:normal_mean", "--bound", "bias=1"]
    assert main(["sweep", *words, *vary, "--quiet", "--out", str(folder / "map")]) == 0
    return folder / "map" / "report.html"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_without_complaints_or_sideways_scrolling(browser, page, width, scheme):
    browser.open(page, width, scheme)
    assert browser.complaints() == []
    assert browser.requests() == [page.as_uri()]
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    assert faults(browser) == []
    assert browser.evaluate("document.querySelectorAll('svg').length") >= 4
    assert "holds" in browser.evaluate("document.body.innerText")
