"""A shortcut that changes the density is found, told and not used."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from own_models import resolved, settings_for

from sbc.engines import _model
from sbc.fitting import handed
from sbc.fitting.allowed import generator_of
from sbc.fitting.compiled import compiled_for
from sbc.fitting.setup import designs, draw_dataset, estimator_of, setup_of
from sbc.fitting.verify import TOLERANCE
from sbc.plugins import template
from sbc.plugins.errors import UserError
from sbc.plugins.memory import forget

RNG = np.random.default_rng(5)


def joint(rng, *, n=8):
    a = rng.normal()
    return {"a": a}, {"y": rng.normal(a, 1, n)}


def world():
    return handed.names("generator", joint, "generator")[0]


def closure(y):
    """Python code within the model holds the data: no graph shows them."""
    a = pm.Normal("a", 0, 1)
    pm.CustomDist("z", a, logp=lambda z, a: -0.5 * (z - a) ** 2 - np.abs(y).sum() * a, observed=y)


def plain(y):
    pm.Normal("z", pm.Normal("a", 0, 1), 1, observed=y)


def test_a_model_that_can_share_its_code_does():
    found = resolved(plain, generator=world())
    assert not found.anew
    assert found.lines == ()


def test_a_shortcut_that_is_wrong_is_not_used(monkeypatch):
    whole = _model.log_likelihoods

    def half(model):
        return [part / 2 for part in whole(model)]

    monkeypatch.setattr(_model, "log_likelihoods", half)
    forget()
    with pytest.raises(UserError, match="the log likelihood is"):
        resolved(plain, generator=world())


def test_swapped_data_with_another_density_are_found(monkeypatch):
    """A template that takes the data for a constant gives every dataset the first one's density."""
    arrays = template.Template.arrays

    def stale(self):
        return {n: np.zeros_like(a) if a.size == 8 else a for n, a in arrays(self).items()}

    monkeypatch.setattr(template.Template, "arrays", stale)
    forget()
    found = resolved(plain, generator=world())
    assert found.anew
    assert found.lines[0].startswith(
        "compiled again for each dataset, because with swapped data the"
    )
    drawn = joint(np.random.default_rng(3))[1]
    assert found.structure(found.select(drawn)) != found.structure(found.select(joint(RNG)[1]))


def test_the_tolerance_lies_far_below_what_matters():
    assert 0 < TOLERANCE <= 1e-6


def test_infinite_densities_are_compared_too():
    def hard(y):
        a = pm.Normal("a", 0, 1)
        pm.Potential("limit", pt.switch(a > 50, -np.inf, 0.0))
        pm.Uniform("z", a - 100, a + 100, observed=y)

    assert not resolved(hard, generator=world()).anew


def test_a_prior_that_follows_the_data_compiles_once_under_a_generator(monkeypatch):
    def follows(y):
        a = pm.Normal("a", y.mean(), 1 + y.std())
        pm.Normal("z", a, 1, observed=y)

    settings = settings_for(follows, generator=world(), datasets=4, draws=200, tune=100)
    made = estimator_of(settings, settings.estimators[0])
    keys = set()
    for seed in range(4):
        _, data = joint(np.random.default_rng(seed), n=8 + seed)
        selected = made.select(data)
        keys.add(made.structure(selected))
    assert len(keys) == 1
    setup = setup_of(settings, settings.estimators[0])
    compiled = compiled_for(setup, "nutpie", selected)
    assert all(
        compiled_for(setup, "nutpie", made.select(joint(np.random.default_rng(k), n=6 + k)[1]))
        is compiled
        for k in range(3)
    )
    assert len(designs(settings)) == 2


def test_code_that_holds_data_serves_one_dataset():
    made = resolved(closure, generator=world())
    structures = {made.structure(made.select(joint(np.random.default_rng(k))[1])) for k in range(3)}
    assert len(structures) == 3


def test_whole_numbers_beyond_32_bits_are_what_they_are():
    """``pm.set_data`` takes them for numbers of 32 bits, and 6,402,916,469 for 2,107,949,173."""

    def counts():
        with pm.Model() as model:
            pm.Poisson("n", pm.math.exp(pm.Normal("a", 24, 0.1)), observed=np.ones(6, int))
        return model

    settings = settings_for(counts)
    made = estimator_of(settings, settings.estimators[0])
    assert not made.anew
    data = made.select(draw_dataset(settings, 0, settings.estimators[0]).data)
    model = _model.build(made, generator_of(settings), data)
    _model.set_data(model, data)
    for name, array in data.items():
        assert array.max() > 2**31
        np.testing.assert_array_equal(model[_model.data_name(name)].get_value(), array)


def test_whole_numbers_that_do_not_fit_are_told():
    with pm.Model() as model:
        pm.Data(_model.data_name("n"), np.arange(3))
    with pytest.raises(ValueError, match="'n' holds whole numbers beyond int32"):
        _model.set_data(model, {"n": np.array([2**40, 1])})
