import numpy as np
import pytest
from arviz_stats.base import array_stats

from sbc.stats.diagnostics import diagnose


def autoregressive(rng, rho, shape):
    draws = rng.normal(size=shape)
    for t in range(1, shape[-1]):
        draws[..., t] = rho * draws[..., t - 1] + np.sqrt(1 - rho**2) * draws[..., t]
    return draws


@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.5, 0.95])
@pytest.mark.parametrize(("chains", "length"), [(1, 500), (2, 251), (4, 100), (2, 40)])
def test_agrees_with_arviz(rho, chains, length):
    draws = autoregressive(np.random.default_rng(length), rho, (5, chains, length))
    draws[1] = np.round(draws[1])  # ties
    draws[2, 0] += 1  # a chain of its own
    found = diagnose(draws)
    for q, x in enumerate(draws):
        if chains > 1:  # with one chain ArviZ gives no R-hat; ours compares the halves
            np.testing.assert_allclose(found.rhat[q], array_stats.rhat(x), rtol=1e-9)
        np.testing.assert_allclose(found.ess_bulk[q], array_stats.ess(x), rtol=1e-6)
        tail = array_stats.ess(x, method="tail", prob=(0.05, 0.95))
        np.testing.assert_allclose(found.ess_tail[q], tail, rtol=1e-6)


def test_a_drift_in_a_single_chain_shows():
    draws = np.random.default_rng(0).normal(size=(2, 1, 400))
    draws[1] += np.linspace(0, 3, 400)
    calm, drifting = diagnose(draws).rhat
    assert calm < 1.02
    assert drifting > 1.2


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_draw_that_is_not_finite_gives_nan_for_its_quantity_alone(value):
    draws = np.random.default_rng(0).normal(size=(2, 2, 100))
    draws[0, 1, 3:50] = value
    found = diagnose(draws)
    assert np.isnan([found.rhat[0], found.ess_bulk[0], found.ess_tail[0]]).all()
    assert np.isfinite([found.rhat[1], found.ess_bulk[1], found.ess_tail[1]]).all()


def test_a_quantity_that_never_moves_has_no_rhat():
    assert np.isnan(diagnose(np.ones((1, 2, 100))).rhat).all()


def test_too_few_draws_give_nan():
    assert np.isnan(diagnose(np.random.default_rng(0).normal(size=(1, 2, 9))).ess_bulk).all()
