"""Likelihoods on the logit scale are found however they are written, and nothing else is."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from pymc.pytensorf import compile
from pytensor.graph.replace import graph_replace
from pytensor.graph.rewriting.utils import rewrite_graph
from pytensor.graph.traversal import toposort

from sbc.engines._compared import close
from sbc.engines._given import Given
from sbc.engines._logit import with_logit_kernels
from sbc.plugins.likelihoods import LogitLikelihood
from sbc.plugins.modes import CHEAP

N = 23
RNG = np.random.default_rng(5)
X, G = RNG.normal(size=N), RNG.integers(0, 4, size=N)
BITS, COUNTS, TRIALS = RNG.integers(0, 2, N), RNG.integers(0, 4, N), RNG.integers(4, 9, N)


def eta():
    """State log odds with groups."""
    return pm.Normal("a", 0, 1, shape=4)[pm.Data("g", G)] + pm.Normal("b", 0, 1) * pm.Data("x", X)


def y(values=BITS):
    """Give outcomes as data."""
    return pm.Data("y", values)


def by_hand():
    """State the likelihood as textbooks do."""
    p = 1 / (1 + pm.math.exp(-eta()))
    data = y()
    pm.Potential("o", pt.sum(data * pt.log(p) + (1 - data) * pt.log(1 - p)))


def in_a_matrix():
    """State rows and columns of outcomes."""
    odds = pm.Normal("a", 0, 1, shape=(N, 1)) + pm.Normal("b", 0, 1, shape=(1, 3))
    pm.Bernoulli("o", logit_p=odds, observed=pm.Data("y", RNG.integers(0, 2, (N, 3))))


def two_outcomes():
    """State two outcomes on one predictor."""
    odds = eta()
    pm.Bernoulli("o", logit_p=odds, observed=y())
    pm.Binomial("c", n=pm.Data("n", TRIALS), logit_p=-2 * odds, observed=pm.Data("s", COUNTS))


def cuts():
    """State increasing cutpoints."""
    return pt.concatenate([[-1.0], -1 + pt.cumsum(pm.Exponential("gap", 1, shape=2))])


LIKELIHOODS = {
    "logit_p": (1, lambda: pm.Bernoulli("o", logit_p=eta(), observed=y())),
    "p": (1, lambda: pm.Bernoulli("o", p=pm.math.invlogit(eta()), observed=y())),
    "p of what is not": (1, lambda: pm.Bernoulli("o", p=1 - pm.math.sigmoid(eta()), observed=y())),
    "one over one plus": (
        1,
        lambda: pm.Bernoulli("o", p=1 / (1 + pm.math.exp(-eta())), observed=y()),
    ),
    "a named p": (
        1,
        lambda: pm.Bernoulli("o", p=pm.Deterministic("p", pm.math.sigmoid(eta())), observed=y()),
    ),
    "yes and no": (1, lambda: pm.Bernoulli("o", logit_p=eta(), observed=y(BITS == 1))),
    "by hand": (1, by_hand),
    "a matrix": (1, in_a_matrix),
    "binomial": (1, lambda: pm.Binomial("o", n=9, logit_p=eta(), observed=y(COUNTS))),
    "binomial, n by row": (
        1,
        lambda: pm.Binomial(
            "o", n=pm.Data("n", TRIALS), p=pm.math.sigmoid(eta()), observed=y(COUNTS)
        ),
    ),
    "two outcomes": (2, two_outcomes),
    "no such outcome": (1, lambda: pm.Bernoulli("o", logit_p=eta(), observed=y(BITS * 2))),
    "ordered": (
        2,
        lambda: pm.OrderedLogistic("o", eta=eta(), cutpoints=cuts(), observed=y(COUNTS)),
    ),
    "ordered, if they are": (
        2,
        lambda: pm.OrderedLogistic(
            "o", eta=eta(), cutpoints=pm.Normal("c", 0, 1, shape=3), observed=y(COUNTS % 2 * 3)
        ),
    ),
    "ordered, turned": (
        2,
        lambda: pm.OrderedLogistic("o", eta=-eta(), cutpoints=2 * cuts(), observed=y(COUNTS)),
    ),
    "ordered, no such answer": (
        2,
        lambda: pm.OrderedLogistic("o", eta=eta(), cutpoints=cuts(), observed=y(COUNTS + 1)),
    ),
}
OTHERS = {
    "a number": lambda: pm.Bernoulli("o", logit_p=pm.Normal("a", 0, 1), observed=y()),
    "probit": lambda: pm.Bernoulli("o", p=pm.math.invprobit(eta()), observed=y()),
    "with lapses": lambda: pm.Bernoulli("o", p=0.05 + 0.9 * pm.math.sigmoid(eta()), observed=y()),
    "of another scale": lambda: pm.Potential(
        "o", pt.sum(pt.softplus(eta()) * pm.HalfNormal("s", 1))
    ),
    "of its square": lambda: pm.Potential("o", pt.sum(pt.softplus(eta()) ** 2)),
    "two predictors": lambda: pm.Potential(
        "o", pt.sum(pt.softplus(eta()) + pt.softplus(pm.Normal("c", 0, 1, shape=N)))
    ),
    "a choice by parameters": lambda: pm.Potential(
        "o", pt.sum(pt.switch(eta() > 0, pt.softplus(pm.Normal("c", 0, 1, shape=N)), 0))
    ),
    "cutpoints by row": lambda: pm.OrderedLogistic(
        "o",
        eta=eta(),
        cutpoints=np.array([-1.0, 1.0]) * pm.HalfNormal("s", 1, shape=(N, 1)),
        observed=y(BITS),
    ),
}


def density(model):
    """Give a model's log density as it is stated, and with kernels."""
    stated = model.logp()
    stable = rewrite_graph([stated], include=("canonicalize", "stabilize"))
    return stated, with_logit_kernels(stable)[0]


def kernels(graph):
    """Count the kernels in a graph."""
    return sum(isinstance(node.op, LogitLikelihood) for node in toposort([graph]))


def at_points(model, graph):
    """Evaluate a density and its gradient at some points, by NumPy."""
    values = model.value_vars
    function = compile(values, [graph, *pt.grad(graph, values)], mode=CHEAP)
    rng = np.random.default_rng(1)
    shapes = [np.shape(v) for v in model.initial_point().values()]
    points = [[rng.normal(size=s) * scale for s in shapes] for scale in (0.3, 1, 3)]
    return [np.concatenate([np.ravel(part) for part in function(*point)]) for point in points]


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_a_likelihood_is_found_and_is_pymc_s(name):
    wanted, state = LIKELIHOODS[name]
    with pm.Model() as model:
        state()
    stated, made = density(model)
    assert kernels(made) == wanted
    for found, theirs in zip(at_points(model, made), at_points(model, stated), strict=True):
        if np.isneginf(theirs[0]):
            assert "no such" in name or "if they are" in name  # whatever the gradient
            assert np.isneginf(found[0])
        else:
            assert close(found, theirs, 1e-10)


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_something_else_is_left_alone(name):
    with pm.Model() as model:
        OTHERS[name]()
    _, made = density(model)
    assert kernels(made) == 0


def test_a_kernel_follows_the_data():
    with pm.Model() as model:
        pm.Bernoulli("o", logit_p=eta(), observed=y())
    stated, made = density(model)
    model["y"].set_value((1 - BITS).astype("int32"))
    for found, theirs in zip(at_points(model, made), at_points(model, stated), strict=True):
        assert close(found, theirs, 1e-10)


def test_given_is_what_data_and_constants_decide():
    data, parameter = pytensor.shared(X, name="x"), pt.dvector("a")
    square, mixed = data**2, data * parameter
    given = Given([square.sum() + mixed.sum()])
    assert square in given
    assert mixed not in given
    assert parameter not in given
    assert square + 1 in given  # what is not in the graph, too
    assert graph_replace(mixed, {parameter: pt.exp(parameter)}) not in given
    assert pm.Normal.dist(square) not in given
