"""Intervals of discrete estimands cover more than they say, and are marked wherever they stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic import SETTINGS, make_run

from sbc.fitting.summarise import summarise
from sbc.plugins.engine import Draws
from sbc.report.comparison import render_comparison
from sbc.report.discrete import MARK, NOTE
from sbc.report.markdown import markdown
from sbc.report.page.page import page
from sbc.report.table import render, table
from sbc.stats import metrics
from sbc.store.frames import as_fits, load_run
from sbc.store.rows import Fit


def rows(estimator="mundlak", n=300, discrete=True):
    """Fit counts and a continuous number, whose posteriors are their priors: calibrated."""
    found = []
    for k in range(n):
        given, rng = np.random.default_rng([k, 0]), np.random.default_rng([k, len(estimator)])
        truth = {"count": float(given.binomial(4, 0.5)), "theta": float(given.normal())}
        values = {"count": rng.binomial(4, 0.5, (2, 300)), "theta": rng.normal(size=(2, 300))}
        if not discrete:
            truth["count"], values["count"] = given.normal(), rng.normal(size=(2, 300))
        draws = Draws({name: x.astype(float) for name, x in values.items()}, independent=True)
        jitter = float(rng.random())
        results = summarise(draws, truth, lambda name, jitter=jitter: jitter)
        found.append(Fit(k, estimator, "nutpie", "ok", results=results, truth=truth))
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    made = rows() + rows("naive")
    settings = replace(SETTINGS, estimators=("mundlak", "naive"), datasets=300)
    folder = tmp_path_factory.mktemp("counts") / "run"
    return load_run(make_run(folder, made, settings, estimands=("count", "theta")))


@pytest.fixture(scope="module")
def continuous(tmp_path_factory):
    folder = tmp_path_factory.mktemp("continuous") / "run"
    made = rows(discrete=False, n=40)
    return load_run(make_run(folder, made, SETTINGS, estimands=("count", "theta")))


def test_intervals_of_counts_cover_more_and_the_pit_does_not(run):
    found = table(run).set_index(["estimator", "estimand"])
    assert found["discrete"].tolist() == [True, False, True, False]
    # 1, 2, 3 of Binomial(4, .5) have 14/16, and are the 50 % interval of most samples
    assert found.loc[("mundlak", "count"), "coverage_50"] > 0.8
    assert abs(found.loc[("mundlak", "theta"), "coverage_50"] - 0.5) < 0.1
    fits = as_fits(dict(run.streams())["mundlak", "nutpie", "count"])
    for level in (0.5, 0.8, 0.95):
        share = metrics.coverage(fits, level=level, kind="pit").value
        assert abs(share - level) < 3.3 * np.sqrt(level * (1 - level) / 300)


def marked(text):
    """List the lines that are marked, but for the note."""
    return [line for line in text.splitlines() if MARK in line and NOTE not in line]


@pytest.mark.parametrize("kind", ["text", "markdown"])
def test_the_table_marks_them_with_a_note(run, continuous, kind):
    said = render(run, kind)
    assert NOTE in said
    assert len(marked(said)) == 2
    assert all("count" in line for line in marked(said))
    assert all(line.count(MARK) == 2 for line in marked(said))  # at 50 and at 95 %
    assert MARK not in render(continuous, kind)


def test_a_level_that_is_counted_by_the_pit_is_not_marked(run):
    assert marked(render(run, levels=(0.6, 0.7))) == []


def test_shortest_intervals_are_marked_too(run):
    assert len(marked(render(run, interval="hdi"))) == 2


def test_differences_are_marked(run):
    said = render_comparison(run)
    assert NOTE in said
    assert len(marked(said)) == 1


def test_the_summary_in_markdown_marks_them(run, continuous):
    said = markdown([run])
    lines = [line for line in said.splitlines() if line.startswith("|") and MARK in line]
    assert len(lines) == 2
    assert all("count" in line for line in lines)
    assert NOTE in said
    assert MARK not in markdown([continuous])


def test_the_page_marks_them(run, continuous):
    said = page([run])
    assert NOTE in said
    cells = [part.partition("<")[0] for part in said.split(">")]
    assert sum(MARK in cell and NOTE not in cell for cell in cells) >= 6  # the grid and the numbers
    assert MARK not in page([continuous])
