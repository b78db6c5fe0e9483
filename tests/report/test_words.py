import re

import numpy as np
import pytest
from scipy.special import ndtri
from synthetic import calibrated, scaled, shifted

from sbc.report.words import interval, sentence
from sbc.stats.fits import Fits
from sbc.stats.uniformity import uniformity_test


def told(u, z=None, adjusted=None, tests=1):
    z = -ndtri(u) if z is None else z
    truth = np.random.default_rng(0).normal(size=u.size)
    fits = Fits(truth=truth, mean=truth + 0.3 * z, sd=np.full(u.size, 0.3), pit=u)
    test = uniformity_test(u)
    return sentence(fits, test, test.p if adjusted is None else adjusted, tests)


def numbers(text):
    return [float(x) for x in re.findall(r"\d+\.\d+|\d+(?= )", text)]


def test_nothing_is_said_where_nothing_was_found():
    assert told(calibrated(200)) == ""


def test_nothing_is_said_if_the_other_pairs_explain_it():
    u = shifted(0.25, 150)
    assert uniformity_test(u).p < 0.05
    assert told(u, adjusted=0.06) == ""


def test_nothing_is_said_of_too_few_datasets():
    assert told(np.array([0.5])) == ""


@pytest.mark.parametrize(("by", "where", "how"), [(0.5, "left", "high"), (-0.5, "right", "low")])
def test_a_shift_is_told_with_its_direction_and_size(by, where, how):
    text = told(shifted(by, 400))
    assert text.startswith(
        f"Estimates are too {how} by 0.50 (0.40–0.60) posterior sds; the ranks pile up at the "
        f"{where}."
    )
    assert "also" not in text


@pytest.mark.parametrize(
    ("ratio", "start", "between"),
    [(0.7, "The posterior is too narrow: its sd is about 0.7", (0.6, 0.8)),
     (1.5, "The posterior is too wide: its sd is about 1.5", (1.3, 1.7))],
)  # fmt: skip
def test_a_wrong_width_is_told_with_its_size_and_uncertainty(ratio, start, between):
    text = told(scaled(ratio, 400))
    assert text.startswith(start)
    value, low, high = numbers(text)
    assert between[0] < low < value < high < between[1]
    assert "times what it should be" in text


def test_both_faults_are_told_if_there_are_both():
    q = ndtri(calibrated(400))
    from scipy.special import ndtr

    text = told(ndtr(q / 0.5 - 1))
    assert "too narrow" in text
    assert "too high" in text


def test_a_few_wild_fits_do_not_turn_the_direction():
    u = shifted(0.5, 200)
    z = -ndtri(u)
    z[:2] = -300  # the mean of z is now below 0
    text = told(u, z)
    assert text.startswith("Estimates are too high: 69 % (62–75)") or re.match(
        r"Estimates are too high: \d\d \(\d\d–\d\d\) % of truths lie below", text
    )


def test_ranks_that_only_pile_up_at_odd_places_are_told_by_a_share():
    u = (np.arange(300) % 150 + 0.5) / 150
    u = np.where(u < 0.5, u * 0.4, 1 - (1 - u) * 0.4)  # nothing between .2 and .8
    test = uniformity_test(u)._replace(shape="other", p_location=1.0, p_scale=1.0)
    fits = Fits(truth=u, mean=u - ndtri(u), sd=np.ones(u.size), pit=u)
    text = sentence(fits, test, 0.001)
    assert re.search(r"\d+ \(\d+–\d+\) % of them lie below 0\.\d\d instead of \d+ %", text)


@pytest.mark.parametrize(
    ("values", "text"),
    [((0.7, 0.62, 0.79), "0.70 (0.62–0.79)"), ((4.04, 3.78, 4.30), "4.0 (3.8–4.3)"),
     ((62.3, 55.1, 69.0), "62 (55–69)"), ((1.0, 1.0, 1.0), "1.00 (1.00–1.00)")],
)  # fmt: skip
def test_an_interval_has_the_decimals_that_it_carries(values, text):
    assert interval(*values) == text
