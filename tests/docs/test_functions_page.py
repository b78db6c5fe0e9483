"""The functions of docs/functions.md are those of the examples, and do what the page says."""

from __future__ import annotations

import ast
import importlib.util
import sys

import numpy as np
import pytest
from pages import PAGES, ROOT

from sbc.plugins import registry
from sbc.plugins.engine import Budget
from sbc.stats.diagnostics import diagnose

FILE = ROOT / "docs" / "examples" / "functions.py"
DATA = registry.generator("confound").draw(np.random.default_rng(1), "effects").data
NAMES = {"group", "X", "Y", "Z"}


def function(name):
    made = registry.estimator(f"{FILE}:{name}")
    return lambda seed, **more: made.define(
        **{n: DATA[n] for n in NAMES.intersection(made.arguments)},
        **({"rng": np.random.default_rng(seed)} if "rng" in made.arguments else {}),
        **more,
    )


def test_they_are_those_of_the_file():
    there = {ast.unparse(node) for node in ast.parse(FILE.read_text(encoding="utf-8")).body}
    shown = "\n".join(PAGES["docs/functions.md"].of("python"))
    nodes = ast.parse(shown).body
    assert [node.name for node in nodes] == [
        *("probability", "bootstrap", "compiled", "in_numpyro", "in_stan")
    ]
    assert {ast.unparse(node) for node in nodes} <= there


def test_the_bootstrap_is_as_wide_as_its_estimates_vary():
    draws = function("bootstrap")(1, repeats=300)["beta_XY"]
    more = function("bootstrap")(2, repeats=300)["beta_XY"]
    assert abs(draws.mean() - more.mean()) < 4 * draws.std() * np.sqrt(2 / 300)
    np.testing.assert_array_equal(draws, function("bootstrap")(1, repeats=300)["beta_XY"])


def against_nutpie(draws):
    """Compare with the built-in model; the estimates differ by chance and by beta_ZY, left out."""
    made = registry.engine("nutpie").compile(
        registry.estimator("mundlak"),
        registry.generator("confound"),
        data := registry.estimator("mundlak").select(DATA),
    )
    reference = made.fit(data, Budget(draws=500, chains=2), 1).values["beta_XY"]
    assert abs(draws.mean() - reference.mean()) < 0.6 * reference.std()
    assert 0.7 < draws.std() / reference.std() < 1.4


@pytest.mark.skipif(importlib.util.find_spec("numpyro") is None, reason="needs numpyro")
def test_numpyro_compiles_once_and_samples_what_nutpie_samples():
    call, budget = function("in_numpyro"), Budget(draws=500, tune=300, chains=2)
    found = call(1, budget=budget)
    draws = found.values["beta_XY"]
    assert draws.shape == (2, 500)
    assert diagnose(draws[np.newaxis].astype(float)).rhat[0] < 1.05
    again = call(1, budget=budget).values["beta_XY"]
    np.testing.assert_array_equal(draws, again)
    compiled = sys.modules[registry.estimator(f"{FILE}:in_numpyro").define.__module__].compiled
    assert compiled.cache_info().misses == 1
    assert compiled(2, 300, 500)._cache_size() == 1
    against_nutpie(draws)


@pytest.mark.skipif(
    importlib.util.find_spec("stan") is None or sys.version_info >= (3, 13),
    reason="needs PyStan, whose models load in Python 3.12",
)
def test_stan_samples_what_nutpie_samples():
    found = function("in_stan")(1, budget=Budget(draws=500, tune=300, chains=2))
    assert found.values["beta_XY"].shape == (2, 500)
    against_nutpie(found.values["beta_XY"])
