"""What is compiled cheaply works for models of any number of variables."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from pymc.pytensorf import compile

from sbc.plugins.modes import CHEAP


@pytest.mark.parametrize("count", [31, 32, 64, 200])
@pytest.mark.parametrize(("operation", "expected"), [(pt.add, np.sum), (pt.mul, np.prod)])
def test_sums_and_products_of_many_terms_are_evaluated(count, operation, expected):
    terms = [pt.dscalar(f"x{i}") for i in range(count)]
    values = np.random.default_rng(0).normal(size=count)
    assert np.isclose(compile(terms, operation(*terms), mode=CHEAP)(*values), expected(values))


def test_the_density_of_a_model_of_many_variables_is_evaluated():
    with pm.Model() as model:
        total = sum(pm.Normal(f"b_{i}", 0, 1) for i in range(40))
        pm.Normal("y", total, 1, observed=[0.0, 0.0])
    cheap = compile(model.value_vars, [model.logp(), pt.grad(model.logp(), model.value_vars)[0]],
                    mode=CHEAP)  # fmt: skip
    density, slope = cheap(*np.full(40, 0.1))
    # 40 priors at 0.1 and two observations 4 away from 0.
    assert np.isclose(density, -21 * np.log(2 * np.pi) - 40 * 0.005 - 16.0)
    assert np.isclose(slope, -0.1 - 8.0)
