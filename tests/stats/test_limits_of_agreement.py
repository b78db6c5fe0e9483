"""Limits of agreement: by plain arithmetic, by simulation, and for vectors."""

import math

import numpy as np
import pytest

from sbc.stats.agreement import agreement
from sbc.stats.fits import Fits
from sbc.stats.vectors import Elements


def of(mean):
    mean = np.asarray(mean, dtype=float)
    return Fits(np.zeros(mean.size), mean, np.ones(mean.size), np.full(mean.size, 0.5))


def test_by_hand():
    # differences 1, 3, 2, 2: mean 2, squares of deviations 1, 1, 0, 0: variance 2/3
    found = agreement(of([1, 3, 2, 5]), of([0, 0, 0, 3]))
    sd = math.sqrt(2 / 3)
    assert found.mean == pytest.approx((2, sd / 2))
    assert found.sd.value == pytest.approx(sd)
    assert (found.low.value, found.high.value) == pytest.approx((2 - 1.959964 * sd, 3.600304))
    # psi of the sd: (d² − 2/3)/(2 sd) = (1/3, 1/3, −2/3, −2/3)/(2 sd); of the limit: d ± 1.96 psi
    deviations = np.array([-1, 1, 0, 0])
    spread = (deviations**2 - 2 / 3) / (2 * sd)
    for sign, limit in ((-1, found.low), (1, found.high)):
        psi = deviations + sign * 1.959964 * spread
        assert limit.mcse == pytest.approx(np.std(psi, ddof=1) / 2)


def test_errors_of_limits_are_their_spread_and_those_of_bland_and_altman():
    rng = np.random.default_rng(5)
    found = []
    for _ in range(1500):
        common = rng.normal(size=150)
        found.append(agreement(of(common + 0.3 * rng.normal(size=150)), of(common)))
    for k in range(4):
        values, errors = np.array([one[k] for one in found]).T
        assert np.mean(errors) == pytest.approx(np.std(values, ddof=1), rel=0.08)
    assert np.mean([one.high.mcse for one in found]) == pytest.approx(
        0.3 * math.sqrt(3 / 150), rel=0.04
    )
    # as if the luck were not common: that would be √(1 + 1.09) instead of .3
    assert np.mean([one.mean.mcse for one in found]) < 0.3


def test_a_vector_pools_its_elements_and_counts_datasets():
    a, b = of([1, 3, 2, 5]), of([0, 0, 0, 3])
    names = ("p[0]", "p[1]")
    found = agreement(Elements(names, (a, a)), Elements(names, (b, b)))
    for one, other in zip(found, agreement(a, b), strict=True):
        assert one == pytest.approx(other)


def test_one_dataset_agrees_to_an_unknown_degree():
    found = agreement(of([1]), of([0]))
    assert found.mean.value == 1
    assert all(math.isnan(x) for x in (found.mean.mcse, *found.sd, *found.low, *found.high))


def test_a_scalar_is_not_held_against_a_vector():
    with pytest.raises(ValueError, match="scalar"):
        agreement(of([1]), Elements(("p[0]",), (of([1]),)))
