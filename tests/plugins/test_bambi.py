"""Bambi's models: a formula in, a verdict out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import sbc
from sbc.fitting.options import settings_over
from sbc.fitting.setup import estimator_of
from sbc.plugins import catalogue

bmb = pytest.importorskip("bambi")
pytestmark = pytest.mark.filterwarnings("ignore")  # formulae and Bambi warn of their own code

SMALL = {"draws": 500, "tune": 300, "datasets": 6, "jobs": 2, "progress": False}
FILE = """
import bambi as bmb
import numpy as np
import pandas as pd

rng = np.random.default_rng(1)
df = pd.DataFrame({"x": rng.normal(size=20), "g": np.repeat(list("abcd"), 5)})
df["y"] = df.x + rng.normal(size=20)
df["n"] = rng.poisson(2, size=20)
model = bmb.Model("y ~ x", df)
idata = model.fit()


def counts():
    model = bmb.Model("n ~ x", df, family="poisson")
    model.fit()
    return model
"""


def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    df = pd.DataFrame({"x": rng.normal(size=20), "g": np.repeat(list("abcd"), 5)})
    return df.assign(y=df.x + rng.normal(size=20), z=rng.integers(0, 2, size=20))


@pytest.mark.parametrize("built", [False, True])
def test_a_bambi_model_is_one_line(tmp_path, built):
    model = bmb.Model("y ~ x", data())
    if built:
        model.build()
    found = sbc.run(model, **SMALL, out=tmp_path / "run")
    assert not found.fits["error"].any()
    ranked = {"Intercept", "x", "sigma", "log_likelihood", "log_prior"}
    assert set(found.results["quantity"]) == ranked


@pytest.mark.slow
def test_groups_and_another_family(tmp_path):
    models = {
        "groups": bmb.Model("y ~ x + (1|g)", data()),
        "logit": bmb.Model("z ~ x", data(), family="bernoulli"),
    }
    found = sbc.run(models, **SMALL, target_accept=0.95, out=tmp_path / "run")
    assert not found.fits["error"].any()
    ranked = found.results.groupby("estimator")["quantity"].unique()
    assert {"1|g_sigma", "1|g_offset[a]"} <= set(ranked["groups"])
    assert {"Intercept", "x"} <= set(ranked["logit"])


@pytest.mark.parametrize("name", ["model", "counts"])
def test_a_bambi_model_in_a_file(tmp_path, name):
    file = tmp_path / "formula.py"
    file.write_text(FILE)
    made = settings_over(None, {"estimator": f"{file}:{name}"})
    assert made.generator == catalogue.OWN_DATA
    found = estimator_of(made, made.estimators[0])
    assert {"Intercept", "x"} <= set(found.estimands)
