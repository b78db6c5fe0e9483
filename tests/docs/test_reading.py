"""The reading test: runs whose truth is planted, and the sentence that their page says."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from pages import ROOT
from quick import PLUGINS
from synthetic import SETTINGS, by_engine, calibrated, fits, make_run, scaled, shifted

from sbc.cli.main import main
from sbc.gates.verdict_words import told
from sbc.report.page.gate import state
from sbc.report.page.page import chapters
from sbc.store.frames import load_run
from sbc.studies.sweep.page import Look
from sbc.studies.sweep.read import load_sweep
from sbc.studies.sweep.table import sentences_of

PAGE = ROOT / "docs" / "planted.md"
ONE = ("beta_XY",)


def stored(folder, rows, expected=("mundlak",), estimands=ONE, **changed):
    """Store a run of made-up fits."""
    n = max(row.dataset for row in rows) + 1
    settings = replace(SETTINGS, **{"datasets": n, **changed})
    return load_run(make_run(folder, rows, settings, expected, estimands))


def engines(folder):
    rows = fits({"beta_XY": calibrated(200)})
    rows += by_engine(fits({"beta_XY": scaled(0.5, 200)}), "advi", pareto_k=0.9)
    return stored(folder, rows, engines=("nutpie", "advi"))


def vector(folder):
    streams = {f"p[{j}]": calibrated(200, seed=j) for j in range(8)}
    streams["p[5]"] = shifted(1.5, 200, seed=5)
    return stored(folder, fits(streams), estimands=("p",))


#: What is planted, and the run; rows of the page in this order.
CASES = {
    "a sound estimator, 200 datasets": lambda f: stored(f, fits({"beta_XY": calibrated(200)})),
    "every estimate 1 posterior sd too high": lambda f: stored(
        f, fits({"beta_XY": shifted(1.0, 200)})
    ),
    "posterior sds 0.5 times the right size": lambda f: stored(
        f, fits({"beta_XY": scaled(0.5, 200)})
    ),
    "posterior sds twice the right size": lambda f: stored(f, fits({"beta_XY": scaled(2.0, 200)})),
    "estimates 0.12 posterior sds too high, 800 datasets": lambda f: stored(
        f, fits({"beta_XY": shifted(0.12, 800)})
    ),
    "a sound estimator, 30 datasets": lambda f: stored(f, fits({"beta_XY": calibrated(30)})),
    "posterior sds 0.86 times the right size, 120 datasets": lambda f: stored(
        f, fits({"beta_XY": scaled(0.86, 120)})
    ),
    "a sound estimator of which a quarter of the fits fails": lambda f: stored(
        f, fits({"beta_XY": calibrated(200)}, failed=range(0, 200, 4))
    ),
    "every fit fails": lambda f: stored(f, fits({"beta_XY": calibrated(9)}, failed=range(9))),
    "one fixed truth, posterior sds 0.5 times the right size": lambda f: stored(
        f, fits({"beta_XY": scaled(0.5, 200)}), expected=(), truth="fixed"
    ),
    "two engines, of which ADVI gives half the right sd": engines,
    "a vector of 8, of which p[5] is 1.5 posterior sds too high": vector,
}


def says(run):
    """Give what the page says of a run: its state, and the verdict and words of each quantity."""
    (chapter,) = chapters([run])
    lines = [state(run, chapter.judgement)]
    for pair, verdict in zip(chapter.pairs, chapter.judgement.ranks.values(), strict=True):
        who = f"{pair.engine}: " if len(run.settings.engines) > 1 else ""
        lines.append(f"{who}{told(verdict)}. {pair.words}".strip())
    return " ".join(filter(None, lines))


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
SWEEP = "a sweep: an exact posterior with a prior sd of 1, truths with an sd of 1 or 6"


def swept(folder):
    """Give what the page says of a sweep."""
    (folder / "world.py").write_text(WORLD)
    arguments = ["--generator", f"{folder}/world.py:world", "--engine", "exact"]
    arguments += ["--estimator", f"{PLUGINS}/normal_mean.py:normal_mean", "--datasets", "200"]
    arguments += ["--vary", "sd=1,6", "--bound", "coverage_95=0.9:1", "--quiet"]
    assert main(["sweep", *arguments, "--out", str(folder / "map")]) == 0
    look = Look.of(load_sweep(folder / "map"))
    return " ".join(text for _, text in sentences_of(look.sweep, look.given))


def rows():
    """Read the table: what was planted, and what the page says."""
    found = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    return {planted: said for planted, said in found[1:] if not planted.startswith("-")}


def test_every_case_has_its_row_in_order():
    assert list(rows()) == [*CASES, SWEEP]


@pytest.mark.slow
def test_the_page_of_a_sweep_says_where_the_bound_holds(tmp_path):
    assert swept(tmp_path) == rows()[SWEEP]


@pytest.mark.parametrize("planted", CASES)
def test_the_page_says_what_stands_beside_the_planted_truth(planted, tmp_path):
    assert says(CASES[planted](tmp_path / "run")) == rows()[planted]


def test_verdicts_are_right_about_what_is_planted():
    outcomes = {
        "sound estimator, 200": "✓ within tolerance",
        "1 posterior sd too high": "✗ miscalibrated",
        "0.5 times the right size": "✗ miscalibrated",
        "twice the right size": "✗ miscalibrated",
        "sound estimator, 30": "? inconclusive",
        "one fixed truth": "– not judged",
    }
    for start, words in outcomes.items():
        mine = [said for planted, said in rows().items() if start in planted]
        assert any(words in said for said in mine)
    sizes = {"1 posterior sd too high": 1.0, "0.5 times": 0.5, "twice": 2.0}
    for planted, said in rows().items():
        for what, size in sizes.items():
            if what in planted and "miscalibrated" in said:
                value, low, high = map(
                    float, re.search(r"([\d.]+) \(([\d.]+)–([\d.]+)\)", said).groups()
                )
                assert low <= size <= high
                assert np.isclose(value, size, rtol=0.1)
