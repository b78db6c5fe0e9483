"""Functions that nobody decorated, and code as it stands in a notebook, as estimators."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pymc.logprob.basic import conditional_logp

import sbc
from sbc.engines import _model
from sbc.fitting.fit import Task, fit
from sbc.fitting.options import settings_over
from sbc.fitting.setup import draw_dataset, estimator_of
from sbc.models._helpers import group_mean_of_X
from sbc.plugins import registry
from sbc.stats import seeds
from sbc.store.settings import Settings

ORDINARY = "tests/files/ordinary.py"
NOTEBOOK = "tests/files/notebook.py"
WORLD = "tests/files/normal_mean.py:normal_world"
SMALL = {"draws": 400, "tune": 200, "chains": 2, "datasets": 4}

#: The lecture's models, as pasted and as built in; `latent` is `latent_plain` sampled otherwise.
LECTURE = {
    "naive_model": "naive",
    "fixed_effects_model": "fixed",
    "multilevel_model": "multilevel",
    "mundlak_model": "mundlak",
    "latent_mundlak_model": "latent",
}


BETAS = (("beta_XY", ()), ("beta_ZY", ()))


def settings(name: str, **wanted) -> Settings:
    world = wanted.pop("generator", WORLD)
    return settings_over(None, {"estimator": name, "generator": world, **SMALL, **wanted})


def placed(name: str, **wanted):
    made = settings(f"{ORDINARY}:{name}", **wanted)
    return estimator_of(made, made.estimators[0])


def fitted(made: Settings, k: int = 0):
    return fit(Task(made, made.estimators[0], made.engines[0], k))


def test_a_signature_is_read_as_arrays_and_options():
    found = registry.estimator(f"{ORDINARY}:returns_a_model")
    assert (found.arguments, dict(found.options)) == (("y",), {"sd": 1.0})
    own = registry.estimator(f"{ORDINARY}:with_defaults")
    assert (own.arguments, own.optional) == ((), ("scores", "errors"))
    assert dict(own.options) == {"scale": 5.0}


def test_an_option_changes_the_model():
    truths = {}
    for name in ("returns_a_model", "returns_a_model@sd=20"):
        made = settings(f"{ORDINARY}:{name}", truth="self")
        found = [draw_dataset(made, k, made.estimators[0]).truth["theta"] for k in range(40)]
        truths[name] = np.std(found)
    # The sd of 40 draws is within 5 · sd / √80.
    assert abs(truths["returns_a_model"] - 1) < 5 / 80**0.5
    assert abs(truths["returns_a_model@sd=20"] - 20) < 5 * 20 / 80**0.5


def test_arrays_are_found_in_capitals_or_not_and_by_the_length_of_a_dimension():
    assert placed("samples").arrays == {"Y": "y"}
    assert placed("named_by_length").arrays == {"y": "y", "n_rows": "len rows"}
    assert placed("named_by_length").select({"y": np.zeros(3)})


def test_datasets_of_other_lengths_share_one_compiled_model():
    for name in ("returns_a_model", "samples", "states_variables", "named_by_length"):
        found = placed(name)
        short, long = (found.select({"y": np.arange(n) ** 1.5}) for n in (4, 7))
        assert short.key == long.key, name
        assert 4 in {len(a) for a in short.values() if a.ndim}, name


def test_models_that_differ_in_more_than_data_do_not():
    keys = {
        placed(name, truth="self").select({"y": np.arange(4.0)}).key
        for name in ("returns_a_model", "returns_a_model@sd=2", "samples", "counts")
    }
    assert len(keys) == 4


def test_estimands_are_the_scalars_that_have_a_truth_or_those_that_are_named():
    assert placed("with_nuisance").estimands == ("theta",)
    assert placed("with_nuisance", truth="self").estimands == ("theta", "nuisance")
    named = placed("has_only_a_vector", truth="self", estimand="effects[2],effects[0]")
    assert named.estimands == ("effects",)


def test_without_a_generator_a_model_s_own_data_are_the_design():
    made = settings_over(None, {"estimator": f"{ORDINARY}:eight_schools"})
    assert (made.generator, made.truth) == ("own_data", "self")
    one, again, other = (draw_dataset(made, k, made.estimators[0]) for k in (0, 0, 1))
    assert one.data["score"].shape == (8,)
    np.testing.assert_array_equal(one.data["score"], again.data["score"])
    assert not np.array_equal(one.data["score"], other.data["score"])
    # (score − theta) / error is standard normal: 5 sds of a mean of squares of 8 · 100 numbers.
    many = [draw_dataset(made, k, made.estimators[0]) for k in range(100)]
    errors = np.array([15, 10, 16, 11, 9, 11, 10, 18])
    z = [(d.data["score"] - d.truth["mu"] - d.truth["tau"] * d.truth["z"]) / errors for d in many]
    assert abs(np.mean(np.square(z)) - 1) < 5 * (2 / 800) ** 0.5


def test_a_model_with_its_own_data_and_an_element_of_a_deterministic():
    made = settings_over(
        None, {"estimator": f"{ORDINARY}:eight_schools", "estimand": "theta[3],tau", **SMALL}
    )
    row = fitted(made)
    assert not row.error
    assert {r.quantity for r in row.results} == {"theta[3]", "tau", "log_likelihood", "log_prior"}
    (element,) = [r for r in row.results if r.quantity == "theta[3]"]
    t = row.truth
    assert element.truth == pytest.approx(t["mu"] + t["tau"] * t["z"][3])


def test_a_deterministic_whose_truth_the_generator_does_not_state():
    row = fitted(settings(f"{ORDINARY}:samples", estimand="tail,theta"))
    truth = {r.quantity: r.truth for r in row.results}
    assert truth["tail"] == pytest.approx(1 / (1 + np.exp(-truth["theta"])))


def test_data_of_varying_length_are_fitted_like_the_built_in_model():
    """The posterior is Normal(Σy / (n + 1), 1 / (n + 1)); 5 errors of a mean of ESS draws."""
    made = settings(f"{ORDINARY}:samples")
    lengths = set()
    for k in range(made.datasets):
        y = draw_dataset(made, k, made.estimators[0]).data["y"]
        lengths.add(len(y))
        (theta,) = [r for r in fitted(made, k).results if r.quantity == "theta"]
        error = 5 * (len(y) + 1) ** -0.5 * theta.ess_bulk**-0.5
        assert abs(theta.mean - y.sum() / (len(y) + 1)) < error
    assert len(lengths) == 2


def test_a_discrete_estimand_has_ties_and_ranks_that_fill_its_bins():
    made = settings(f"{ORDINARY}:counts", truth="self", engine="pymc")
    row = fitted(made)
    (shift,) = [r for r in row.results if r.quantity == "shift"]
    assert shift.truth in range(-2, 3)
    assert shift.ties > 0
    assert shift.rank + shift.ties <= shift.size


@pytest.mark.parametrize("pasted", LECTURE)
def test_pasted_code_has_the_density_of_the_built_in_model(pasted):
    """Up to rounding at any parameters, on datasets of two sizes; a twin is told apart."""
    built_in, world = registry.estimator(LECTURE[pasted]), registry.generator("confound")
    made = settings(f"{NOTEBOOK}:{pasted}", generator="confound")
    own = estimator_of(made, made.estimators[0])
    for seed, n_rows in ((1, 200), (2, 150)):
        data = world.draw(np.random.default_rng(seed), "effects", n_rows=n_rows).data
        ours = density(built_in, data)
        assert density(own, data) == pytest.approx(ours, rel=1e-9)
        assert density(own, data | {"X": data["X"] + 0.1}) != pytest.approx(ours, rel=1e-6)


def density(estimator, data) -> float:
    """Evaluate the joint log density at some point at which all parameters are positive."""
    model = _model.build(estimator, registry.generator("confound"), estimator.select(data))
    values = {rv: rv.type() for rv in model.free_RVs}
    held = {rv: model.rvs_to_values[rv] for rv in model.observed_RVs}
    total = sum(term.sum() for term in conditional_logp(values | held).values())
    point = {v: at(rv.name, rv.shape.eval(), data) for rv, v in values.items()}
    return float(total.eval(point, mode="FAST_COMPILE"))


def at(name, shape, data):
    if name == "mu":  # `fixed` is written in alpha plus this, to the same density
        alpha, beta_XY, beta_ZY = (at(n, s, data) for n, s in (("alpha", shape), *BETAS))
        return alpha + beta_XY * group_mean_of_X(data) + beta_ZY * data["Z"]
    return abs(np.random.default_rng(seeds.key(name)).normal(size=shape))


def test_a_mutant_of_pasted_code_is_not_the_built_in_model(tmp_path):
    text = Path(NOTEBOOK).read_text(encoding="utf-8")
    text = text.replace('pm.Exponential("tau", 1)', 'pm.Exponential("tau", 10)')
    (tmp_path / "mutant.py").write_text(text, encoding="utf-8")
    made = settings(f"{tmp_path}/mutant.py:mundlak_model", generator="confound")
    data = registry.generator("confound").draw(np.random.default_rng(1), "effects").data
    built_in = density(registry.estimator("mundlak"), data)
    own = density(estimator_of(made, made.estimators[0]), data)
    assert own != pytest.approx(built_in, rel=1e-6)


@pytest.mark.slow
def test_pasted_code_gives_the_posteriors_of_the_built_in_models(tmp_path):
    """On 20 shared datasets: means differ by what two samples of their ESS may; 4.5 sds of 200."""
    names = [f"{NOTEBOOK}:{pasted}" for pasted in LECTURE]
    run = sbc.run(
        [*names, *LECTURE.values()],
        "confound",
        estimands=["beta_XY", "beta_ZY"],
        datasets=20,
        draws=1000,
        seed=6,
        out=tmp_path / "run",
        progress=False,
    )
    results = run.results.set_index(["estimator", "quantity", "dataset"])
    seen = 0
    for name, built_in in zip(names, LECTURE.values(), strict=True):
        a, b = results.loc[name], results.loc[built_in]
        both = a.index.intersection(b.index)
        a, b = a.loc[both], b.loc[both]
        error = np.sqrt(a["sd"] ** 2 / a["ess_bulk"] + b["sd"] ** 2 / b["ess_bulk"])
        z = (a["mean"] - b["mean"]) / error
        assert z.abs().max() < 4.5, name
        # E[z²] = 1, var 2; 5 standard errors, and ESS is itself known to some 10 %.
        assert np.mean(z**2) < 1.2 + 5 * np.sqrt(2 / len(z)), name
        seen += len(z)
    assert seen > 150
