"""The CRPS: by its definition, by hand, and against ArviZ's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sbc.stats.crps import crps_from_draws

# A loaded machine must not fail a test; the inputs are small, so fifty show what there is.
quick = settings(deadline=None, max_examples=50)


@quick
@given(
    draws=hnp.arrays(float, st.integers(1, 9), elements=st.floats(-1e3, 1e3)),
    truth=st.floats(-1e3, 1e3),
)
def test_crps_is_the_mean_over_all_pairs(draws, truth):
    pairs = np.abs(draws[:, None] - draws).mean()
    expected = np.abs(draws - truth).mean() - pairs / 2
    assert crps_from_draws(draws, truth) == pytest.approx(expected, abs=1e-9)


def test_crps_by_hand():
    # F = ½ on [0, 2]: ∫ (F − 1(x ≥ 1))² = 2 · ¼; one draw is its distance
    assert crps_from_draws([2, 0], 1) == pytest.approx(0.5)
    assert crps_from_draws([3], 1) == pytest.approx(2)
    with pytest.raises(ValueError, match="no draws"):
        crps_from_draws(np.empty((2, 0)), np.zeros(2))


def test_crps_agrees_with_arviz_and_broadcasts():
    from arviz_stats.base import array_stats

    rng = np.random.default_rng(1)
    draws, truth = rng.normal(5, 2, (3, 4, 50)), rng.normal(5, 2, (3, 4))
    ours = crps_from_draws(draws, truth)
    assert ours.shape == (3, 4)
    for i in np.ndindex(3, 4):
        theirs = array_stats.loo_score(draws[i][None], truth[i], np.zeros((1, 50)), kind="crps")
        assert ours[i] == pytest.approx(-theirs)
