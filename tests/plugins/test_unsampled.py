"""What samples, and what is left of a file without it."""

import ast

import pytest

from sbc.plugins.syntax import functions, imported
from sbc.plugins.unsampled import cut, goes_on, samples

IMPORTS = """
import pymc as pm, pymc.sampling.jax as pmj, nutpie, pandas as pd, pymc_extras as pmx
from pymc import sample, Model
from sklearn.linear_model import LinearRegression
"""
KNOWN = imported(ast.parse(IMPORTS))


@pytest.mark.parametrize(
    ("code", "does"),
    [
        ("pm.sample()", True),
        ("idata = sample(100)", True),
        ("with m:\n    t = pm.sample_smc()", True),
        ("pmj.sample_numpyro_nuts()", True),
        ("nutpie.sample(c)", True),
        ("pmx.fit(method='laplace')", True),
        ("df.sample(10)", False),
        ("LinearRegression().fit(X, y)", False),
        ("pm.sample_prior_predictive()", False),
        ("pm.Normal('a')", False),
        ("f()()", False),
    ],
)
def test_samplers_are_told_from_their_namesakes(code, does):
    assert samples(ast.parse(code), KNOWN) is does


def test_a_loop_is_left_with_what_does_not_hang_on_sampling():
    code = """
for s in scales:
    with pm.Model() as m:
        a = pm.Normal("a", 0, s)
        idata = pm.sample()
        results[s] = idata
        b = pm.Deterministic("b", a)
    if idata:
        print(1)
    summary = az.summary(results[s])
    idata = s
    used = idata
"""
    gone: set[str] = set()
    text = ast.unparse(cut(ast.parse(code).body[0], gone, KNOWN, "m"))
    for kept in ("pm.Normal", "pm.Deterministic", "idata = s", "used = idata"):
        assert kept in text
    for lost in ("pm.sample", "results", "summary"):
        assert lost not in text
    assert gone == {"results", "summary"}


@pytest.mark.parametrize(
    ("body", "does"),
    [
        ("with pm.Model(): pm.sample()", False),
        ("with pm.Model(): pm.sample()\n with Model(): pm.sample()", True),
        ("for i in r:\n  with pm.Model(): pm.sample()", True),
        ("for i in r:\n  with pm.Model(): pm.Normal('a')\n pm.sample()", False),
        ("if c:\n  with pm.Model(): return pm.sample()\n with pm.Model(): pm.sample()", False),
        ("if c:\n  with pm.Model(): pm.sample()\n else:\n  with pm.Model(): pm.sample()", False),
        ("m = pm.Model()\n t = pm.sample(model=m)\n m = pm.Model()", True),
    ],
)
def test_a_function_that_states_a_model_after_sampling_one(body, does):
    function = functions(ast.parse(f"def f():\n {body}"))["f"]
    assert goes_on(function, KNOWN) is does
