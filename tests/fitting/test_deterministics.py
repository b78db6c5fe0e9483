"""Deterministics computed by the model at the truth."""

import numpy as np
import pytest

from sbc.fitting.deterministics import Derived
from sbc.fitting.options import settings_over
from sbc.fitting.setup import estimator_of
from sbc.plugins import registry

WORLD = "tests/files/normal_mean.py:normal_world"


def made(name):
    spec = f"tests/files/ordinary.py:{name}"
    return estimator_of(settings_over(None, {"estimator": spec, "generator": WORLD}), spec)


def derived(name, what, rows=5):
    estimator, data = made(name), {"y": np.arange(float(rows))}
    return estimator, Derived(estimator, registry.generator(WORLD), estimator.select(data), [what])


def test_a_deterministic_at_a_truth():
    estimator, found = derived("samples", "tail")
    data = estimator.select({"y": np.arange(5.0)})
    for theta in (-1.0, 0.0, 2.0):
        value = found.at({"theta": theta}, data)["tail"]
        assert value == pytest.approx(1 / (1 + np.exp(-theta)))


def test_it_is_evaluated_on_the_data_of_its_own_dataset():
    estimator, found = derived("centred", "above")
    for rows in (5, 7):
        data = estimator.select({"y": np.arange(float(rows))})
        assert found.at({"theta": 10.0}, data)["above"] == pytest.approx(10 - (rows - 1) / 2)


def test_a_truth_that_leaves_a_parameter_out_is_told():
    estimator, found = derived("samples", "tail")
    with pytest.raises(ValueError, match=r"does not say what 'tail' is, nor, .* what 'theta' is"):
        found.at({"mu": 1.0}, estimator.select({"y": np.arange(5.0)}))
