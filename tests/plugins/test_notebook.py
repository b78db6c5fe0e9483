"""Code as it stands in a notebook, cut down to what one model needs."""

import ast

import pytest

from sbc.plugins.notebook import NotebookModel, models
from sbc.plugins.syntax import exposed

NOTEBOOK = """
import matplotlib.pyplot as plt

rng = np.random.default_rng(1)
plt.hist(X)
centred = X - X.mean()
scale = []
for name in ("a", "b"):
    scale.append(len(name))
means = np.zeros(3)
for g in range(3):
    means[g] = X[G == g].mean()
    with pm.Model():
        pm.Normal("theta")
with pm.Model() as other:
    pm.Normal("y", gone, 1, observed=Y)
with pm.Model() as wanted:
    sd = 10
    theta = pm.Normal("theta", 0, sd * sum(scale) + means[0])
    pm.Normal("y", theta + centred, 1, observed=Y)
    trace = pm.sample()
az.plot_trace(trace)
later = pm.Model(coords={"row": range(3)})
with later:
    pm.Normal("y", 0, 1)
"""


def found(code, name):
    return NotebookModel.find(ast.parse(code), name)


def test_what_is_read_and_never_set_is_an_argument():
    assert found(NOTEBOOK, "wanted").arguments == ("G", "X", "Y")
    assert found(NOTEBOOK, "other").arguments == ("Y", "gone")
    assert found(NOTEBOOK, "later").arguments == ()


def test_only_the_statements_that_the_model_needs_are_kept():
    kept = ast.unparse(found(NOTEBOOK, "wanted").code)
    assert "centred = X - X.mean()" in kept
    assert "for name in" in kept  # it fills a list that the model reads
    assert "means[g] =" in kept
    for left_out in ("plt", "rng", "other", "plot_trace", "later"):
        assert left_out not in kept


def test_models_are_listed_in_their_order_and_others_are_none():
    assert models(ast.parse(NOTEBOOK)) == ["other", "wanted", "later"]
    assert found(NOTEBOOK, "nowhere") is None
    assert models(ast.parse("with open('f') as f:\n    pass")) == []


def test_a_model_that_is_opened_again_is_taken_whole():
    code = "m = pm.Model()\nwith m:\n    a = pm.Normal('a')\nwith m:\n    pm.Normal('y', a, s)"
    assert found(code, "m").arguments == ("s",)
    assert ast.unparse(found(code, "m").code).count("with m") == 2


@pytest.mark.parametrize(
    ("code", "reads", "sets"),
    [
        ("a = b", {"b"}, {"a"}),
        ("a = 1\nb = a", set(), {"a", "b"}),
        ("a += 1", {"a"}, {"a"}),
        ("x = [i * k for i in rows]", {"k", "rows"}, {"x"}),
        ("f = lambda u, *, v=0: u + v + w", {"w"}, {"f"}),
        ("def f(p):\n    q = p\n    return q + r", {"r"}, {"f"}),
        ("class A(B):\n    c = d", {"B", "d"}, {"A"}),
        ("import numpy.random as npr, scipy.stats", set(), {"npr", "scipy"}),
        ("try:\n    a = b\nexcept E:\n    a = c", {"b", "c", "E"}, {"a"}),
        ("if t:\n    a = 1\nelse:\n    b = a", {"t"}, {"a", "b"}),
        ("a[i] = b", {"a", "i", "b"}, set()),
        ("with pm.Model() as m:\n    z = pm.Normal('z')", {"pm"}, {"m", "z"}),
    ],
)
def test_reads_and_sets(code, reads, sets):
    assert exposed(ast.parse(code).body) == (reads, sets)
