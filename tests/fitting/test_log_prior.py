"""The log prior is ranked beside the estimands: it sees what they and the likelihood do not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sbc.cli.main import main
from sbc.engines import _model
from sbc.fitting import fit as fitting
from sbc.fitting.fit import Task
from sbc.fitting.setup import setup_of
from sbc.plugins.data import LOG_PRIOR, users_own
from sbc.plugins.engine import Budget
from sbc.store.settings import Settings

MODELS = """
import numpy as np, pymc as pm
from sbc import estimator, generator

GROUP = np.repeat(np.arange(12), 5)


@generator(dims={"y": "rows"}, uniform_ranks={"prior": ("right", "wide")})
def world(rng, truth):
    return {"y": rng.normal(truth["mu"] + truth["tau"] * truth["z"][GROUP], 1)}


@world.regime
def prior(rng):
    return {"mu": rng.normal(), "tau": rng.exponential(1), "z": rng.normal(size=12)}


@world.regime
def fixed(rng):
    return {"mu": 1.0, "tau": 1.0, "z": np.zeros(12)}


def hierarchy(y, sd):
    mu, tau = pm.Normal("mu", 0, 1), pm.Exponential("tau", 1)
    z = pm.Normal("z", 0, sd, shape=12)
    pm.Normal("Y", mu + tau * z[GROUP], 1, observed=y)


@estimator(estimands=("mu", "tau"))
def right(y):
    hierarchy(y, 1)


@estimator(estimands=("mu", "tau"))
def wide(y):
    hierarchy(y, 1.3)


def flat(y):
    pm.Normal("Y", pm.Uniform("mu", -3, 3), pm.Uniform("sigma", 0.5, 2), observed=y)


def counted(y):
    k = pm.Binomial("k", 4, 0.4)
    pm.Normal("Y", k, 1, observed=y)


def named(y):
    log_prior = pm.Normal("log_prior", 0, 1)
    pm.Normal("Y", log_prior, 1, observed=y)


def soft(y):
    mu, tau = pm.Normal("mu", 0, 2), pm.HalfNormal("tau", 1.5)
    pm.Potential("soft", -((mu - tau) ** 2))
    pm.Normal("Y", mu, tau, observed=y)
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "hierarchies.py"
    path.write_text(MODELS)
    return path


def settings_of(file, name, truth="self", engine="nutpie", budget=None):
    """Say what is fitted."""
    budget = budget or Budget(draws=300, tune=200)
    return Settings(f"{file}:world", truth, (f"{file}:{name}",), (engine,), 10, 4, budget)


def fitted(settings, k=0):
    """Fit one dataset."""
    row = fitting.fit(Task(settings, settings.estimators[0], settings.engines[0], k))
    assert row.results, row.error
    return {r.quantity: r for r in row.results}


def test_it_is_the_sum_over_free_variables_on_their_own_scale_and_potentials(file):
    settings = settings_of(file, "soft")
    setup = setup_of(settings, settings.estimators[0])
    truth = {"mu": np.array(0.3), "tau": np.array(0.8)}
    data = setup.estimator.select({"y": np.zeros(60)})
    model = _model.build(setup.estimator, setup.generator, data)
    found = _model.density_at(model, LOG_PRIOR)(truth, data)
    wanted = stats.norm(0, 2).logpdf(0.3) + stats.halfnorm(0, 1.5).logpdf(0.8) - 0.25
    assert float(found) == pytest.approx(wanted, abs=1e-7)  # PyMC holds sqrt(2 / pi) in 32 bits


@pytest.mark.parametrize("engine", ["nutpie", "laplace", "pymc"])
def test_every_engine_ranks_it_by_the_same_numbers(file, engine):
    found = fitted(settings_of(file, "right", engine=engine))
    assert found[LOG_PRIOR].truth == pytest.approx(
        fitted(settings_of(file, "right"))[LOG_PRIOR].truth, abs=1e-9
    )
    assert found[LOG_PRIOR].sd > 0.5


def test_its_truth_is_what_pymc_says_of_the_truth(file):
    settings = settings_of(file, "right", truth="prior")
    drawn = setup_of(settings, settings.estimators[0]).draw(0).truth
    wanted = (
        stats.norm.logpdf(drawn["mu"])
        + stats.expon.logpdf(drawn["tau"])
        + stats.norm.logpdf(drawn["z"]).sum()
    )
    assert fitted(settings)[LOG_PRIOR].truth == pytest.approx(wanted, abs=1e-9)


def test_it_is_left_out_where_no_uniform_ranks_are_expected_or_it_is_constant(file):
    assert LOG_PRIOR not in fitted(settings_of(file, "right", truth="fixed"))
    flat = fitted(settings_of(file, "flat"))
    assert LOG_PRIOR not in flat
    assert "log_likelihood" in flat


def test_a_discrete_variable_ties_with_its_truth(file):
    """Draws and truth are computed alike: a last bit would turn ties into ranks."""
    rows = [fitted(settings_of(file, "counted", engine="pymc"), k) for k in range(4)]
    tied = [r[LOG_PRIOR].ties for r in rows if LOG_PRIOR in r]
    assert tied
    assert max(tied) > 0


def test_a_variable_of_that_name_keeps_its_place(file):
    found = fitted(settings_of(file, "named"))
    assert {LOG_PRIOR, users_own(LOG_PRIOR)} <= found.keys()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "code"), [("right", 0), ("wide", 1)])
def test_a_gate_sees_a_latent_scale_that_no_estimand_shows(file, name, code, tmp_path):
    argv = [
        *("gate", "--run", "--preset", "smoke", "--estimator", f"{file}:{name}"),
        *("--generator", f"{file}:world", "--truth", "prior", "--quiet"),
        *("--out", str(tmp_path / "run"), "--draws", "1000"),
    ]
    assert main(argv) == code
