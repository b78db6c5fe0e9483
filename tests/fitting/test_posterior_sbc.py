"""Regime `posterior`: truths given real data, replicates beside them, and the posterior of both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sbc
from sbc.cli.main import main
from sbc.engines import _model
from sbc.fitting import loop, origin
from sbc.fitting.allowed import validate
from sbc.fitting.fit import Task, fit, prepare
from sbc.fitting.options import settings_over
from sbc.fitting.setup import draw_dataset
from sbc.fitting.truths import BLOCK
from sbc.plugins import catalogue, registry
from sbc.plugins.data import again, as_replicated
from sbc.plugins.errors import UserError
from sbc.plugins.memory import forget
from sbc.report.page.answer import regime_words
from sbc.report.table import regime_line

TANKS = {"generator": "reedfrogs", "data": "docs/examples/reedfrogs.csv", "truth": "posterior"}
PLUGINS = "tests/files/normal_mean.py"
Y = np.array([1.5, 0.5, 2.5, 1.0])
#: theta | y ~ Normal(Σy / (n + 1), 1 / (n + 1)) for theta ~ Normal(0, 1), y_i ~ Normal(theta, 1).
MEAN, SD = Y.sum() / 5, 5**-0.5


@pytest.fixture
def normal(tmp_path):
    """Settings of the conjugate model given four real observations."""
    file = tmp_path / "y.csv"
    file.write_text("y\n" + "\n".join(map(str, Y)), encoding="utf-8")
    return settings(f"{PLUGINS}:normal_mean", file)


def settings(name, file, **wanted):
    return settings_over(
        None, {"estimator": name, "truth": "posterior", "data": str(file), "datasets": 4, **wanted}
    )


def drawn(made, k):
    return draw_dataset(made, k, made.estimators[0])


def test_truths_are_draws_from_the_posterior_and_data_are_replicated(normal):
    many = [drawn(normal, k) for k in range(BLOCK)]
    theta = np.array([d.truth["theta"] for d in many])
    error = SD / BLOCK**0.5
    assert abs(theta.mean() - MEAN) < 5 * error
    assert abs(theta.std() - SD) < 5 * error / 2**0.5
    # Neighbours are independent: their correlation is within 5 / √n of 0.
    assert abs(np.corrcoef(theta[:-4], theta[4:])[0, 1]) < 5 / BLOCK**0.5
    for dataset in many[:5]:
        np.testing.assert_array_equal(dataset.data["y"], Y)
    z = np.concatenate([d.data["y (again)"] - d.truth["theta"] for d in many])
    assert abs(z.mean()) < 5 / z.size**0.5
    assert abs(np.mean(z**2) - 1) < 5 * (2 / z.size) ** 0.5


def test_dataset_k_depends_on_the_seed_and_on_k_alone(normal):
    first = [drawn(normal, k) for k in (0, 3, BLOCK + 1)]
    forget()
    again_ = [drawn(replace(normal, datasets=9), k) for k in (BLOCK + 1, 3, 0)][::-1]
    for a, b in zip(first, again_, strict=True):
        assert a.truth == b.truth
        np.testing.assert_array_equal(a.data["y (again)"], b.data["y (again)"])
    assert len({d.truth["theta"] for d in first}) == 3
    assert drawn(replace(normal, seed=2), 0).truth != first[0].truth


def test_the_refit_is_the_posterior_of_both(normal):
    """Normal(Σ / (2n + 1), 1 / (2n + 1)); the mean within 5 errors of ESS draws."""
    for k in range(3):
        row = fit(Task(normal, normal.estimators[0], "nutpie", k))
        assert not row.error
        both = np.concatenate([Y, drawn(normal, k).data["y (again)"]])
        (theta,) = [r for r in row.results if r.quantity == "theta"]
        exact, sd = both.sum() / 9, 9**-0.5
        assert theta.truth == drawn(normal, k).truth["theta"]
        assert abs(theta.mean - exact) < 5 * sd / theta.ess_bulk**0.5
        assert abs(theta.sd / sd - 1) < 5 / theta.ess_bulk**0.5
        (log_lik,) = [r for r in row.results if r.quantity == "log_likelihood"]
        assert log_lik.truth == pytest.approx(stats.norm.logpdf(both, theta.truth).sum())


def test_each_replicate_reads_the_replicate_of_what_its_original_reads():
    """`latent` observes X and Y given X; its density is held against one written in SciPy."""
    world, made = registry.generator("confound"), registry.estimator("latent")
    rng = np.random.default_rng(5)
    data = world.draw(rng, "prior").data
    copies = {again("X"): data["X"] + 0.3, again("Y"): 1 - data["Y"]}
    model = _model.build(made, world, made.select(data | copies))
    assert [rv.name for rv in model.observed_RVs] == ["X", "Y", "X (again)", "Y (again)"]
    free = model.free_RVs
    theta = {rv.name: abs(rng.normal(size=rv.shape.eval())) for rv in free}
    value = model["log_likelihood"].eval({rv: theta[rv.name] for rv in free}, mode="FAST_COMPILE")
    expected = by_hand(theta, data) + by_hand(theta, as_replicated(data | copies))
    assert value == pytest.approx(expected)


def by_hand(t, data):
    group, X = data["group"], data["X"]
    x = stats.norm.logpdf(X, (t["alpha_X"] + t["beta_GX"] * t["u"])[group], t["sigma_X"]).sum()
    alpha = t["alpha_bar"] + t["tau"] * t["z"] + t["beta_ZY"] * data["Z"] + t["beta_GY"] * t["u"]
    p = 1 / (1 + np.exp(-alpha[group] - t["beta_XY"] * X))
    return x + stats.bernoulli.logpmf(data["Y"], p).sum()


def test_each_real_tank_is_observed_twice():
    made = settings_over(None, {"estimator": "tanks_complete", **TANKS})
    dataset = drawn(made, 0)
    assert dataset.data["S"].size == dataset.data["S (again)"].size == 48
    assert (dataset.data["S (again)"] <= dataset.data["D"]).all()
    row = fit(Task(made, "tanks_complete", "nutpie", 0))
    assert not row.error
    assert sum(r.quantity.startswith("p_survived[") for r in row.results) == 48
    assert row.features["survivors"] == dataset.data["S (again)"].sum() / dataset.data["D"].sum()


def test_models_with_data_of_their_own_need_no_file():
    made = settings_over(
        None, {"estimator": "docs/examples/eight_schools.py:non_centred", "truth": "posterior"}
    )
    assert made.generator == "own_data"
    dataset = drawn(made, 0)
    assert dataset.data["effect (again)"].shape == (8,)
    assert dataset.truth.keys() == {"mu", "tau", "z"}


def test_ordinary_functions_take_their_arrays_from_the_file(tmp_path):
    file = tmp_path / "y.csv"
    file.write_text("y\n1.5\n0.5\n2.5\n", encoding="utf-8")
    made = settings("tests/files/ordinary.py:returns_a_model", file)
    assert (made.generator, drawn(made, 0).truth.keys()) == ("own_data", {"theta"})
    prior = settings("tests/files/ordinary.py:returns_a_model", file, truth=None)
    assert prior.truth == "self"
    assert drawn(prior, 0).data["y"].shape == (3,)


def test_the_same_bits_with_any_number_of_workers_and_after_a_stop(normal, tmp_path):
    wanted = {"truth": "posterior", "data": normal.data, "draws": 200, "progress": False}
    name = normal.estimators[0]
    one = sbc.run(name, **wanted, datasets=6, jobs=1, out=tmp_path / "one")
    forget()
    sbc.run(name, **wanted, datasets=3, jobs=2, out=tmp_path / "two")
    forget()
    two = sbc.run(resume=tmp_path / "two", datasets=6, jobs=2, progress=False)
    keys = ["dataset", "quantity"]
    a, b = (run.results.sort_values(keys).reset_index(drop=True) for run in (one, two))
    assert a[["truth", "mean", "rank"]].equals(b[["truth", "mean", "rank"]])


def test_tables_say_the_regime_and_the_data(normal, tmp_path):
    run = sbc.run(
        normal.estimators[0],
        truth="posterior",
        data=normal.data,
        datasets=2,
        out=tmp_path / "run",
        progress=False,
    )
    said = f"truth 'posterior', data {normal.data}: uniform ranks are expected of"
    assert said in regime_line(run)
    assert "own posterior given real data" in regime_words(run)[0]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"truth": "posterior"}, "truth='posterior' needs real data for mundlak: data='FILE'"),
        (
            {"truth": "effects", "data": TANKS["data"]},
            "data goes with truth self or posterior, not effects, which makes data of its own",
        ),
        (
            {**TANKS, "estimator": "tanks_complete", "set": ["tanks_per_density=4"]},
            "parameter tanks_per_density has no meaning with data: the data are given",
        ),
        ({**TANKS, "data": "gone.csv"}, "no file gone.csv to take the data from"),
    ],
)
def test_what_cannot_be_asked_for(wanted, told):
    with pytest.raises(UserError) as mistake:
        validate(settings_over(None, wanted))
    assert str(mistake.value) == told


def test_a_column_that_the_model_asks_for_and_the_file_lacks(tmp_path):
    (tmp_path / "t.csv").write_text("tank,D,P,s\n0,10,0,9\n", encoding="utf-8")
    made = settings_over(
        None, {**TANKS, "estimator": "tanks_complete", "data": str(tmp_path / "t.csv")}
    )
    from sbc.fitting import preflight

    with pytest.raises(UserError, match=r"no array called 'S' in the data of '.*t\.csv'"):
        preflight.estimands(made)


def test_the_closed_form_of_one_set_of_data_is_no_posterior_of_two(normal):
    made = replace(normal, engines=("exact",))
    with pytest.raises(UserError, match="engine 'exact' knows the posterior given one set"):
        prepare(Task(made, made.estimators[0], "exact", 0))


def test_a_posterior_that_cannot_be_sampled_has_no_truths(tmp_path):
    file = tmp_path / "y.csv"
    file.write_text("y\n0.0\n", encoding="utf-8")
    made = settings("tests/files/ordinary.py:two_far_modes", file, estimand="theta")
    with pytest.raises(UserError, match=r"has not converged in 3 attempts .* R-hat"):
        drawn(made, 0)


def test_the_data_go_along_to_the_workers_of_a_cluster(normal, tmp_path, monkeypatch):
    path = normal.data
    assert origin.user_files(normal)[path] == Path(path).read_text(encoding="utf-8")
    copy = Path(path).rename(tmp_path / "copy.csv")
    forget()
    monkeypatch.setitem(catalogue._COPIES, path, copy)
    np.testing.assert_array_equal(drawn(normal, 0).data["y"], Y)


def test_a_run_does_not_go_on_with_other_data(normal, tmp_path):
    with loop.create(normal, tmp_path / "run"):
        pass
    with open(normal.data, "a", encoding="utf-8") as file:
        file.write("\n7.0\n")
    with pytest.raises(UserError, match=r"y\.csv has changed since .* start a new run"):
        loop.resume(tmp_path / "run")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("tanks_multilevel", 0),
        ("tests/files/overconfident.py:counts_tadpoles_four_times", 1),
    ],
)
def test_the_real_tanks(name, code, tmp_path):
    """The multilevel model passes; one that draws other data than it believes in must not."""
    command = ["gate", "--run", "--estimator", name, "--generator", "reedfrogs", "--quiet"]
    command += ["--truth", "posterior", "--data", TANKS["data"], "--preset", "smoke"]
    assert main([*command, "--out", str(tmp_path / "run")]) == code
