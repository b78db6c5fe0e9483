"""Where ranks depart, scanned over functions of the data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sbc.studies.explain.place import places


def frames(n=300, seed=0):
    rng = np.random.default_rng(seed)
    pit = pd.Series(rng.random(n))
    features = pd.DataFrame({"rows": rng.integers(1, 9, n), "one": np.ones(n)})
    means = pd.DataFrame({f"m{i}": rng.normal(size=n) for i in range(8)})
    return pit, features, means


def test_nothing_is_found_where_nothing_is():
    found = sum(bool(places(*frames(seed=seed))) for seed in range(100))
    assert found <= 5  # of 100 at one in a hundred: more with a chance of one in a thousand


def test_ranks_that_follow_a_feature_are_placed():
    pit, features, means = frames()
    pit = 0.6 * pit + 0.05 * features["rows"]
    (first, *_) = places(pit, features, means)
    assert first.startswith("it depends on the feature rows")


def test_ranks_that_lie_out_at_one_end_are_placed():
    pit, features, means = frames()
    outer = np.where(pit < 0.5, pit / 4, 1 - (1 - pit) / 4)
    pit = pit.where(means["m3"] < 0.5, outer)
    (first, *_) = places(pit, features, means)
    assert first.startswith("it depends on the posterior mean of m3")
    assert "|2 PIT" in first
