"""What approximations cost against the reference engine: numbers by hand, and the page."""

from dataclasses import replace

import numpy as np
import pytest
from browser import Browser, find
from parsed import Page
from synthetic import SETTINGS, by_engine, calibrated, fits, make_run

from sbc.report.labels import Labels
from sbc.report.page.engines import cost_numbers, costs, reference_of
from sbc.report.page.page import page
from sbc.report.verdicts import pairs_of
from sbc.store.frames import load_run

N = 24
LABELS = Labels({"mundlak": 0}, {"mundlak": "mundlak"}, frozenset({"mundlak"}))


def narrowed(row, k, shift, ratio):
    """Move a fit by `shift` posterior sds, every other one a tenth more, and scale its interval."""
    results = []
    for r in row.results:
        mean = r.mean + (shift + 0.1 * (k % 2)) * r.sd
        quantiles = tuple(mean + ratio * (q - r.mean) for q in r.quantiles)
        results.append(replace(r, mean=mean, sd=ratio * r.sd, quantiles=quantiles))
    return replace(row, results=tuple(results), seconds=0.25 * row.seconds)


def run_of(folder, engines=("nutpie", "advi"), shift=-0.3, ratio=0.5):
    sampled = [replace(row, seconds=2.0) for row in fits({"beta_XY": calibrated(N)})]
    rows = [narrowed(row, k, shift, ratio) for k, row in enumerate(sampled)]
    rows = by_engine(rows, engines[1], pareto_k=0.9)
    rows += [replace(row, engine=engines[0]) for row in sampled]
    settings = replace(SETTINGS, engines=engines, datasets=N)
    return load_run(make_run(folder, rows, settings, estimands=("beta_XY",)))


def test_costs_by_hand(tmp_path):
    run = run_of(tmp_path / "run")
    [cost] = costs(run, pairs_of(run))
    shift = cost.estimate("cost-shift")
    # half of the datasets by −.3, half by −.2: the sd of the shifts is .05 √(24/23)
    assert shift.value == pytest.approx(-0.25)
    assert shift.mcse == pytest.approx(0.05 * np.sqrt(N / (N - 1)) / np.sqrt(N))
    assert cost.estimate("cost-width").value == pytest.approx(np.log(0.5))
    assert cost.estimate("cost-seconds").value == pytest.approx(np.log(0.25))
    both = run.results.pivot(index="dataset", columns="engine")
    hits = {
        e: (both["q025"][e] <= both["truth"][e]) & (both["truth"][e] <= both["q975"][e])
        for e in ("nutpie", "advi")
    }
    expected = hits["advi"].mean() - hits["nutpie"].mean()
    assert expected < 0
    assert cost.estimate("cost-coverage").value == pytest.approx(expected)
    cells = dict(cost_numbers([cost], LABELS)[0]["cells"])
    assert cells["shift / sd"] == "−0.250 ±\u00a00.010"
    assert cells["width ratio"].startswith("0.5")
    assert cells["datasets"] == "24"


def test_an_engine_without_fault_costs_nothing(tmp_path):
    run = run_of(tmp_path / "run", shift=-0.05, ratio=1.0)  # ± .05: none on average
    [cost] = costs(run, pairs_of(run))
    assert cost.estimate("cost-shift").value == pytest.approx(0, abs=1e-12)
    assert cost.estimate("cost-width").value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("engines", "reference"),
    [
        (("advi", "nutpie"), "nutpie"),
        (("pymc", "nutpie"), "pymc"),
        (("exact",), "exact"),
        (("advi", "laplace"), ""),
    ],
)
def test_the_reference_is_the_first_engine_that_is_no_approximation(engines, reference):
    assert reference_of(engines) == reference


def test_without_a_reference_or_an_approximation_nothing_is_shown(tmp_path):
    for name, engines in {"none": ("laplace", "advi"), "both": ("nutpie", "pymc")}.items():
        run = run_of(tmp_path / name, engines)
        assert costs(run, pairs_of(run)) == []
        assert "costs and saves" not in Page(page([run])).text


def test_the_page_shows_what_to_choose_by(tmp_path):
    found = Page(page([run_of(tmp_path / "run")]))
    assert "What an approximation costs and saves" in found.text
    for title in ("Shift of the estimate", "Width of the 95 % interval", "Seconds of a fit"):
        assert found.html.count(f"<h5>{title}</h5>") == 1
    told = [svg["aria-label"] for svg in found.all("svg")]
    assert any("beta_XY, mundlak · advi: 0.50" in text for text in told)


@pytest.mark.skipif(find() is None, reason="no Chromium on this machine: not looked at")
@pytest.mark.parametrize("width", [1280, 390])
def test_the_section_fits_any_window(tmp_path, width):
    file = tmp_path / "page.html"
    file.write_text(page([run_of(tmp_path / "run")]), encoding="utf-8")
    with Browser(find()) as browser:
        browser.open(file, width, "dark")
        assert browser.complaints() == []
        assert browser.evaluate("document.documentElement.scrollWidth") == width
        script = "getComputedStyle(document.querySelector('.four .figures')).gridTemplateColumns"
        assert len(browser.evaluate(script).split()) == (4 if width > 1000 else 1)
