"""How many datasets for which error: published numbers, and the errors that studies then have."""

import math

import numpy as np
import pytest

from sbc.stats import metrics
from sbc.stats.fits import Fits
from sbc.stats.how_many import datasets_for, scaled


def test_numbers_of_morris_white_and_crowther():
    # Section 5.3: with coverage 95 % and an error of .5 %, 1900 datasets; at 50 %, 10 000
    assert datasets_for("coverage", 0.005, level=0.95).datasets == 1900
    assert "10000 if coverage were 50 %" in datasets_for("coverage", 0.005, level=0.95).why
    # Section 7.3: var(estimate) ≤ .2 and an error of the bias below .005: .2/.005² = 8000
    assert datasets_for("bias", 0.005, spread=math.sqrt(0.2)).datasets == 8000


@pytest.mark.parametrize(
    "metric", ["bias", "median_bias", "empirical_se", "rmse", "mse", "bias_sd", "z_sd"]
)
def test_a_study_of_that_size_has_that_error(metric):
    rng = np.random.default_rng(3)
    error = 0.05
    n = datasets_for(metric, error, spread=0.7).datasets
    found = []
    for _ in range(300):
        e = 0.7 * rng.normal(size=n)
        found.append(metrics.METRICS[metric](Fits(0 * e, e, 0 * e + 0.7, 0 * e + 0.5)).value)
    assert np.std(found, ddof=1) == pytest.approx(error, rel=0.15)
    assert datasets_for(metric, 2 * error, spread=0.7).datasets < 0.3 * n


def test_what_depends_on_the_unknown_is_not_told():
    assert datasets_for("bias", 0.1) is None
    assert datasets_for("contraction", 0.1, spread=1.0) is None


def test_a_pilot_says_how_errors_shrink():
    assert scaled(100, 0.03, 0.01).datasets == 900
    assert scaled(100, math.inf, 0.01) is None
