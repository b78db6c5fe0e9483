"""A report on a run whose every text was written by somebody who wants to be executed."""

import json
from dataclasses import replace

import pytest
from browser import Browser, find

from sbc.report.write import write_page
from sbc.store.frames import load_run

EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
ATTRIBUTE = "\" onmouseover=\"document.title='owned'\" x='</svg></style></script>"


@pytest.fixture
def page(new_run, new_fit, new_settings, tmp_path):
    """Write the report of a run that names everything in the worst way."""
    estimator = f"naive{EVIL}"
    settings = new_settings(estimators=(estimator, ATTRIBUTE), parameters={EVIL: 1.0})

    def hostile(k, name):
        made = new_fit(k)
        results = tuple(replace(r, quantity=r.quantity + EVIL + ATTRIBUTE) for r in made.results)
        return replace(made, estimator=name, results=results, features={EVIL: float(k)})

    fits = [hostile(k, name) for k in range(30) for name in settings.estimators]
    failed = replace(new_fit(30, status="error", error=EVIL + ATTRIBUTE), estimator=estimator)
    folder = new_run([*fits, failed], settings)
    run = json.loads((folder / "run.json").read_text())
    names = [f"beta_XY{EVIL}{ATTRIBUTE}", f"beta_ZY{EVIL}{ATTRIBUTE}"]
    run["estimands"] = dict.fromkeys(settings.estimators, names)
    run |= {"command": ["sbc", EVIL, "; rm -rf ~"], "platform": EVIL, "commit": ATTRIBUTE}
    run |= {"packages": {EVIL: ATTRIBUTE}, "started": EVIL, "python": EVIL, "sbc": ATTRIBUTE}
    (folder / "run.json").write_text(json.dumps(run))
    return write_page([load_run(folder)], tmp_path / "page.html")


@pytest.mark.skipif(find() is None, reason="no Chromium on this machine: not looked at")
def test_nothing_of_it_is_executed(page):
    with Browser(find()) as browser:
        browser.open(page, 1280, "light")
        assert browser.complaints() == []
        assert browser.requests() == [page.as_uri()]
        assert browser.evaluate("document.title") != "owned"
        assert browser.evaluate("document.querySelectorAll('[onerror], [onmouseover]').length") == 0
        assert "onerror" in browser.evaluate("document.body.innerText")  # shown, as text
