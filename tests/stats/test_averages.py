"""Averages over conditions: by hand, at the two ends of sharing, and held against what varies."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sbc.stats.averages import Condition, average, average_difference
from sbc.stats.fits import Fits
from sbc.stats.vectors import Elements, difference, measure

NUMBERS = np.arange(40)


def fits(errors, sd=1.0):
    errors = np.asarray(errors, float)
    zero, one = np.zeros(errors.size), sd + 0.1 * np.arange(errors.size)
    ends = {p: errors + z * one for p, z in ((0.025, -1.96), (0.975, 1.96))}
    return Fits(zero, errors, one, zero + 0.5, quantiles=ends)


def condition(errors, numbers=None):
    found = fits(errors)
    return Condition(found, np.arange(found.n) if numbers is None else np.asarray(numbers))


def noise(seed, n=40):
    return np.random.default_rng(seed).normal(size=n)


@pytest.mark.parametrize("metric", ["bias", "rmse", "model_se", "coverage", "mse"])
def test_one_condition_is_the_metric_itself(metric):
    options = {"kind": "known"} if metric == "coverage" else {}
    found, alone = (
        average(metric, [condition(noise(1))], **options),
        measure(metric, fits(noise(1)), **options),
    )
    assert found.value == pytest.approx(alone.value)
    # The binomial error of a share divides by n, that of influence values by n - 1.
    assert found.mcse == pytest.approx(alone.mcse, rel=0.02)


def test_the_error_of_two_cells_by_hand():
    # Errors 0, 2 and 1, 5: biases 1 and 3, influence values -1, 1 and -2, 2. Dataset 0 moves the
    # average by (-1 - 2)/2 in units of 1/sqrt(n(n-1)) = 1/sqrt(2): h = -/+ 1.5/sqrt(2), so that
    # the error is sqrt(2 * 2.25/2) = 1.5. Independent cells would have sqrt(1 + 4)/2 = 1.118.
    found = average("bias", [condition([0, 2]), condition([1, 5])])
    assert found.value == pytest.approx(2)
    assert found.mcse == pytest.approx(1.5)
    apart = average("bias", [condition([0, 2]), condition([1, 5], [7, 9])])
    assert apart.mcse == pytest.approx(math.sqrt(5) / 2)
    opposite = average("bias", [condition([0, 2]), condition([3, 1])])
    assert opposite.mcse == pytest.approx(0)


def test_of_roots_the_squares_are_averaged():
    found = average("rmse", [condition([1, -1, 1]), condition([7, -7, 7])])
    assert found.value == pytest.approx(5)  # sqrt((1 + 49)/2)


def test_differences_are_those_of_the_averages_and_exactly_the_paired_ones_of_one_cell():
    a, b = noise(1), 0.5 * noise(1) + noise(2)
    pair = condition(a), condition(b)
    one = average_difference("rmse", [pair])
    assert one == pytest.approx(difference("rmse", fits(a), fits(b)))
    same = average_difference("bias", [pair, pair])
    assert same == pytest.approx(difference("bias", fits(a), fits(b)))  # twice the same is once


def test_vectors_are_pooled_first():
    one, two = fits(noise(1)), fits(noise(2))
    vector = Elements(("p[0]", "p[1]"), (one, two))
    found = average("bias", [Condition(vector, NUMBERS)])
    assert found == pytest.approx(measure("bias", vector))


@pytest.mark.filterwarnings("error")
def test_what_is_not_defined_is_nan_without_a_word():
    assert np.isnan(average("bias", [condition([]), condition([1, 2])]).value)
    lone = average("bias", [condition([3]), condition([1, 2])])
    assert lone.value == pytest.approx(2.25)
    assert np.isnan(lone.mcse)
    assert np.isnan(average("coverage", [condition([]), condition([1, 2])], kind="known").low)


@pytest.mark.parametrize("metric", ["bias", "rmse", "coverage"])
def test_the_error_is_what_the_average_varies_by_and_independence_would_be_wrong(metric):
    rng, times, n, cells = np.random.default_rng(3), 400, 60, 4
    options = {"kind": "known"} if metric == "coverage" else {}
    values, errors, apart = [], [], []
    for _ in range(times):
        common = rng.normal(size=n)
        mine = [condition(0.9**0.5 * common + 0.1**0.5 * rng.normal(size=n)) for _ in range(cells)]
        mine[0] = Condition(mine[0].what.take(np.arange(n) < 30), np.arange(30))  # fewer datasets
        found = average(metric, mine, **options)
        values.append(found.value)
        errors.append(found.mcse)
        alone = [measure(metric, one.what, **options).mcse for one in mine]
        apart.append(np.sqrt(np.sum(np.square(alone))) / cells)
    true = np.std(values)  # known to 1/sqrt(2 * 400) = 3.5 %
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(true, rel=0.14)
    assert np.mean(apart) < 0.75 * true
