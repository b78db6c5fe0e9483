"""Every distribution that PyMC has, found by looking, on the path that a user's model takes."""

from __future__ import annotations

import importlib.util
import inspect

import numpy as np
import pymc as pm
import pytest
from files.distributions import ARGUMENTS

from sbc.fitting.engine_choice import settled
from sbc.fitting.fit import Task, fit
from sbc.fitting.options import settings_over
from sbc.fitting.preflight import estimands
from sbc.fitting.setup import draw_dataset, estimator_of
from sbc.plugins.errors import UserError
from sbc.store.rows import ERROR

# PyMC and PyTensor warn of their own code: of casts, of moved functions, of a missing BLAS.
pytestmark = pytest.mark.filterwarnings("ignore")

FILE = "tests/files/distributions.py"
PUBLIC = [
    name
    for name in pm.distributions.__all__
    if inspect.isclass(getattr(pm.distributions, name)) and name != "Lognormal"  # LogNormal
]
#: Base classes, of which there is no variable.
BASES = {"Continuous", "Discrete", "Distribution", "SymbolicRandomVariable"}
#: What cannot be observed where the model supplies the data, and a word of what sbc says of it.
NOT_OBSERVED = {
    "Simulator": "pm.Simulator",
    "Flat": "cannot be drawn from",
    "HalfFlat": "cannot be drawn from",
    "ICAR": "cannot be drawn from",
}
NOT_FREE = {"Flat": "pm.Flat", "HalfFlat": "pm.HalfFlat", "DiracDelta": "pm.DiracDelta"}
#: What needs a package that PyMC does not bring.
MISSING = [] if importlib.util.find_spec("polyagamma") else ["PolyaGamma"]
OBSERVED = sorted(ARGUMENTS.keys() - NOT_OBSERVED.keys() - {*MISSING})
FREE = sorted(ARGUMENTS.keys() - NOT_FREE.keys() - {*MISSING})


def settings(kind: str, dist: str):
    named = f"{FILE}:{kind}" + ("" if dist == "Normal" else f"@dist={dist}")
    return settings_over(None, {"estimator": named, "draws": 200, "tune": 200, "chains": 2})


def test_every_public_distribution_is_looked_at():
    assert set(PUBLIC) - BASES - {"Simulator"} == ARGUMENTS.keys()


@pytest.mark.parametrize("dist", OBSERVED)
def test_an_observed_distribution_has_the_density_that_pymc_says(dist):
    check("observed", dist)


@pytest.mark.parametrize("dist", FREE)
def test_a_free_distribution_has_the_density_that_pymc_says(dist):
    check("free", dist)


def check(kind: str, dist: str) -> None:
    """Resolving a user's model compares its density with PyMC's and draws from it."""
    made = settings(kind, dist)
    assert estimands(made)
    found = estimator_of(made, made.estimators[0])
    assert not found.anew, found.lines
    drawn = draw_dataset(made, 0, made.estimators[0])
    for values in (*drawn.truth.values(), *drawn.data.values()):
        assert np.isfinite(values).all()


@pytest.mark.parametrize(
    ("kind", "dist", "word"),
    [("observed", d, w) for d, w in NOT_OBSERVED.items() if d in ARGUMENTS]
    + [("free", d, w) for d, w in NOT_FREE.items()]
    + [(kind, d, "package is not installed") for kind in ("observed", "free") for d in MISSING],
)
def test_what_cannot_be_is_refused_by_name(kind, dist, word):
    made = settings(kind, dist)
    with pytest.raises(UserError, match=word):
        estimands(made)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "dist"), [*(("observed", d) for d in OBSERVED), *(("free", d) for d in FREE)]
)
def test_a_model_with_this_distribution_is_fitted(kind, dist):
    made = settled(settings(kind, dist), named=False)
    row = fit(Task(made, made.estimators[0], made.engines[0], 0))
    assert row.status != ERROR, row.error
    assert row.results
    for result in row.results:
        assert np.isfinite([result.truth, result.mean, result.sd]).all()
