"""Truth and data among a model's own draws: any kind of model, and what is left out."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from pymc.pytensorf import compile, reseed_rngs
from pytensor.graph.traversal import ancestors
from pytensor.tensor.random.type import RandomType

from sbc.fitting.forward import ModelDraws
from sbc.fitting.forward_plan import LIKELIHOOD, PRIOR, plan_of
from sbc.gates.forward import judge_forward
from sbc.stats.exchangeable import pits

X = np.linspace(-1, 1, 12)
SEEN = np.zeros(12)


def built(state):
    with pm.Model() as model:
        state()
    return model


def prior_draws(model, n, seed=0):
    """Draw truths and outcomes forward, as PyMC's own prior predictive does."""
    variables = [*model.free_RVs, *model.deterministics, *model.observed_RVs]
    streams = [v for v in ancestors(variables) if isinstance(v.type, RandomType)]
    reseed_rngs(streams, seed)
    function = compile([], variables)
    for _ in range(n):
        yield dict(zip([v.name for v in variables], function(), strict=True))


def streams(model, n=150, names=None, change=lambda values: values, seed=0):
    """Compare n forward draws of a model with the model itself."""
    rng = np.random.default_rng(seed + 1)
    forward, found = None, {}
    for values in map(change, prior_draws(model, n, seed)):
        truth = {k: v for k, v in values.items() if k != "y"}
        truth = truth if names is None else {k: truth[k] for k in names}
        model["seen"].set_value(values["y"].astype(model["seen"].type.dtype))
        forward = forward or ModelDraws(model, plan_of(model, truth))
        for target, of in forward.ranked(truth, {}, rng).pools.items():
            for statistic, pool in of.items():
                u = pits(pool[None], rng.random(1))
                found.setdefault((target.kind, target.name, statistic), []).extend(u)
    return forward, {key: np.array(u) for key, u in found.items()}


def data(values=SEEN):
    return pm.Data("seen", values)


def linear():
    a = pm.Normal("a")
    b = pm.Normal("b", a, 2)
    s = pm.HalfNormal("s")
    pm.Normal("y", a + b * X, s, observed=data())


def non_centred():
    mu = pm.Normal("mu")
    tau = pm.HalfNormal("tau")
    z = pm.Normal("z", shape=4)
    theta = pm.Deterministic("theta", mu + tau * z)
    pm.Poisson("y", pm.math.exp(theta[np.arange(12) % 4]), observed=data(np.zeros(12, int)))


def covariance():
    chol, _, _ = pm.LKJCholeskyCov("chol", n=2, eta=2, sd_dist=pm.Exponential.dist(1, shape=2))
    b = pm.MvNormal("b", np.zeros(2), chol=chol, shape=(6, 2))
    pm.Normal("y", b.ravel(), 1, observed=data())


def mixture():
    w = pm.Dirichlet("w", np.ones(3))
    mu = pm.Normal("mu", np.array([-2.0, 0.0, 2.0]), 1, shape=3)
    pm.NormalMixture("y", w, mu, 0.5, observed=data())


def walk():
    s = pm.Exponential("s", 1)
    level = pm.GaussianRandomWalk("level", sigma=s, init_dist=pm.Normal.dist(), steps=11)
    pm.StudentT("y", nu=4, mu=level, sigma=1, observed=data())


def lags():
    rho = pm.Uniform("rho", -1, 1)
    y = data(np.zeros(13))
    pm.Normal("y", rho * y[:-1], 1, observed=y[1:])


def counts():
    p = pm.Beta("p", 2, 2)
    psi = pm.Uniform("psi")
    pm.ZeroInflatedBinomial("y", psi, 5, p, observed=data(np.zeros(12, int)))


def ordinal():
    cut = pm.Normal("cut", np.array([-1.0, 1.0]), 0.1, shape=2)
    eta = pm.Normal("eta", shape=12)
    pm.OrderedLogistic("y", eta=eta, cutpoints=cut, observed=data(np.zeros(12, int)))


def censored():
    s = pm.HalfNormal("s")
    pm.Censored("y", pm.Normal.dist(0, s), lower=-1, upper=1, observed=data())


KINDS = [linear, non_centred, covariance, mixture, walk, counts, ordinal, censored]


@pytest.mark.parametrize("state", KINDS)
def test_a_model_agrees_with_its_own_draws(state):
    model = built(state)
    forward, found = streams(model)
    assert not forward.skipped
    assert not forward.plan.skipped
    targets = {(t.kind, t.name) for t in forward.plan.targets}
    assert {(PRIOR, rv.name) for rv in model.free_RVs} | {(LIKELIHOOD, "y")} == targets
    judged = judge_forward(found, {}, 150, alpha=0.0005)
    assert [one for one in judged if one.at is not None] == []


@pytest.mark.parametrize("state", KINDS)
def test_data_that_moved_are_seen(state):
    def moved(values):
        y = values["y"]
        top = 5 if state is counts else 2 if state is ordinal else None
        shifted = np.minimum(y + 1, top) if y.dtype.kind == "i" and top else y + 1
        return {**values, "y": shifted}

    _, found = streams(built(state), change=moved)
    judged = judge_forward(found, {}, 150, alpha=0.0005)
    assert {(one.kind, one.variable) for one in judged if one.at} == {(LIKELIHOOD, "y")}


def test_lags_are_compared_given_the_past():
    model = built(lags)
    rng, found = np.random.default_rng(0), {}
    forward = None
    for _ in range(200):
        rho = rng.uniform(-1, 1)
        y = np.zeros(13)
        y[0] = rng.normal()
        for t in range(12):
            y[t + 1] = rng.normal(rho * y[t], 1)
        model["seen"].set_value(y)
        truth = {"rho": rho}
        forward = forward or ModelDraws(model, plan_of(model, truth))
        for target, of in forward.ranked(truth, {}, rng).pools.items():
            for statistic, pool in of.items():
                u = pits(pool[None], rng.random(1))
                found.setdefault((target.kind, target.name, statistic), []).extend(u)
    assert {s for _, name, s in found if name == "y"} == {"location", "spread"}
    judged = judge_forward({k: np.array(u) for k, u in found.items()}, {}, 200, 0.0005)
    assert [one for one in judged if one.at] == []


def test_the_first_wrong_level_of_a_hierarchy_is_named_and_no_other():
    def wide(values):
        moved = values["b"] * 3
        return {**values, "b": moved, "y": values["y"] + (moved - values["b"]) * X}

    _, found = streams(built(linear), change=wide)
    judged = judge_forward(found, {}, 150, alpha=0.0005)
    assert [one.what for one in judged if one.at] == ["prior of b"]


def test_what_the_truth_does_not_name_is_drawn_with_what_depends_on_it():
    """theta is ranked given mu and tau, though the truth has no z; the likelihood reads theta."""
    forward, found = streams(built(non_centred), names=["mu", "tau", "theta"])
    kinds = {t.name: [v.name for v in t.free] for t in forward.plan.targets}
    assert kinds == {"mu": [], "tau": [], "theta": ["z"], "y": []}
    assert [one for one in judge_forward(found, {}, 150, 0.0005) if one.at] == []


def test_a_parameter_is_not_held_where_that_would_tell_of_what_is_drawn():
    """Without tau, mu alone is held while theta is drawn; z would tell nothing of it."""
    model = built(non_centred)
    forward, found = streams(model, names=["mu", "theta"])
    (theta,) = [t for t in forward.plan.targets if t.name == "theta"]
    assert [v.name for v in theta.given] == ["mu"]
    assert [v.name for v in theta.free] == ["tau", "z"]
    assert [one for one in judge_forward(found, {}, 150, 0.0005) if one.at] == []


def test_what_a_likelihood_lacks_is_named():
    (values,) = prior_draws(built(linear), 1)
    plan = plan_of(built(linear), {"a": values["a"], "b": values["b"], "extra": 1.0})
    assert plan.skipped == {"y": "its likelihood depends on 's', which the truth does not name"}
    assert (plan.only_in_truth, plan.only_in_model) == (["extra"], ["s"])


def test_a_parameter_that_the_model_computes_otherwise_is_told():
    model = built(non_centred)
    (values,) = prior_draws(model, 1)
    truth = {k: v for k, v in values.items() if k != "y"}
    forward = ModelDraws(model, plan_of(model, truth))
    rng = np.random.default_rng(0)
    assert forward.ranked(truth, {}, rng).differing == []
    other = {**truth, "theta": truth["theta"] + 1}
    assert forward.ranked(other, {}, rng).differing == ["theta"]


def weighed():
    a = pm.Normal("a")
    pm.Potential("more", -(a**2))
    pm.Normal("y", a, 1, observed=data())


def truncated():
    """State the constant of a truncated likelihood as a Potential of the parameter alone."""
    a = pm.Normal("a")
    above = 0.5 * pt.erfc(-a / np.sqrt(2))
    pm.Potential("above_zero", -3 * pt.log(above))
    pm.Normal("y", a, 1, observed=np.ones(3))


def apart():
    a, b = pm.Normal("a"), pm.Normal("b")
    pm.Potential("more", -(b**2))
    pm.Normal("y", a, 1, observed=data())


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (weighed, "the Potential 'more' may be part of its likelihood"),
        (truncated, "the Potential 'above_zero' may be part of its likelihood"),
        (apart, None),
    ],
)
def test_a_likelihood_is_compared_where_no_potential_can_be_part_of_it(state, told):
    plan = plan_of(built(state), {"a": np.array(0.0), "b": np.array(0.0)})
    assert plan.skipped.get("y") == told
    assert (told is None) == ("y" in [t.name for t in plan.targets])


def restricted():
    from pymc.distributions.transforms import Ordered

    a = pm.Normal("a", shape=2, transform=Ordered(), initval=[-1, 1])
    pm.Normal("y", a.sum(), 1, observed=data())


def improper():
    a = pm.Flat("a")
    pm.Normal("y", a, 1, observed=data())


def by_density():
    a = pm.CustomDist("a", logp=lambda value: -(value**2))
    pm.Normal("y", a, 1, observed=data())


@pytest.mark.parametrize(
    ("state", "a", "why"),
    [
        (weighed, 0.0, "the Potential 'more' weighs the prior"),
        (restricted, [-1.0, 1.0], "a transform restricts 'a'"),
        (improper, 0.0, "the prior of 'a' is improper"),
        (by_density, 0.0, "'a' has a density but no way to draw from it"),
        (linear, [1.0, 2.0], "its shape is () in the model and (2,) in the truth"),
        (linear, [[1.0], [2.0]], "its shape is () in the model and (2, 1) in the truth"),
    ],
)
def test_what_forward_draws_do_not_know_is_left_out_with_a_word(state, a, why):
    plan = plan_of(built(state), {"a": np.array(a)})
    assert plan.skipped["a"].startswith(why)
    assert [t.name for t in plan.targets if t.kind == PRIOR] == []


def test_a_truth_of_one_number_in_an_array_is_a_number():
    model = built(linear)
    (values,) = prior_draws(model, 1)
    truth = {name: np.array([values[name]]) for name in ("a", "b", "s")}
    forward = ModelDraws(model, plan_of(model, truth))
    assert len(forward.ranked(truth, {}, np.random.default_rng(0)).pools) == 4


def test_a_truth_that_the_prior_excludes_is_impossible_and_costs_its_own_ranks_alone():
    model = built(linear)
    truth = {"a": 0.1, "b": 0.2, "s": -0.3}
    found = ModelDraws(model, plan_of(model, truth)).ranked(truth, {}, np.random.default_rng(0))
    assert [target.name for target in found.impossible] == ["s"]
    assert {target.name for target in found.pools} == {"a", "b", "s"}
    assert [target.name for target in found.failed] == ["y"]


def hierarchy():
    mu = pm.Normal("mu")
    tau = pm.HalfNormal("tau")
    theta = pm.Normal("theta", mu, tau, shape=4)
    pm.Normal("y", theta[np.arange(12) % 4], 1, observed=data())


def test_a_vector_is_drawn_with_one_of_its_parents_and_given_the_other():
    forward, found = streams(built(hierarchy), names=["mu", "theta"])
    assert forward.skipped == {}
    (theta,) = [t for t in forward.plan.targets if t.name == "theta"]
    assert ([v.name for v in theta.given], [v.name for v in theta.free]) == (["mu"], ["tau"])
    assert [one for one in judge_forward(found, {}, 150, 0.0005) if one.at] == []

    def wide(values):
        moved = values["mu"] + 3 * (values["theta"] - values["mu"])
        return {**values, "theta": moved, "y": values["y"] + np.tile(moved - values["theta"], 3)}

    _, other = streams(built(hierarchy), names=["mu", "theta"], change=wide)
    judged = judge_forward(other, {}, 150, 0.0005)
    assert [one.variable for one in judged if one.at] == ["theta"]
