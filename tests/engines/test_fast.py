"""The fast form of a density: PyMC's own numbers for every family, constants of the data apart."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from pymc.initial_point import make_initial_point_fn

from sbc.engines import _compared, _fast, _hoist, nutpie
from sbc.engines._compared import agrees
from sbc.engines._fast import fast
from sbc.engines._hoist import Hoisted, constant_terms
from sbc.engines._nutpie import make_functions
from sbc.engines._reduced import LaneSum

N = 37
RNG = np.random.default_rng(0)
X, G = RNG.normal(size=N), RNG.integers(0, 5, size=N)
COUNTS, BITS, POSITIVE = RNG.poisson(3, N), RNG.integers(0, 2, N), RNG.gamma(2, 1, N)
SHARES = RNG.beta(2, 3, N)


def line():
    """State a predictor with groups."""
    x, g = pm.Data("x", X), pm.Data("g", G)
    z = pm.Normal("z", 0, 1, shape=5)
    return pm.Normal("a", 0, 1) + pm.HalfNormal("s", 1) * z[g] + pm.Normal("b", 0, 1) * x


def counts():
    """Give counts as data."""
    return pm.Data("y", COUNTS)


FAMILIES = {
    "bernoulli, logit": lambda: pm.Bernoulli("o", logit_p=line(), observed=pm.Data("y", BITS)),
    "bernoulli, p": lambda: pm.Bernoulli(
        "o", p=pm.math.invlogit(line()), observed=pm.Data("y", BITS)
    ),
    "binomial": lambda: pm.Binomial("o", n=30, logit_p=line(), observed=counts()),
    "poisson": lambda: pm.Poisson("o", mu=pm.math.exp(line()), observed=counts()),
    "negative binomial": lambda: pm.NegativeBinomial(
        "o", mu=pm.math.exp(line()), alpha=pm.Exponential("k", 1), observed=counts()
    ),
    "zero-inflated poisson": lambda: pm.ZeroInflatedPoisson(
        "o", psi=pm.Beta("psi", 2, 2), mu=pm.math.exp(line()), observed=counts()
    ),
    "beta": lambda: pm.Beta(
        "o", mu=pm.math.sigmoid(line()), nu=pm.Exponential("k", 0.1), observed=pm.Data("y", SHARES)
    ),
    "gamma by its mean": lambda: pm.Gamma(
        "o",
        mu=pm.math.exp(line()),
        sigma=pm.Exponential("k", 1),
        observed=pm.Data("y", POSITIVE),
    ),
    "normal": lambda: pm.Normal("o", line(), pm.HalfNormal("e", 1), observed=pm.Data("y", X)),
    "log sd": lambda: pm.Normal("o", 0, pm.math.exp(line()), observed=pm.Data("y", X)),
    "student": lambda: pm.StudentT("o", 4, mu=line(), sigma=1, observed=pm.Data("y", X)),
    "gamma": lambda: pm.Gamma(
        "o", alpha=2, beta=pm.math.exp(line()), observed=pm.Data("y", POSITIVE)
    ),
    "weibull": lambda: pm.Weibull(
        "o", alpha=2, beta=pm.math.exp(line()), observed=pm.Data("y", POSITIVE)
    ),
    "exponential": lambda: pm.Exponential(
        "o", pm.math.exp(line()), observed=pm.Data("y", POSITIVE)
    ),
    "ordered": lambda: pm.OrderedLogistic(
        "o", eta=line(), cutpoints=np.array([-1.0, 0.0, 1.0]), observed=pm.Data("y", G % 4)
    ),
    "ordered probit": lambda: pm.OrderedProbit(
        "o", eta=line(), cutpoints=np.array([-1.0, 0.0, 1.0]), observed=pm.Data("y", G % 4)
    ),
    "censored": lambda: pm.Censored(
        "o", pm.Normal.dist(line(), 1), lower=None, upper=1, observed=np.minimum(X, 1)
    ),
    "censored on both sides": lambda: pm.Censored(
        "o",
        pm.Normal.dist(line(), pm.HalfNormal("e", 1)),
        lower=-1,
        upper=1,
        observed=pm.Data("y", np.clip(X, -1, 1)),
    ),
    "truncated": lambda: pm.TruncatedNormal(
        "o", line(), pm.HalfNormal("e", 1), lower=0, observed=pm.Data("y", np.abs(X))
    ),
    "probit": lambda: pm.Bernoulli(
        "o", p=pm.math.invprobit(line()), observed=pm.Data("y", BITS)
    ),
    "zero-inflated binomial": lambda: pm.ZeroInflatedBinomial(
        "o", psi=pm.Beta("psi", 2, 2), n=30, p=pm.math.invlogit(line()), observed=counts()
    ),
    "softmax": lambda: pm.Categorical(
        "o",
        p=pm.math.softmax(line()[:, None] * np.array([0.0, 1.0, 2.0]), axis=1),
        observed=pm.Data("y", G % 3),
    ),
    "multinomial, softmax": lambda: pm.Multinomial(
        "o",
        n=5,
        p=pm.math.softmax(line()[:, None] * np.array([0.0, 1.0, 2.0]), axis=1),
        observed=pm.Data("y", RNG.multinomial(5, [0.2, 0.3, 0.5], N)),
    ),
    "poisson in a matrix": lambda: pm.Poisson(
        "o",
        mu=pm.math.exp(line()[:, None] + pm.Normal("t", 0, 1, shape=4)),
        observed=pm.Data("y", RNG.poisson(3, (N, 4))),
    ),
    "mixture": lambda: pm.NormalMixture(
        "o", w=np.array([0.3, 0.7]), mu=pm.Normal("m", 0, 1, shape=2), observed=pm.Data("y", X)
    ),
    "gaussian process": lambda: pm.MvNormal(
        "o",
        np.zeros(N),
        cov=pm.HalfNormal("e", 1)
        * pt.exp(-((pm.Data("x", X)[:, None] - X[None, :]) ** 2))
        + np.eye(N),
        observed=X,
    ),
}  # fmt: skip


def made(model, mode=None):
    """Compile a model as the engine does."""
    start = make_initial_point_fn(model=model, jitter_rvs=set(), return_transformed=True)
    names = tuple(v.name for v in model.free_RVs)
    hoisted = Hoisted(model, names)
    functions = make_functions(
        hoisted,
        mode=mode or fast(),
        compute_grad=True,
        join_expanded=True,
        pymc_initial_point_fn=start,
        var_names=names,
    )
    return hoisted, functions


#: The others take some seconds each to compile.
QUICK = ("bernoulli, logit", "poisson", "log sd", "probit")


@pytest.mark.parametrize(
    "family",
    [pytest.param(f, marks=() if f in QUICK else pytest.mark.slow) for f in FAMILIES],
)
def test_a_family_has_pymc_s_density_gradient_and_quantities(family, monkeypatch):
    monkeypatch.setattr(_compared, "_file", lambda *given: None)  # nothing is remembered
    with pm.Model() as model:
        FAMILIES[family]()
    hoisted, (_, _, logp, expand, start, (names, *_), _) = made(model)
    point = start(0)
    assert agrees(model, (logp, expand), names, point, hoisted.terms)

    def wrong(x):
        value, gradient = logp(x)
        return value, gradient * (1 + 1e-5)

    assert not agrees(model, (wrong, expand), names, point)


def test_functions_are_put_into_loops_only_where_that_is_of_use():
    x, y = pt.dvector("x"), pytensor.shared(BITS, name="y")
    chosen = pytensor.function(
        [x], pt.switch(y, -pt.softplus(-x), -pt.softplus(x)).sum(), mode=fast()
    )
    kinds = [node.op for node in chosen.maker.fgraph.toposort()]
    assert any(isinstance(op, LaneSum) for op in kinds)
    assert any(isinstance(getattr(op, "scalar_op", None), _fast.InLoop) for op in kinds)
    plain = [(x * y).sum(), pt.exp(x.sum())]
    for graph in plain:
        ours = pytensor.function([x], graph, mode=fast()).maker.fgraph
        theirs = pytensor.function([x], graph, mode="NUMBA").maker.fgraph
        assert [str(n.op) for n in ours.toposort()] == [str(n.op) for n in theirs.toposort()]


def test_only_arithmetic_on_data_alone_is_taken_out():
    y, x = pytensor.shared(COUNTS, name="y"), pt.dvector("x")
    constant = pt.gammaln(y + 1)
    assert constant_terms([(x * y - constant).sum()]) == [constant]
    assert constant_terms([(x * (y + 1)).sum()]) == []  # as fast as reading it
    assert constant_terms([(x[:, None] * pt.eq(y, 0)).sum()]) == []


def test_what_is_taken_out_follows_the_data():
    with pm.Model() as model:
        y = pm.Data("y", COUNTS)
        pm.Poisson("o", pm.math.exp(pm.Normal("a", 0, 1)), observed=y)
    hoisted, (_, _, logp, *_) = made(model)
    [name] = hoisted.names
    before = hoisted.arrays()[name]
    model["y"].set_value((COUNTS + 2).astype("int32"))
    after = hoisted.arrays()[name]
    assert not np.array_equal(before, after)
    [array] = [v for v in logp.get_shared() if v.name == name]
    array.set_value(after)
    reference = model.compile_logp()
    assert float(logp(np.zeros(1))[0]) == pytest.approx(float(reference({"a": np.zeros(())})))


def test_a_density_that_differs_is_not_sampled(monkeypatch, capsys):
    with pm.Model() as model:
        FAMILIES["bernoulli, logit"]()
    monkeypatch.setattr(nutpie, "agrees", lambda *given: False)
    quantities = tuple(v.name for v in model.free_RVs)
    constants, (_, _, logp, *_) = nutpie._functions("mine", model, quantities)
    assert "mine: its density made fast is not PyMC's own" in capsys.readouterr().err
    assert constants is None
    names = [type(n.op).__name__ for n in logp.maker.fgraph.toposort()]
    assert "LaneSum" not in names
    assert _hoist._NAME not in str([v.name for v in logp.get_shared()])


def test_equal_quantities_keep_their_own_names():
    with pm.Model() as model:
        b = pm.Normal("b", 0, 1)
        pm.Deterministic("same", b)
        pm.Deterministic("odds", pm.math.exp(b))
        pm.Deterministic("again", pm.math.exp(b))
        pm.Bernoulli("o", logit_p=b * pm.Data("x", X), observed=pm.Data("y", BITS))
    names = ("b", "same", "odds", "again")
    constants, (_, _, _, expand, start, (found, *_), _) = nutpie._functions("m", model, names)
    del constants
    assert set(found) == set(names)
    point = start(0) + 0.3
    values = dict(zip(found, expand(point)[0], strict=True))
    assert values["same"] == values["b"] == pytest.approx(float(point[0]))
    assert values["odds"] == values["again"] == pytest.approx(float(np.exp(point[0])))
