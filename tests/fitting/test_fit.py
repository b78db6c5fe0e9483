from dataclasses import replace

import numpy as np
import pymc as pm
import pytest
from own_models import settings_for

from sbc.fitting import fit as fit_module
from sbc.fitting.convergence import accept_constant_discrete, judge, retry_schedule
from sbc.fitting.fit import Task, fit
from sbc.fitting.setup import draw_dataset
from sbc.plugins.data import DENSITIES, LOG_LIKELIHOOD
from sbc.plugins.engine import Budget, Draws
from sbc.store.rows import DIVERGENT, ERROR, FAILED, LOW_ESS, NONCONVERGED, OK, Result
from sbc.store.settings import Settings

FILE = "tests/files/normal_mean.py"
BUDGET = Budget(draws=500, tune=100, chains=2, target_accept=0.8)
SETTINGS = Settings(f"{FILE}:normal_world", "prior", ("x",), ("nutpie",), 1, 5, BUDGET)


def task(name="normal_mean", dataset=0):
    return Task(SETTINGS, f"{FILE}:{name}", "nutpie", dataset)


def result(rhat=1.0, bulk=900.0, tail=900.0):
    return Result("q", 0, 0, 1, (0,) * 9, 0, bulk, tail, rhat, 5, 0, 127, 0.5, b"")


@pytest.mark.parametrize(
    ("results", "divergences", "status"),
    [
        ([result()], 0, OK),
        ([result(), result(rhat=1.02)], 0, LOW_ESS),
        ([result(bulk=399)], 0, LOW_ESS),
        ([result(tail=399)], 0, LOW_ESS),
        ([result(rhat=1.051)], 0, NONCONVERGED),
        ([result(), result(tail=159)], 0, NONCONVERGED),
        ([result(rhat=np.nan)], 0, NONCONVERGED),
        ([result(bulk=np.nan)], 0, NONCONVERGED),
        ([result()], 5, OK),  # 0.5 % of 1000 draws
        ([result()], 6, DIVERGENT),
        ([result(rhat=1.2)], 6, NONCONVERGED),
    ],
)
def test_status_is_that_of_the_worst_quantity(results, divergences, status):
    assert judge(tuple(results), divergences, BUDGET) == status


def test_the_retry_schedule_never_loosens():
    steps = retry_schedule(Budget(500, 300, 2, 0.97))
    assert [s.target_accept for s in steps] == [0.97, 0.97, 0.99]
    assert [s.tune for s in steps] == [300, 600, 1200]
    assert [s.draws for s in steps] == [500, 500, 1000]


def test_a_real_fit_ranks_estimand_log_likelihood_and_the_user_s_quantity():
    row = fit(task())
    assert row.status not in FAILED
    by_name = {r.quantity: r for r in row.results}
    assert set(by_name) == {"theta", *DENSITIES, "distance"}
    theta = np.frombuffer(by_name["theta"].draws, "<f8")
    y = draw_dataset(SETTINGS, 0, row.estimator).data["y"]
    distance = np.frombuffer(by_name["distance"].draws, "<f8")
    np.testing.assert_allclose(distance, np.abs(theta - y.mean()))  # the same thinned draws
    assert by_name["distance"].truth == pytest.approx(abs(row.truth["theta"] - y.mean()))
    assert by_name["theta"].rank == (theta < row.truth["theta"]).sum()


def test_data_and_seeds_depend_on_the_number_alone():
    first, other, again = fit(task(dataset=3)), fit(task(dataset=4)), fit(task(dataset=3))
    assert first.results == again.results
    assert first.seed == again.seed != other.seed
    assert first.truth != other.truth


@pytest.mark.parametrize(
    ("name", "text"),
    [("raises_on_long_data", "RuntimeError: no such luck"), ("impossible_start", "")],
)
def test_whatever_a_model_raises_is_a_failed_row_with_its_dataset(name, text):
    row = fit(task(name))
    assert row.status == ERROR
    assert text in row.error
    assert row.error
    assert not row.results
    assert "theta" in row.truth


class Stubborn:
    """Draws that do not mix until an attempt of choice; it notes what it was asked."""

    def __init__(self, good_from, broken=False):
        self.good_from, self.broken, self.asked = good_from, broken, []

    def fit(self, data, budget, seed):
        self.asked.append((data["y"].copy(), budget, seed))
        rng = np.random.default_rng(seed)
        values = rng.normal(size=(budget.chains, budget.draws))
        if len(self.asked) <= self.good_from:
            values[0] += 5
        if self.broken:
            values[0, 3] = np.nan
        return Draws({"theta": values, LOG_LIKELIHOOD: values}, 0, 10, 0.1)

    def log_likelihood(self, truth, data):
        return 0.0


@pytest.mark.parametrize("good_from", [0, 1, 2, 3])
def test_the_retry_schedule_keeps_the_data_changes_the_seed_and_stops_when_converged(
    monkeypatch, good_from
):
    engine = Stubborn(good_from)
    monkeypatch.setattr(fit_module, "compiled_for", lambda *_: engine)
    row = fit(task())
    assert row.attempt == min(good_from, 2)
    assert (row.status in FAILED) == (good_from == 3)
    assert len({seed for _, _, seed in engine.asked}) == len(engine.asked) == row.attempt + 1
    assert [budget for _, budget, _ in engine.asked] == retry_schedule(BUDGET)[: row.attempt + 1]
    for y, _, _ in engine.asked:
        np.testing.assert_array_equal(y, engine.asked[0][0])
    assert row.steps == 10 * len(engine.asked)


def test_draws_that_are_not_finite_are_an_error_that_names_them(monkeypatch):
    monkeypatch.setattr(fit_module, "compiled_for", lambda *_: Stubborn(0, broken=True))
    row = fit(task())
    assert row.status == ERROR
    assert "theta" in row.error
    assert "not finite" in row.error


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
@pytest.mark.parametrize("bad", [{"rhat": np.nan}, {"bulk": np.nan}, {"tail": np.nan}])
def test_a_diagnostic_that_is_not_a_number_is_no_convergence_wherever_it_stands(order, bad):
    found = [result(**bad), result(), result(rhat=1.001)]
    assert judge(tuple(found[i] for i in order), 0, BUDGET) == NONCONVERGED


def counted(*values):
    """Give the results and draws of a vector of whole numbers, one element of each."""
    drawn = np.stack([np.asarray(v) for v in values], axis=-1)
    results = tuple(
        replace(
            result(rhat=np.nan, bulk=np.nan, tail=np.nan), quantity=f"z[{i}]", sd=float(v.std())
        )
        for i, v in enumerate(map(np.asarray, values))
    )
    return results, Draws({"z": drawn, LOG_LIKELIHOOD: np.zeros((2, 20))})


def test_an_element_of_a_discrete_vector_that_never_moves_agrees_with_itself():
    moving = np.arange(40).reshape(2, 20) % 2
    results, draws = counted(np.ones((2, 20), int), moving, np.zeros((2, 20), int))
    still, moved, other = accept_constant_discrete(results, draws)
    assert (still.rhat, still.ess_bulk, other.rhat) == (1.0, 40.0, 1.0)
    assert np.isnan(moved.rhat)


def test_a_continuous_element_that_never_moves_is_stuck():
    results, draws = counted(np.ones((2, 20)), np.zeros((2, 20)))
    assert all(np.isnan(r.rhat) for r in accept_constant_discrete(results, draws))


def test_data_outside_their_likelihood_are_a_failed_row_with_that_reason():
    def counts():
        with pm.Model() as model:
            rate = pm.Normal("rate", 0, 30)
            pm.Poisson("y", pm.math.exp(rate), observed=np.ones(6, int))
        return model

    settings = settings_for(counts, datasets=40, draws=100, tune=100)
    rows = [fit(Task(settings, "model", "nutpie", k)) for k in range(40)]
    told = [row.error for row in rows if row.status == ERROR]
    assert any("lam value too large" in t or "outside their likelihood" in t for t in told)
    assert all(row.status in FAILED or not row.error for row in rows)
