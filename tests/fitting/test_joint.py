import numpy as np
import pytest

from sbc.fitting.joint import Joint
from sbc.plugins import catalogue, registry

GENERATOR = registry.generator("confound")
DESIGN = GENERATOR.draw(np.random.default_rng(0), "effects", n_rows=400).data


def draws(name, n=400, design=DESIGN):
    joint = Joint(registry.estimator(name), GENERATOR, design)
    return [joint.draw(np.random.default_rng(k), design) for k in range(n)]


def test_same_stream_same_bits_whatever_was_drawn_before():
    joint = Joint(registry.estimator("latent"), GENERATOR, DESIGN)
    first = joint.draw(np.random.default_rng(7), DESIGN)
    joint.draw(np.random.default_rng(8), DESIGN)
    again = joint.draw(np.random.default_rng(7), DESIGN)
    assert first.truth["beta_XY"] == again.truth["beta_XY"]
    for name in DESIGN:
        np.testing.assert_array_equal(first.data[name], again.data[name])


@pytest.mark.parametrize("name", ["naive", "fixed", "multilevel", "mundlak"])
def test_what_a_model_conditions_on_is_kept(name):
    for dataset in draws(name, 3):
        for array in ("group", "X", "Z", "U"):
            np.testing.assert_array_equal(dataset.data[array], DESIGN[array])
        assert set(np.unique(dataset.data["Y"])) <= {0, 1}


def test_the_priors_are_the_model_s():
    truths = [d.truth for d in draws("multilevel", 2000)]
    for name, mean, sd in [("alpha_bar", 0, 1), ("tau", 1, 1), ("beta_XY", 0, 1)]:
        values = np.array([t[name] for t in truths])
        assert abs(values.mean() - mean) < 5 * sd / np.sqrt(2000)
        # var of a sample variance: 2 sd⁴ for Normal, 8 sd⁴ for Exponential
        assert abs(values.var() - sd**2) < 5 * np.sqrt((8 if name == "tau" else 2) / 2000)


def test_latent_simulates_x_and_its_y_follows_the_simulated_x():
    pulls, stale = [], []
    for dataset in draws("latent", 300):
        t, d = dataset.truth, dataset.data
        assert not np.array_equal(d["X"], DESIGN["X"])
        residual = (d["X"] - t["alpha_X"] - t["beta_GX"] * t["u"][d["group"]]) / t["sigma_X"]
        pulls.append(residual.mean() * np.sqrt(400))
        alpha = t["alpha_bar"] + t["tau"] * t["z"] + t["beta_GY"] * t["u"] + t["beta_ZY"] * d["Z"]

        def score(X, alpha=alpha, t=t, d=d):
            p = 1 / (1 + np.exp(-alpha[d["group"]] - t["beta_XY"] * X))
            return (d["Y"] - p).sum() / np.sqrt((p * (1 - p)).sum())

        pulls.append(score(d["X"]))
        stale.append(score(DESIGN["X"]))
    # Standard normal on average: the sum of 600 squares lies within 5 of its standard deviations.
    assert abs(np.sum(np.square(pulls)) - 600) < 5 * np.sqrt(2 * 600) * 1.5
    assert np.sum(np.square(stale)) > 1000  # read from the design instead, Y would not fit


@pytest.mark.parametrize(
    "name", [name for name in catalogue.names("estimator") if catalogue.states_model(name)]
)
def test_every_built_in_estimator_draws_from_its_own_joint_distribution(name):
    worlds = [w for w in catalogue.names("generator") if registry.feeds(w, name)]
    assert worlds
    for world, made in ((registry.generator(w), registry.estimator(name)) for w in worlds):
        design = world.design(np.random.default_rng(0))
        joint = Joint(made, world, design)
        one, other = (joint.draw(np.random.default_rng(k), design) for k in (1, 2))
        assert set(made.estimands) <= one.truth.keys()
        changed = {n for n in design if not np.array_equal(one.data[n], other.data[n])}
        assert changed  # what is observed, and nothing that the model is given
        assert changed <= {"Y", "S", "R", *({"X"} if name.startswith("latent") else ())}
