"""One suite for all engines: what the harness asks of each."""

import numpy as np
import pytest
from scipy import stats

from sbc.plugins import catalogue, registry
from sbc.plugins.data import LOG_LIKELIHOOD
from sbc.plugins.engine import Budget
from sbc.plugins.errors import UserError
from sbc.stats.diagnostics import diagnose

FILE = "tests/files/normal_mean.py"
BUDGET = Budget(draws=400, tune=200, chains=2, target_accept=0.8)
CONFOUND = registry.generator("confound")
CLOSED = "needs a posterior in closed form"  # what `exact` says, before it looks at the model

pytestmark = pytest.mark.parametrize("engine", catalogue.names("engine"))


def compiled(engine, name="normal_mean", rows=5):
    generator = registry.generator(f"{FILE}:normal_world")
    y = np.random.default_rng(1).normal(0.5, 1, size=rows)
    return registry.engine(engine).compile(
        registry.estimator(f"{FILE}:{name}"), generator, {"y": y}
    )


def test_recovers_a_posterior_known_exactly(engine):
    y = np.array([0.3, 1.4, 0.8, -0.2, 1.1, 0.6, 2.0])  # more rows than it was compiled on
    draws = compiled(engine).fit({"y": y}, BUDGET, 7).values["theta"]
    mean, sd = y.sum() / 8, np.sqrt(1 / 8)  # precision 1 + 7
    ess = diagnose(draws[None]).ess_bulk[0]
    assert abs(draws.mean() - mean) < 4.5 * sd / np.sqrt(ess)
    assert abs(draws.std() / sd - 1) < 4.5 / np.sqrt(2 * ess / 4)
    assert abs(draws.mean() - (mean + 0.5 * sd)) > 4.5 * sd / np.sqrt(ess)  # the check can fail


def test_same_seed_same_draws_and_other_seed_others(engine):
    fitted, data = compiled(engine), {"y": np.arange(5.0)}
    first, again, other = (fitted.fit(data, BUDGET, seed).values["theta"] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_data_are_not_changed(engine):
    y = np.arange(5.0)
    y.flags.writeable = False
    compiled(engine).fit({"y": y}, BUDGET, 1)
    np.testing.assert_array_equal(y, np.arange(5.0))


def test_delivers_draws_of_the_shape_asked_for_and_counts(engine):
    draws = compiled(engine).fit({"y": np.zeros(3)}, BUDGET, 1)
    assert draws.values["theta"].shape == draws.values[LOG_LIKELIHOOD].shape == (2, 400)
    assert draws.divergences == 0
    assert draws.independent or draws.steps >= 2 * 600
    assert draws.seconds > 0


def test_log_likelihood_is_the_models_at_the_truth_and_at_draws(engine):
    fitted, y = compiled(engine), np.array([0.3, 1.4, -1.0])
    at_truth = fitted.log_likelihood({"theta": 0.7}, {"y": y})
    assert at_truth == pytest.approx(stats.norm.logpdf(y, 0.7, 1).sum(), rel=1e-12)
    draws = fitted.fit({"y": y}, BUDGET, 1).values
    expected = stats.norm.logpdf(y[:, None, None], draws["theta"], 1).sum(axis=0)
    np.testing.assert_allclose(draws[LOG_LIKELIHOOD], expected, rtol=1e-9)


def test_log_likelihood_needs_the_truth_of_every_free_variable(engine):
    assert np.isnan(compiled(engine).log_likelihood({"other": 1.0}, {"y": np.zeros(3)}))


def test_the_user_s_quantities_get_their_variables(engine):
    assert "theta" in compiled(engine).fit({"y": np.zeros(3)}, BUDGET, 1).values


def test_a_start_without_probability_raises(engine):
    with pytest.raises(Exception, match=CLOSED if engine == "exact" else r".+"):
        compiled(engine, "impossible_start").fit({"y": np.zeros(5)}, BUDGET, 1)


@pytest.mark.parametrize(
    ("name", "text"), [("lacks_its_estimand", "missing"), ("observes_nothing", "observes nothing")]
)
def test_a_model_without_estimand_or_observation_is_refused(engine, name, text):
    with pytest.raises(UserError, match=CLOSED if engine == "exact" else text):
        compiled(engine, name)


def test_lengths_that_are_compiled_in_are_not_swapped(engine):
    if engine == "exact":  # nothing is compiled
        assert compiled(engine).accepts({"y": np.zeros(3)})
        return
    data = CONFOUND.draw(np.random.default_rng(0), "effects").data
    estimator = registry.estimator("naive")
    multilevel = registry.estimator("multilevel")
    fitted = registry.engine(engine).compile(multilevel, CONFOUND, multilevel.select(data))
    longer = CONFOUND.draw(np.random.default_rng(0), "effects", n_rows=300).data
    wider = CONFOUND.draw(np.random.default_rng(0), "effects", n_groups=31).data
    assert fitted.accepts(multilevel.select(longer))
    assert not fitted.accepts(multilevel.select(wider))
    assert estimator.select(wider).keys() == {"group", "X", "Z", "Y"}
