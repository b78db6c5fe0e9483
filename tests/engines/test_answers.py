"""Categorical answers by softmax and ordered ones by probit are found, and nothing else is."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from pymc.pytensorf import compile
from pytensor.graph.rewriting.utils import rewrite_graph
from pytensor.graph.traversal import toposort

from sbc.engines._compared import close
from sbc.engines._logit import with_logit_kernels
from sbc.plugins.categorical import CategoricalLikelihood
from sbc.plugins.modes import CHEAP
from sbc.plugins.probit import IntervalLikelihood

N = 21
RNG = np.random.default_rng(8)
X, Y = RNG.normal(size=N), RNG.integers(0, 4, N)


def eta():
    """State a predictor."""
    return pm.Normal("a", 0, 1) + pm.Normal("b", 0, 1) * pm.Data("x", X)


def table():
    """State a predictor for each of four categories, the first of which is 0."""
    slopes = pt.concatenate([[0.0], pm.Normal("s", 0, 1, shape=3)])
    return pm.Data("x", X)[:, None] * slopes


def y(values=Y):
    """Give answers as data."""
    return pm.Data("y", values)


def softmax(x, axis=-1):
    """Give shares by PyMC's own function."""
    return pm.math.softmax(x, axis=axis)


def cuts():
    """State increasing cutpoints."""
    return pt.concatenate([[-1.0], -1 + pt.cumsum(pm.Exponential("gap", 1, shape=2))])


def by_a_parameter():
    """State that a parameter decides which log probability is taken."""
    answers = pt.argmax(pm.Normal("t", 0, 1, shape=(N, 4)), axis=1)
    logs = pt.special.log_softmax(table(), axis=1)
    pm.Potential("o", logs[pt.arange(N), answers].sum())


CATEGORICAL = {
    "softmax": lambda: pm.Categorical("o", p=softmax(table()), observed=y()),
    "logit_p": lambda: pm.Categorical("o", logit_p=table(), observed=y()),
    "a named p": lambda: pm.Categorical(
        "o", p=pm.Deterministic("p", softmax(table(), axis=1)), observed=y()
    ),
    "by hand": lambda: pm.Categorical(
        "o", p=pt.exp(z := table()) / pt.exp(z).sum(axis=1, keepdims=True), observed=y()
    ),
    "no such answer": lambda: pm.Categorical("o", p=softmax(table()), observed=y(Y + 1)),
}
PROBIT = {
    "cutpoints given": lambda: pm.OrderedProbit(
        "o", eta=eta(), cutpoints=np.array([-1.0, 0.0, 1.0]), observed=y()
    ),
    "cutpoints free": lambda: pm.OrderedProbit("o", eta=eta(), cutpoints=cuts(), observed=y()),
    "without p": lambda: pm.OrderedProbit(
        "o", eta=eta(), cutpoints=cuts(), compute_p=False, observed=y()
    ),
    "many answers": lambda: pm.OrderedProbit(
        "o", eta=eta(), cutpoints=np.linspace(-2, 2, 6), observed=y()
    ),
    "no such answer": lambda: pm.OrderedProbit("o", eta=eta(), cutpoints=cuts(), observed=y(Y + 1)),
}
OTHERS = {
    "one row": lambda: pm.Categorical(
        "o", p=softmax(pm.Normal("a", 0, 1, shape=(1, 4))), observed=y()
    ),
    "as many answers as a dataset says": lambda: pm.OrderedProbit(
        "o", eta=eta(), cutpoints=pm.Data("c", [-1.0, 0.2, 1.0]), observed=y()
    ),
    "shares along the rows": lambda: pm.Categorical(
        "o", p=softmax(table().T, axis=0).T, observed=y()
    ),
    "the same shares for all": lambda: pm.Categorical(
        "o", p=softmax(pm.Normal("a", 0, 1, shape=4)), observed=y()
    ),
    "shares of a Dirichlet": lambda: pm.Categorical(
        "o", p=pm.Dirichlet("p", np.ones(4), shape=(N, 4)), observed=y()
    ),
    "with lapses": lambda: pm.Categorical(
        "o", p=0.025 + 0.9 * softmax(table()), observed=y()
    ),
    "answers that a parameter decides": by_a_parameter,
    "two questions": lambda: pm.Categorical(
        "o", p=softmax(pm.Normal("a", 0, 1, shape=(N, 2, 4))), observed=y(np.stack([Y, Y], 1))
    ),
    "of another spread": lambda: pm.OrderedProbit(
        "o", eta=eta(), cutpoints=cuts(), sigma=pm.HalfNormal("sd", 1), observed=y()
    ),
    "cutpoints by row": lambda: pm.OrderedProbit(
        "o",
        eta=eta(),
        cutpoints=np.array([-1.0, 0.0, 1.0]) * pm.HalfNormal("sd", 1, shape=(N, 1)),
        observed=y(),
    ),
}  # fmt: skip


def some(names, quick):
    """Give all names, those of which one is as good as another for the slow lane."""
    return [pytest.param(n, marks=() if n in quick else pytest.mark.slow) for n in names]


def density(model):
    """Give a model's log density as it is stated, and with kernels."""
    stated = model.logp()
    stable = rewrite_graph([stated], include=("canonicalize", "stabilize"))
    return stated, with_logit_kernels(stable)[0]


def kernels(graph):
    """List the kernels in a graph."""
    known = CategoricalLikelihood | IntervalLikelihood
    return [type(node.op) for node in toposort([graph]) if isinstance(node.op, known)]


def at_points(model, graph):
    """Evaluate a density and its gradient at some points, by NumPy."""
    values = model.value_vars
    function = compile(values, [graph, *pt.grad(graph, values)], mode=CHEAP)
    rng = np.random.default_rng(1)
    shapes = [np.shape(v) for v in model.initial_point().values()]
    points = [[rng.normal(size=s) * scale for s in shapes] for scale in (0.3, 1, 2)]
    return [np.concatenate([np.ravel(part) for part in function(*point)]) for point in points]


def equal(model, tolerance):
    """Say whether the density with kernels is the one that is stated."""
    stated, made = density(model)
    for found, theirs in zip(at_points(model, made), at_points(model, stated), strict=True):
        if np.isneginf(theirs[0]):
            assert np.isneginf(found[0])  # whatever the gradient
        elif not close(found, theirs, tolerance):
            return False
    return True


def test_the_comparison_sees_another_density():
    with pm.Model() as model:
        CATEGORICAL["softmax"]()
    made = density(model)[1]
    assert not close(at_points(model, made * (1 + 1e-9)), at_points(model, made), 1e-12)


@pytest.mark.parametrize("name", some(CATEGORICAL, ["softmax"]))
def test_categorical_answers_by_softmax_are_found(name):
    with pm.Model() as model:
        CATEGORICAL[name]()
    assert kernels(density(model)[1]) == [CategoricalLikelihood]
    assert equal(model, 1e-12)


@pytest.mark.parametrize("name", some(PROBIT, ["cutpoints free"]))
def test_ordered_answers_by_probit_are_found(name):
    with pm.Model() as model:
        PROBIT[name]()
    assert kernels(density(model)[1]) == [IntervalLikelihood]
    assert equal(model, 5e-8)  # PyMC's square root of two is one of single precision


@pytest.mark.parametrize("name", some(OTHERS, ["with lapses", "of another spread"]))
def test_what_is_something_else_is_left_alone(name):
    with pm.Model() as model:
        OTHERS[name]()
    assert kernels(density(model)[1]) == []


def test_cutpoints_out_of_order_have_no_density():
    with pm.Model() as model:
        pm.OrderedProbit("o", eta=eta(), cutpoints=pm.Normal("c", 0, 1, shape=3), observed=y())
    made = compile(model.value_vars, density(model)[1], mode=CHEAP)
    assert np.isneginf(made(0.0, 0.0, np.array([0.0, 1.0, -1.0])))
    assert np.isfinite(made(0.0, 0.0, np.array([-1.0, 0.0, 1.0])))


@pytest.mark.slow
@pytest.mark.parametrize("state", [CATEGORICAL["softmax"], PROBIT["cutpoints free"]])
def test_kernels_follow_the_data(state):
    with pm.Model() as model:
        state()
    before = at_points(model, density(model)[1])
    model["y"].set_value((3 - Y).astype("int32"))
    assert equal(model, 5e-8)
    assert not np.array_equal(at_points(model, density(model)[1]), before)
