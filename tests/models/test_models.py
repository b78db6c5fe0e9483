"""The built-in estimators state the densities that they should."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from sbc.engines import _model
from sbc.plugins import catalogue, registry

#: Every world, small, and the estimators that its arrays feed.
SIZES = {
    "confound": {"n_groups": 7, "n_rows": 25},
    "reedfrogs": {"densities": (3, 8), "tanks_per_density": 4},
    "trolley": {"n_stories": 4, "n_participants": 6, "sd_participant": 0.7},
    "other_tanks": {"densities": (3, 8), "tanks_per_density": 4, "new_tanks": 3},
    "confound_new_rows": {"n_groups": 7, "n_rows": 25, "new_groups": 3},
}


def first_of(generator):
    """Name the regime to draw from: ``fixed``, or the first."""
    return "fixed" if "fixed" in generator.regimes else next(iter(generator.regimes))


DATASETS = {
    world: made.draw(np.random.default_rng(2), first_of(made), **sizes)
    for world, sizes in SIZES.items()
    for made in [registry.generator(world)]
}
PAIRS = [
    (world, name)
    for world in catalogue.names("generator")
    for name in catalogue.names("estimator")
    if registry.feeds(world, name) and catalogue.states_model(name)
]
POSITIVE = {"tau", "beta_GX", "sigma_X", "sigma", "gap", "sd_participant"}


def build(world, name, data=None):
    estimator = registry.estimator(name)
    data = DATASETS[world].data if data is None else data
    return _model.build(estimator, registry.generator(world), estimator.select(data))


def log_joint(world, name):
    """Give the model, and its joint log density in the free variables on their own scale."""
    estimator, model = registry.estimator(name), build(world, name)
    data = estimator.select(DATASETS[world].data)
    unconstrain = _model.unconstrain(model)
    logp, start = model.compile_logp(jacobian=False), model.initial_point()

    def evaluate(values):
        flat, point = unconstrain(values, data), {}
        for rv in model.free_RVs:
            shape = start[model.rvs_to_values[rv].name].shape  # one less where values sum to 0
            mine, flat = np.split(flat, [int(np.prod(shape))])
            point[model.rvs_to_values[rv].name] = mine.reshape(shape)
        return float(logp(point))

    return model, evaluate


def draw_values(rng, sizes):
    values = {
        name: np.abs(rng.normal(size=size)) if name in POSITIVE else rng.normal(size=size)
        for name, size in sizes.items()
    }
    if "by_participant" in values:
        values["by_participant"] -= values["by_participant"].mean()
    return values


def bernoulli(eta, Y):
    return stats.bernoulli.logpmf(Y, expit(eta)).sum()


def of_the_confound(name, v, d):
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


def of_new_rows(name, v, d):
    if name == "multilevel_new_rows":
        lp = stats.norm.logpdf(v["z_new"]).sum()
        return lp + of_the_confound("multilevel", v, d)
    if name == "fixed_new_rows":
        lp = stats.norm.logpdf(v["alpha_new"], 0, 10).sum()
        return lp + of_the_confound("fixed", v, d)
    return of_the_confound(name, v, d)


def of_reedfrogs(name, v, d):
    normal = stats.norm.logpdf
    if name == "tanks_unpooled":
        lp, alpha = normal(v["alpha"], 0, 10).sum(), v["alpha"]
    else:
        lp = normal(v["alpha_bar"], 0, 1.5)
        alpha = np.full(8, v["alpha_bar"])
    if "sigma" in v:
        lp += stats.expon.logpdf(v["sigma"])
    if "alpha" in v and name != "tanks_unpooled":
        lp += normal(v["alpha"], v["alpha_bar"], v.get("sigma", 1.0)).sum()
        alpha = v["alpha"]
    if "z" in v:
        lp += normal(v["z"]).sum()
        alpha = v["alpha_bar"] + v.get("sigma", 1.0) * v["z"]
    if "z_new" in v:
        lp += normal(v["z_new"]).sum()
    if "beta_P" in v:
        lp += normal(v["beta_P"], 0, 0.5)
        alpha = alpha + v["beta_P"] * d["P"]
    return lp + stats.binom.logpmf(d["S"], d["D"], expit(alpha[d["tank"]])).sum()


def of_trolley(name, v, d):
    normal, gap = stats.norm.logpdf, v["gap"]
    lp = stats.expon.logpdf(gap).sum()
    c = [-gap[0] - gap[1], -gap[1], 0, gap[2], gap[2] + gap[3], gap[2] + gap[3] + gap[4]]
    gamma = np.zeros(6)
    if name == "trolley_unpooled":
        lp, beta = lp + normal(v["beta"], 0, 10).sum(), v["beta"]
    elif name == "trolley_crossed_unpooled":
        lp, beta, gamma = (
            lp + normal(v["by_story"], 0, 10).sum(),
            v["by_story"],
            v["by_participant"],
        )
        # Five free numbers, spread over six that sum to 0: a normal density of five.
        lp += normal(v["beta_new"], 0, 10) + normal(gamma, 0, 10).sum() - normal(0, 0, 10)
    else:
        lp, beta = lp + normal(v["eta"], 0, 1.5), np.full(4, v["eta"])
    if name in ("trolley_partial", "trolley_crossed_partial"):
        lp += stats.expon.logpdf(v["tau"]) + normal(v["z"]).sum()
        beta = beta + v["tau"] * v["z"]
    if name == "trolley_crossed_partial":
        lp += stats.expon.logpdf(v["sd_participant"]) + normal(v["v"]).sum() + normal(v["z_new"])
        gamma = v["sd_participant"] * v["v"]
    above = expit((beta[d["story"]] + gamma[d["participant"]])[:, None] - c)  # P(R > k)
    p = -np.diff(np.pad(above, [(0, 0), (1, 1)], constant_values=(1, 0)))
    return lp + np.log(p[np.arange(len(d["R"])), d["R"]]).sum()


EXPECTED = {
    "confound": of_the_confound,
    "confound_new_rows": of_new_rows,
    "reedfrogs": of_reedfrogs,
    "other_tanks": of_reedfrogs,
    "trolley": of_trolley,
}


@pytest.mark.parametrize(("world", "name"), PAIRS)
def test_joint_density_is_the_one_stated_in_scipy(world, name):
    model, evaluate = log_joint(world, name)
    sizes = {rv.name: tuple(rv.shape.eval()) for rv in model.free_RVs}
    for seed in range(3):
        values = draw_values(np.random.default_rng(seed), sizes)
        # PyMC takes the logarithm of a constant sd in single precision, each time 3e-8 off.
        expected = EXPECTED[world](name, values, DATASETS[world].data)
        assert evaluate(values) == pytest.approx(expected, abs=1e-6)


def test_an_empty_group_has_mean_zero_and_harms_nobody():
    data = DATASETS["confound"].data
    data = {**data, "group": np.where(data["group"] == 3, 4, data["group"])}
    for name in [name for world, name in PAIRS if world == "confound"]:
        selected = registry.estimator(name).select(data)
        assert all(np.isfinite(array).all() for array in selected.values())
        model = build("confound", name, data)
        assert np.isfinite(model.compile_logp()(model.initial_point()))
    assert registry.estimator("mundlak").select(data)["Xbar"][3] == 0


def test_tanks_and_stories_without_rows_or_with_one_answer_alone_harm_nobody():
    tanks, stories = DATASETS["reedfrogs"].data, DATASETS["trolley"].data
    changed = {
        "reedfrogs": {"S": np.where(tanks["tank"] < 3, 0, tanks["D"])},
        "trolley": {
            "R": np.where(stories["story"] < 2, 0, 6),
            "story": np.where(stories["story"] == 3, 2, stories["story"]),
        },
    }
    for world, name in PAIRS:
        if world in changed:
            model = build(world, name, DATASETS[world].data | changed[world])
            assert np.isfinite(model.compile_logp()(model.initial_point()))


@pytest.mark.parametrize("world", ["reedfrogs", "trolley"])
def test_a_model_is_compiled_for_its_number_of_tanks_or_stories_and_any_number_of_rows(world):
    data, generator = DATASETS[world].data, registry.generator(world)
    dims = {"reedfrogs": ("tanks",), "trolley": ("stories", "participants")}[world]
    for name in [name for other, name in PAIRS if other == world]:
        model = build(world, name)
        selected = registry.estimator(name).select(data)
        lengths = {n: len(data[n]) for n in selected if generator.dims.get(n) in dims}
        assert _model.frozen_lengths(model, generator, selected) == lengths


def test_what_tanks_say_by_hand():
    # Two rows of tank 1: 3 + 2 of 4 + 4 lived, so 5.5 to 3.5; nothing of tank 0: 0.5 to 0.5.
    rows = {"tank": np.array([1, 1]), "S": np.array([3, 2]), "D": np.array([4, 4])}
    seen = registry.estimator("tanks_multilevel").derived["seen"](rows | {"P": np.zeros(2, int)})
    np.testing.assert_allclose(seen, [[0, np.log(5.5 / 3.5)], [0.25, 5.5 * 3.5 / 9]])


def test_what_stories_say_by_hand():
    # Story 0: answers 2, 3, 6, two of them 3 or more, so 2.5 to 1.5; nothing of story 1.
    rows = {"story": np.zeros(3, int), "R": np.array([2, 3, 6]), "stories": np.arange(2)}
    seen = registry.estimator("trolley_partial").derived["seen"](rows)
    np.testing.assert_allclose(seen, [[np.log(2.5 / 1.5), 0], [2.5 * 1.5 / 4, 0.25]])


@pytest.mark.parametrize("name", ["tanks_multilevel", "tanks_predator"])
def test_three_ways_of_sampling_state_one_joint_distribution(name):
    rng = np.random.default_rng(5)
    z = rng.normal(size=8)
    values = {"alpha_bar": 0.3, "sigma": 0.7, "beta_P": -0.4, "z": z, "alpha": 0.3 + 0.7 * z}
    found = {}
    for form in ("", "_noncentred", "_centred"):
        model, evaluate = log_joint("reedfrogs", name + form)
        found[form] = evaluate({rv.name: values[rv.name] for rv in model.free_RVs})
    assert found[""] == pytest.approx(found["_noncentred"], abs=1e-9)
    # A density in alpha instead of z: smaller by sigma for each tank.
    assert found["_centred"] == pytest.approx(found[""] - 8 * np.log(0.7), abs=1e-9)


def test_sigma_is_an_option():
    alpha = np.linspace(-1, 1, 8)
    found = [
        log_joint("reedfrogs", spec)[1]({"alpha_bar": 0.1, "z": (alpha - 0.1) / sigma})
        for spec, sigma in (("tanks_fixed_sigma", 1), ("tanks_fixed_sigma@sigma=0.5", 0.5))
    ]
    wide, narrow = (stats.norm.logpdf(alpha, 0.1, s).sum() for s in (1, 0.5))
    # A density in z instead of alpha: larger by sigma for each tank.
    assert found[1] - found[0] == pytest.approx(narrow - wide + 8 * np.log(0.5), abs=1e-6)


@pytest.mark.parametrize(("world", "name"), PAIRS)
def test_a_model_says_what_it_is(world, name):
    estimator, generator = registry.estimator(name), registry.generator(world)
    text = estimator.define.__doc__
    assert "~" in text
    assert estimator.summary.endswith(".")
    estimands = set(estimator.estimands)
    if world == "other_tanks":  # whose population is another one
        estimands -= {"sigma", "beta_P"}
    assert estimands <= DATASETS[world].truth.keys()
    assert set(estimator.arguments) <= {*generator.dims, *estimator.derived}


@pytest.mark.parametrize(
    ("world", "regime", "name"),
    [
        (world, regime, name)
        for world in SIZES
        for regime, names in registry.generator(world).uniform_ranks.items()
        for name in names
    ],
)
def test_where_ranks_are_to_be_uniform_the_truth_gives_every_free_variable(world, regime, name):
    """Else the log likelihood has no true value, and every fit fails."""
    drawn = registry.generator(world).draw(np.random.default_rng(3), regime, **SIZES[world])
    model = build(world, name, drawn.data)
    assert {rv.name for rv in model.free_RVs} <= drawn.truth.keys()
