"""The confounded world: its arrays, its law where it can be worked out, what its regimes draw."""

import math

import numpy as np
import pytest

from sbc.plugins import catalogue, registry
from sbc.plugins.validate import check_data

confound = registry.generator("confound")
REGIMES = tuple(confound.regimes)
FED = [name for name in catalogue.names("estimator") if registry.feeds("confound", name)]
LECTURE = {
    "alpha_bar": -2.0,
    "tau": 0.0,
    "beta_XY": 1.0,
    "beta_ZY": -0.5,
    "beta_GY": 1.5,
    "alpha_X": 0.0,
    "beta_GX": 1.5,
    "sigma_X": 1.0,
}


def draw(regime="fixed", seed=1, **parameters):
    return confound.draw(np.random.default_rng(seed), regime, **parameters)


def truths(regime, names, n=4000, **parameters):
    """Draw the truth alone, n times; shape (n, number of names)."""
    rng = np.random.default_rng(7)
    values = {**confound.regimes[regime].parameters, **parameters}
    drawn = [confound.regimes[regime].draw(rng, **values) for _ in range(n)]
    return np.array([[truth[name] for name in names] for truth in drawn])


def within(values, mean):
    """Say whether a sample's mean is within 5 of its standard errors of what is expected."""
    values = np.asarray(values, dtype=float)
    return abs(values.mean() - mean) < 5 * values.std(ddof=1) / math.sqrt(values.size)


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize(("n_groups", "n_rows"), [(30, 200), (1, 1), (7, 3), (50, 10)])
def test_arrays_run_along_their_dimensions(regime, n_groups, n_rows):
    data = draw(regime, n_groups=n_groups, n_rows=n_rows).data
    sizes = {"rows": n_rows, "groups": n_groups}
    assert {name: array.shape for name, array in data.items()} == {
        name: (sizes[dim],) for name, dim in confound.dims.items()
    }
    assert data.keys() == {"group", "X", "Y", "Z", "U"}
    assert set(np.unique(data["Y"])) <= {0, 1}
    assert data["group"].min() >= 0
    assert data["group"].max() < n_groups
    check_data(confound, data)


@pytest.mark.parametrize("regime", REGIMES)
def test_the_same_stream_gives_the_same_bits_and_another_gives_others(regime):
    one, again, other = draw(regime), draw(regime), draw(regime, seed=2)
    assert one.truth.keys() == again.truth.keys()
    assert all(np.array_equal(one.truth[name], again.truth[name]) for name in one.truth)
    assert all(np.array_equal(one.data[name], again.data[name]) for name in one.data)
    assert not np.array_equal(one.data["X"], other.data["X"])


def test_numpy_s_global_generator_is_left_alone():
    before = repr(np.random.get_state(legacy=False))  # noqa: NPY002
    draw("prior")
    assert repr(np.random.get_state(legacy=False)) == before  # noqa: NPY002


@pytest.mark.parametrize("regime", REGIMES)
def test_every_regime_states_the_same_parameters(regime):
    truth = draw(regime, n_groups=4).truth
    assert truth.keys() == {*LECTURE, "u", "z", "beta_XbarY"}
    assert truth["u"].shape == truth["z"].shape == (4,)


def test_what_is_simulated_follows_the_truth_as_the_docstring_says():
    # No noise: sigma_X = 0, and effects so large that p is 0 or 1 to the last bit.
    truth = {**LECTURE, "sigma_X": 0.0, "alpha_X": 0.5, "beta_GX": 2.0, "alpha_bar": -1e4}
    truth |= {"tau": 1e4, "beta_GY": 1e4, "beta_XY": 1e4, "beta_ZY": 2e4}
    with np.errstate(over="ignore"):
        data = confound.simulate(np.random.default_rng(3), truth, n_groups=20, n_rows=500)
    u, z, group = truth["u"], truth["z"], data["group"]
    assert np.array_equal(data["U"], 2 * u)
    assert np.array_equal(data["X"], 0.5 + 2 * u[group])
    eta = (-1 + z + u + 2 * data["Z"])[group] + data["X"]  # in units of 10⁴
    assert np.array_equal(data["Y"], eta > 0)
    assert 0.2 < data["Y"].mean() < 0.8


def test_without_spread_x_is_the_noise_and_the_rest_is_a_coin():
    # sd_U = 0, sd_X = 0: no confound and X = 0, so that logit p = alpha + beta_ZY Z.
    drawn = draw("fixed", sd_U=0, sd_X=0, beta_ZY=0, alpha=0, n_rows=20_000)
    assert np.array_equal(drawn.data["X"], np.zeros(20_000))
    assert np.array_equal(drawn.data["U"], np.zeros(30))
    assert within(drawn.data["Y"], 0.5)


def test_without_confound_x_is_standard_normal_noise_of_its_own():
    X = draw("fixed", sd_U=0, sd_X=2, n_rows=20_000).data["X"]
    assert within(X, 0)
    assert within(X**2, 4)


def test_the_confound_moves_x_and_the_log_odds_alike():
    drawn = draw("fixed", sd_X=0, alpha=0, beta_XY=0, beta_ZY=0, n_groups=4000, n_rows=4000)
    U, group = drawn.data["U"], drawn.data["group"]
    assert np.array_equal(U, 1.5 * drawn.truth["u"])
    assert np.array_equal(drawn.data["X"], U[group])
    p = 1 / (1 + np.exp(-U[group]))
    assert within(drawn.data["Y"] - p, 0)
    assert within((drawn.data["Y"] - p) * U[group], 0)


@pytest.mark.parametrize("regime", REGIMES)
def test_y_comes_out_as_often_as_its_probability_says(regime):
    residuals, by_X, by_Z = [], [], []
    for seed in range(30):
        drawn = draw(regime, seed)
        truth, data = drawn.truth, drawn.data
        group, Z = data["group"], data["Z"]
        alpha = truth["alpha_bar"] + truth["tau"] * truth["z"] + truth["beta_GY"] * truth["u"]
        eta = alpha[group] + truth["beta_XY"] * data["X"] + truth["beta_ZY"] * Z[group]
        residual = data["Y"] - 1 / (1 + np.exp(-eta))
        residuals.append(residual)
        by_X.append(residual * np.clip(data["X"], -3, 3))
        by_Z.append(residual * Z[group])
    assert within(np.concatenate(residuals), 0)
    assert within(np.concatenate(by_X), 0)
    assert within(np.concatenate(by_Z), 0)


def test_groups_are_equally_likely():
    counts = np.bincount(draw(n_groups=5, n_rows=10_000).data["group"], minlength=5)
    # Binomial(10000, 1/5) has sd 40.
    assert np.all(np.abs(counts - 2000) < 5 * 40)


@pytest.mark.parametrize("sd", [0.0, 1.0, 3.0])
def test_z_has_the_spread_that_is_set(sd):
    Z = draw(sd_Z=sd, n_groups=20_000, n_rows=1).data["Z"]
    assert np.all(Z == 0) if sd == 0 else within(Z, 0)
    assert np.all(Z == 0) if sd == 0 else within(Z**2, sd**2)


def test_u_and_z_are_standard_normal_and_unrelated():
    truth = draw("prior", n_groups=20_000, n_rows=1).truth
    for name in ("u", "z"):
        assert within(truth[name], 0)
        assert within(truth[name] ** 2, 1)
    assert within(truth["u"] * truth["z"], 0)


def test_groups_may_be_empty_and_give_no_nan():
    drawn = draw(n_groups=100, n_rows=5)
    assert len(np.unique(drawn.data["group"])) < 100
    assert all(np.isfinite(array).all() for array in drawn.data.values())
    assert all(np.isfinite(f(drawn.data)) for f in confound.features.values())
    check_data(confound, drawn.data)


@pytest.mark.parametrize(
    "name", [n for n in catalogue.names("estimator") if registry.feeds("confound", n)]
)
def test_empty_groups_give_estimators_no_nan(name):
    estimator = registry.estimator(name)
    arrays = estimator.select(draw(n_groups=100, n_rows=5).data)
    assert all(np.isfinite(array).all() for array in arrays.values())


def test_fixed_states_the_lecture_s_world_every_time():
    for seed in range(3):
        truth = draw("fixed", seed).truth
        assert {name: truth[name] for name in LECTURE} == LECTURE


def test_effects_draws_the_effects_and_keeps_the_rest():
    XY, ZY = truths("effects", ("beta_XY", "beta_ZY")).T
    for effect in (XY, ZY):
        assert within(effect, 0)
        assert within(effect**2, 1)
        assert within(effect**4, 3)  # as of a normal
    assert within(XY * ZY, 0)
    rest = {name: value for name, value in LECTURE.items() if name not in ("beta_XY", "beta_ZY")}
    assert np.array_equal(truths("effects", rest, n=5), [list(rest.values())] * 5)


def test_prior_draws_every_parameter_from_its_own_law():
    normal = ("alpha_bar", "beta_XY", "beta_ZY", "beta_GY", "alpha_X")
    positive = ("tau", "beta_GX", "sigma_X")
    values = truths("prior", normal + positive)
    for column in values.T[: len(normal)]:
        assert within(column, 0)
        assert within(column**2, 1)
        assert within(column**4, 3)
    for column in values.T[len(normal) :]:
        assert np.all(column > 0)
        assert within(column, 1)
        assert within(column**2, 2)  # E x² of an Exponential(1)
    correlations = np.corrcoef(values.T)[np.triu_indices(8, 1)]
    assert np.all(np.abs(correlations) < 5 / math.sqrt(len(values)))


@pytest.mark.parametrize(
    ("regime", "setting", "changed"),
    [
        ("fixed", {"alpha": 0.5}, {"alpha_bar": 0.5}),
        ("fixed", {"beta_XY": 0.25}, {"beta_XY": 0.25}),
        ("fixed", {"beta_ZY": 0.25}, {"beta_ZY": 0.25}),
        ("fixed", {"sd_U": 0.25}, {"beta_GX": 0.25, "beta_GY": 0.25}),
        ("fixed", {"sd_X": 0.25}, {"sigma_X": 0.25}),
        ("effects", {"alpha": 0.5}, {"alpha_bar": 0.5}),
        ("effects", {"sd_U": 0.25}, {"beta_GX": 0.25, "beta_GY": 0.25}),
        ("effects", {"sd_X": 0.25}, {"sigma_X": 0.25}),
        ("effects", {"sd_beta": 0}, {"beta_XY": 0.0, "beta_ZY": 0.0}),
    ],
)
def test_parameters_that_are_set_change_the_truth_and_nothing_else(regime, setting, changed):
    plain, other = draw(regime).truth, draw(regime, **setting).truth
    assert {name: other[name] for name in changed} == changed
    for name in other.keys() - changed.keys() - {"u", "z"}:
        assert other[name] == plain[name]


def test_the_spread_of_the_effects_is_what_is_set():
    XY, ZY = truths("effects", ("beta_XY", "beta_ZY"), sd_beta=3.0).T
    assert within(XY**2, 9)
    assert within(ZY**2, 9)


def test_every_parameter_can_be_set_by_name():
    sizes = {"n_groups", "n_rows", "sd_Z", "rows_per_group"}
    assert confound.parameters("prior").keys() == sizes
    assert confound.parameters("fixed").keys() == {
        *sizes,
        *("alpha", "beta_XY", "beta_ZY", "sd_U", "sd_X"),
    }


def test_features_are_counted_by_hand():
    data = {"Y": np.array([1, 0, 1, 1]), "group": np.array([0, 0, 2, 0])}
    assert confound.features["events"](data) == 3
    assert confound.features["group_size"](data) == 2  # 4 rows in the 2 groups that have any


def test_uniform_ranks_are_expected_of_the_models_of_the_joint_prior_alone():
    assert confound.uniform_ranks.keys() == {"prior"}
    assert "latent" in confound.uniform_ranks["prior"]
    for name in confound.uniform_ranks["prior"]:  # they model X as well as Y
        assert name.startswith("latent")
        assert name in catalogue.names("estimator")


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize(("n_groups", "rows_per_group"), [(30, 5), (1, 1), (7, 3)])
def test_every_group_has_the_rows_asked_for(regime, n_groups, rows_per_group):
    data = draw(regime, n_groups=n_groups, rows_per_group=rows_per_group).data
    assert (np.bincount(data["group"]) == rows_per_group).all()
    assert len(data["Z"]) == n_groups
    check_data(confound, data)


def same(a, b, names):
    return {name: np.array_equal(a.data[name], b.data[name]) for name in names}


@pytest.mark.parametrize("sizes", [{}, {"rows_per_group": 5}])
def test_worlds_that_differ_in_numbers_alone_share_their_random_numbers(sizes):
    one, other = draw("effects", sd_U=0.5, **sizes), draw("effects", sd_U=2.0, **sizes)
    assert all(same(one, other, ("group", "Z")).values())
    assert one.truth["beta_XY"] == other.truth["beta_XY"]
    assert np.array_equal(one.truth["u"], other.truth["u"])
    noise = [d.data["X"] - d.data["U"][d.data["group"]] for d in (one, other)]
    assert noise[0] == pytest.approx(noise[1], abs=1e-12)
    # The same uniform makes Y; it is turned over where p crosses one half, or more would agree.
    assert 0.7 < (one.data["Y"] == other.data["Y"]).mean() < 1


def test_more_rows_a_group_share_all_but_the_outcomes_with_fewer():
    few, many = (draw("effects", rows_per_group=m) for m in (2, 10))
    assert np.array_equal(few.truth["u"], many.truth["u"])
    assert np.array_equal(few.data["Z"], many.data["Z"])
    assert np.array_equal(few.data["X"], many.data["X"][:60])
    assert np.array_equal(few.data["group"], many.data["group"][:60])


def test_rows_dealt_at_random_share_nothing_but_the_effects_with_another_number_of_them():
    few, many = (draw("effects", n_rows=n) for n in (60, 300))
    assert few.truth["beta_XY"] == many.truth["beta_XY"]
    assert not np.array_equal(few.truth["u"], many.truth["u"])
