"""The confound's estimators state the densities that they should."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from sbc import registry
from sbc.engines import _model

GENERATOR = registry.generator("confound")
DATASET = GENERATOR.draw(np.random.default_rng(2), "effects", n_groups=7, n_rows=25)


def build(name, data=DATASET.data):
    estimator = registry.estimator(name)
    return _model.build(estimator, GENERATOR, estimator.select(data))


def log_joint(name, model, values):
    """Evaluate the joint log density at values of the free variables, on their own scale."""
    estimator = registry.estimator(name)
    data = estimator.select(DATASET.data)
    flat = _model.unconstrain(model, estimator.arguments)(values, data)
    point, position = {}, 0
    for rv in model.free_RVs:
        shape = np.shape(values[rv.name])
        size = int(np.prod(shape))
        point[model.rvs_to_values[rv].name] = flat[position : position + size].reshape(shape)
        position += size
    return float(model.compile_logp(jacobian=False)(point))


def draw_values(rng, sizes):
    return {
        name: np.abs(rng.normal(size=size))
        if name in {"tau", "beta_GX", "sigma_X"}
        else rng.normal(size=size)
        for name, size in sizes.items()
    }


def bernoulli(eta, Y):
    return stats.bernoulli.logpmf(Y, expit(eta)).sum()


def expected(name, v, d):
    """State each joint density again, in SciPy."""
    g, X, Z, Y = d["group"], d["X"], d["Z"], d["Y"]
    normal, expon = stats.norm.logpdf, stats.expon.logpdf
    lp = normal(v["beta_XY"]) + normal(v["beta_ZY"])
    effect = v["beta_XY"] * X + v["beta_ZY"] * Z[g]
    if name == "naive":
        return lp + normal(v["alpha"], 0, 10) + bernoulli(v["alpha"] + effect, Y)
    sizes = np.bincount(g, minlength=7)
    Xbar = np.bincount(g, weights=X, minlength=7) / np.where(sizes == 0, 1, sizes)
    if name == "fixed":
        alpha = v["mu"] - v["beta_ZY"] * Z - v["beta_XY"] * Xbar
        return lp + normal(alpha, 0, 10).sum() + bernoulli(alpha[g] + effect, Y)
    if name == "oracle":
        lp += normal(v["alpha"], -2, 1) + normal(v["beta_UY"], 1, 0.5)
        return lp + bernoulli(v["alpha"] + effect + v["beta_UY"] * d["U"][g], Y)
    lp += normal(v["alpha_bar"]) + expon(v["tau"]) + normal(v["z"]).sum()
    alpha = v["alpha_bar"] + v["tau"] * v["z"]
    if name == "mundlak":
        lp += normal(v["beta_XbarY"])
        alpha = alpha + v["beta_XbarY"] * Xbar
    if name.startswith("latent"):
        lp += normal(v["u"]).sum() + normal(v["alpha_X"]) + normal(v["beta_GY"])
        lp += expon(v["beta_GX"]) + expon(v["sigma_X"])
        lp += normal(X, v["alpha_X"] + v["beta_GX"] * v["u"][g], v["sigma_X"]).sum()
        alpha = alpha + v["beta_GY"] * v["u"]
    return lp + bernoulli(alpha[g] + effect, Y)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", registry.names("estimator"))
def test_joint_density_is_the_one_stated_in_scipy(name, seed):
    model = build(name)
    sizes = {rv.name: rv.shape.eval() for rv in model.free_RVs}
    values = draw_values(np.random.default_rng(seed), {n: tuple(s) for n, s in sizes.items()})
    # PyMC takes the logarithm of a prior's sd of 10 in single precision, a constant of 3e-8.
    found = log_joint(name, model, values)
    assert found == pytest.approx(expected(name, values, DATASET.data), abs=1e-6)


def test_an_empty_group_has_mean_zero_and_harms_nobody():
    data = {**DATASET.data, "group": np.where(DATASET.data["group"] == 3, 4, DATASET.data["group"])}
    for name in registry.names("estimator"):
        estimator = registry.estimator(name)
        selected = estimator.select(data)
        assert all(np.isfinite(array).all() for array in selected.values())
        model = _model.build(estimator, GENERATOR, selected)
        assert np.isfinite(model.compile_logp()(model.initial_point()))
    assert registry.estimator("mundlak").select(data)["Xbar"][3] == 0


@pytest.mark.parametrize("name", registry.names("estimator"))
def test_a_model_says_what_it_is(name):
    estimator = registry.estimator(name)
    text = estimator.define.__doc__
    assert "~" in text
    assert estimator.summary.endswith(".")
    assert set(estimator.estimands) == {"beta_XY", "beta_ZY"}
    assert set(estimator.arguments) <= {*GENERATOR.dims, *estimator.derived}
