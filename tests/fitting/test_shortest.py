"""Shortest intervals are those of all draws of a fit, whatever is kept of these."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import quick
from arviz_stats.base import array_stats

from sbc.fitting.summarise import summarise
from sbc.plugins.engine import Draws
from sbc.report.table import table
from sbc.store.frames import load_run
from sbc.store.rows import LEVELS


def test_they_are_arviz_intervals_of_all_draws():
    values = np.random.default_rng(5).gamma(2.0, size=(2, 400))
    draws = Draws({"mu": values})
    (row,) = summarise(draws, {"mu": 1.0}, lambda name: 0.5)
    expected = [array_stats.hdi(values.ravel(), prob=level) for level in LEVELS]
    assert row.shortest == tuple(np.ravel(expected))
    kept = np.frombuffer(row.draws)
    assert row.shortest[:2] != tuple(array_stats.hdi(kept, prob=0.5))


def test_a_run_keeps_them(tmp_path):
    wanted = quick.settings(f"{quick.PLUGINS}/normal_mean.py:normal_mean", datasets=40)
    run = load_run(quick.fit(tmp_path / "run", wanted))
    row = run.results[run.results.quantity == "theta"]
    for level in (50, 95):
        assert (row[f"hdi{level}_low"] < row[f"hdi{level}_high"]).all()
    hits = (row["hdi95_low"] <= row["truth"]) & (row["truth"] <= row["hdi95_high"])
    assert table(run, interval="hdi")["coverage_95"][0] == pytest.approx(hits.mean())


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    """Fit 4,000 exact posteriors by 1,000 draws."""
    wanted = quick.settings(f"{quick.PLUGINS}/normal_mean.py:normal_mean", datasets=4000)
    wanted = replace(wanted, budget=replace(wanted.budget, draws=500))
    return load_run(quick.fit(tmp_path_factory.mktemp("exact") / "run", wanted))


def departures(run, ends_of):
    """Give coverage at `LEVELS` less the level, in its binomial errors."""
    [(key, frame)] = run.streams(estimands_only=True)
    truth, levels = frame["truth"].to_numpy(), np.array(LEVELS)
    ends = [ends_of(key, frame, level) for level in LEVELS]
    hits = np.array([np.mean((low <= truth) & (truth <= high)) for low, high in ends])
    return (hits - levels) / np.sqrt(levels * (1 - levels) / len(truth))


@pytest.mark.slow
def test_coverage_of_exact_posteriors_is_nominal(exact):
    def stored(_key, frame, level):
        return frame[f"hdi{100 * level:g}_low"], frame[f"hdi{100 * level:g}_high"]

    assert (np.abs(departures(exact, stored)) < 3.3).all()


@pytest.mark.slow
def test_coverage_by_the_thinned_draws_is_not(exact):
    def thinned(key, frame, level):
        return array_stats.hdi(exact.draws(key, frame["dataset"]), prob=level, axis=-1).T

    assert (departures(exact, thinned) < -3.3).any()
