"""nutpie and pm.sample sample the same posteriors."""

import numpy as np
import pytest

from sbc.plugins import registry
from sbc.plugins.engine import Budget
from sbc.stats.diagnostics import diagnose

BUDGET = Budget(draws=1000, tune=500, chains=2, target_accept=0.9)
GENERATOR = registry.generator("confound")
FIVE = ["naive", "fixed", "multilevel", "mundlak", "latent"]


def summary(engine, name, data, seed=1):
    estimator = registry.estimator(name)
    compiled = registry.engine(engine).compile(estimator, GENERATOR, estimator.select(data))
    values = compiled.fit(estimator.select(data), BUDGET, seed).values
    stacked = np.stack(list(values.values()))
    ess = diagnose(stacked).ess_bulk
    flat = stacked.reshape(len(stacked), -1)
    return flat.mean(axis=1), flat.std(axis=1), ess


def distance(first, second):
    """Count the standard errors between the means, and between the log sds."""
    (m1, s1, e1), (m2, s2, e2) = first, second
    means = (m1 - m2) / np.sqrt(s1**2 / e1 + s2**2 / e2)
    # A chain's error of the sd is that of e/2 independent normal draws, at least.
    sds = np.log(s1 / s2) / np.sqrt(1 / e1 + 1 / e2)
    return np.abs(np.concatenate([means, sds])).max()


@pytest.mark.parametrize("name", [*FIVE[:-1], pytest.param(FIVE[-1], marks=pytest.mark.slow)])
def test_engines_agree_on_a_dataset(name):
    data = GENERATOR.draw(np.random.default_rng(3), "effects").data
    assert distance(summary("nutpie", name, data), summary("pymc", name, data)) < 5


def test_the_comparison_sees_one_flipped_row_in_ten():
    data = GENERATOR.draw(np.random.default_rng(3), "effects").data
    other = {**data, "Y": np.where(np.arange(200) % 10 == 0, 1 - data["Y"], data["Y"])}
    assert distance(summary("nutpie", "naive", data), summary("nutpie", "naive", other, 2)) > 5


def test_the_fused_likelihood_gives_the_posterior_of_pymc_s_own():
    data = GENERATOR.draw(np.random.default_rng(3), "effects").data
    plain = "tests/files/plain_bernoulli.py:plain_bernoulli"
    assert distance(summary("nutpie", "naive", data), summary("nutpie", plain, data, 2)) < 5
