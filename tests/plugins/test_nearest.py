"""Did you mean: slips of a typist, endings that were not written, and nothing where nothing is."""

import pytest

from sbc.plugins.errors import unknown
from sbc.plugins.nearest import misspelled, near, slips


@pytest.mark.parametrize(
    ("wrong", "right", "count"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("kitten", "sitting", 3),  # Levenshtein's textbook pair: k/s, e/i, g
        ("ca", "abc", 3),  # the restricted distance; Damerau's own would be 2
        ("mundalk", "mundlak", 1),
        ("coverge", "coverage", 1),
    ],
)
def test_slips_are_counted(wrong, right, count):
    assert slips(wrong, right) == slips(right, wrong) == count


@pytest.mark.parametrize(
    ("wrong", "allowed", "meant"),
    [
        ("coverge", ["converged", "coverage_95"], "coverage_95"),
        ("coverge", ["converged", "coverage"], "coverage"),
        ("beta_YX", ["beta_XX", "beta_XY"], "beta_XY"),
        ("Mu", ["mu", "tau"], "mu"),
        ("mu", ["Mu", "mu"], "mu"),
        ("theta", ["eta[0]", "theta[0]"], "theta[0]"),
        ("thet[0]", ["eta[0]", "theta[0]"], "theta[0]"),
        ("--max", ["--data", "--max-time"], "--max-time"),
        ("--dataset", ["--data", "--datasets"], "--datasets"),
        # and nothing that is as unlike
        ("xyz", ["beta", "sigma"], ""),
        ("a", ["b"], ""),
        ("nu", ["mu"], ""),
        ("", ["mu"], ""),
        ("mu", [], ""),
        ("x" * 100_000, ["mu", "x"], ""),
    ],
)
def test_the_nearest_name_was_meant(wrong, allowed, meant):
    assert near(wrong, allowed) == near(wrong, allowed[::-1]) == meant


def test_an_ending_is_a_hint_and_no_misspelling():
    # of an estimator 'mu_model', 'mu' may well be a quantity
    assert near("beta", ["beta_model"]) == "beta_model"
    assert not misspelled("beta", ["beta_model"])
    assert misspelled("beta_modle", ["beta_model"])


def test_a_message_names_what_was_meant():
    told = unknown("measure", "coverge", {"converged", "coverage_95"}, "in this table").neutral
    assert told == (
        "no measure called 'coverge' in this table. Did you mean 'coverage_95'?\n"
        "  available: converged, coverage_95"
    )
