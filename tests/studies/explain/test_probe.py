"""A second opinion: who is asked, and when a posterior has moved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sbc.studies.explain.probe import _moves, chosen


def test_datasets_are_chosen_by_strata_of_rank_and_by_the_seed():
    pit = pd.Series(np.random.default_rng(0).random(200))
    found = chosen(pit, seed=1)
    assert len(found) == 20
    strata = np.sort((pit[found].rank(pct=False)).to_numpy())
    assert strata.tolist() == list(range(1, 21))
    whole = pit.rank().loc[found].sort_values().to_numpy()
    assert ((whole - 1) // 10).tolist() == list(range(20))
    assert chosen(pit, seed=1) == found
    assert chosen(pit, seed=2) != found


def test_few_datasets_are_all_chosen():
    pit = pd.Series([0.1, np.nan, 0.3], index=[4, 5, 9])
    assert chosen(pit, seed=1) == [4, 9]


def rows(shift=0.0, ratio=1.0, ess=(400, 2000), seed=0, quantities=10, n=20):
    """Simulate what two samplers say of the same posteriors, given their effective sizes."""
    rng = np.random.default_rng(seed)
    errors = [rng.normal(0, 1 / np.sqrt(size), (quantities, n)) for size in ess]
    widths = [rng.normal(0, 1 / np.sqrt(2 * size), (quantities, n)) for size in ess]
    return pd.DataFrame(
        {
            "quantity": np.repeat([f"q{i}" for i in range(quantities)], n),
            "shift": (shift + errors[0] - errors[1]).ravel(),
            "variance": 1 / ess[0] + 1 / ess[1],
            "width": (np.log(ratio) + widths[0] - widths[1]).ravel(),
        }
    )


def test_sound_fits_seldom_move():
    moved = sum(_moves(rows(seed=seed))[0].p < 1e-3 for seed in range(300))
    assert moved <= 3


@pytest.mark.parametrize(("shift", "ratio"), [(0.3, 1.0), (0.0, 0.8), (0.0, 1.25)])
def test_a_posterior_of_another_place_or_width_has_moved(shift, ratio):
    (first, *_) = _moves(rows(shift, ratio))
    assert first.p < 1e-6
    assert np.exp(first.width) == pytest.approx(ratio, abs=0.03)
    assert first.shift == pytest.approx(shift, abs=0.05)


def test_wild_estimates_that_are_right_on_average_have_moved():
    frame = rows()
    frame["shift"] += np.random.default_rng(1).normal(0, 0.5, len(frame))
    assert _moves(frame)[0].p < 1e-6
