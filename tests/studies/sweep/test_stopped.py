"""A sweep says which coverage it shows, that of tables, and what stopping at a precision does."""

from __future__ import annotations

import re

import numpy as np
import pytest
from quick import WORLD

from sbc.cli.main import main
from sbc.report.table import table
from sbc.stats import metrics
from sbc.stats.fits import Proportion
from sbc.stats.intervals import wilson
from sbc.store.frames import as_fits
from sbc.studies.sweep.answers import error_of, estimate
from sbc.studies.sweep.doubt import BATCH
from sbc.studies.sweep.notes import BY_PIT, STOPPED
from sbc.studies.sweep.page import sweep_page
from sbc.studies.sweep.read import load_sweep
from sbc.studies.sweep.table import render

MODEL = WORLD.replace("normal_world", "normal_mean")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Sweep with a bound and a precision, which stop early."""
    folder = tmp_path_factory.mktemp("stopped") / "sweep"
    words = ["--generator", WORLD, "--estimator", MODEL, "--engine", "exact", "--truth", "prior"]
    asked = ["--precision", "coverage_95=0.05", "--bound", "coverage_95=0.9:0.99"]
    options = ["--vary", "n_rows=2,5", "--datasets", "25", "--max-datasets", "50", "--quiet"]
    assert main(["sweep", *words, *asked, *options, "--out", str(folder)]) == 0
    return load_sweep(folder)


def test_coverage_is_that_of_tables(swept):
    for cell, subject in swept.subjects:
        run = swept.runs[cell]
        found = estimate(subject, "coverage_95")
        (row,) = table(run).to_dict(orient="records")
        assert found.value == row["coverage_95"]
        frame = next(iter(subject.frames.values()))
        by_hand = ((frame["q025"] <= frame["truth"]) & (frame["truth"] <= frame["q975"])).mean()
        assert found.value == pytest.approx(by_hand)
        by_pit = metrics.coverage(as_fits(frame), level=0.6, kind="pit")
        assert estimate(subject, "coverage_60").value == by_pit.value  # no quantiles of 60 %


def test_the_kind_is_named_and_stopping_told(swept):
    for said in (render(swept), sweep_page(swept)):
        text = " ".join(re.sub(r"<[^>]*>", "", said).split())
        assert "coverage = share of intervals between posterior quantiles" in text
        assert BY_PIT in text
        assert STOPPED in text


def test_the_numbers_of_the_sentence_are_those_of_the_rule():
    # 20,000 cells with a true coverage of .95, looked at after every batch until the error is .02
    rng, n = np.random.default_rng(0), np.arange(BATCH, 1001, BATCH)
    hits = np.cumsum(rng.random((20_000, n[-1])) < 0.95, axis=1)[:, n - 1]
    low, high = wilson(hits, np.broadcast_to(n, hits.shape))
    assert (high[0, 3] - low[0, 3]) / 4 == pytest.approx(
        error_of(Proportion(0.9, 0.1, low[0, 3], high[0, 3]))
    )
    stopped = ((high - low) / 4 <= 0.02).argmax(axis=1)
    taken, share = n[stopped], hits[np.arange(len(hits)), stopped] / n[stopped]
    early = share[taken <= np.quantile(taken, 0.25)]
    assert f"{share.mean():.3f}".lstrip("0") in STOPPED
    assert f"{early.mean():.3f}".lstrip("0") in STOPPED
    error = share.std() / np.sqrt(len(share))
    assert share.mean() - 0.95 > 10 * error  # and at a fixed number of datasets there is none:
    assert abs(hits[:, 5].mean() / n[5] - 0.95) < 4 * error


def test_biases_are_unharmed():
    rng, n = np.random.default_rng(1), np.arange(BATCH, 1001, BATCH)
    e = rng.normal(size=(5000, n[-1]))
    mean, square = (np.cumsum(x, axis=1)[:, n - 1] / n for x in (e, e**2))
    stopped = (np.sqrt((square - mean**2) / (n - 1)) <= 0.08).argmax(axis=1)
    found = mean[np.arange(len(mean)), stopped]
    assert abs(found.mean()) < 3.5 * found.std() / np.sqrt(len(found))
