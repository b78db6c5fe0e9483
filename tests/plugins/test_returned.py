"""What functions of data may return."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sbc.plugins.engine import Draws
from sbc.plugins.errors import UserError
from sbc.plugins.estimates import Estimated, Estimates
from sbc.plugins.returned import is_result, named, read

ONE = {"a": 0}


def fitted(names=("a", "const"), **more):
    """Look like a fit of statsmodels: 2 ± 1 and 3 ± 1."""
    estimates = pd.Series([2.0, 3.0], names)
    ends = pd.DataFrame([[0.0, 4.5], [1.0, 5.0]], names)
    return SimpleNamespace(
        params=estimates,
        bse=pd.Series([1.0, 1.0], names),
        conf_int=lambda alpha: ends,
        **more,
    )


@pytest.mark.parametrize(
    ("given", "ends"),
    [
        ((2.0, 1.0), (2 - 1.959964, 2 + 1.959964)),
        ((2.0, 0.0, 5.0), (0, 5)),
        (Estimated(2.0, se=1.0), (2 - 1.959964, 2 + 1.959964)),
    ],
)
def test_estimates_by_name(given, ends):
    found = read({"a": given, "ignored": None}, ONE)
    assert isinstance(found, Estimates)
    assert found.values["a"].value == 2
    np.testing.assert_allclose(found.values["a"].quantiles((0.025, 0.975)), ends, atol=1e-5)


def test_a_fit_of_statsmodels_as_it_is():
    found = read(fitted(), ONE)
    assert isinstance(found, Estimates)
    low, median, high = found.values["a"].quantiles((0.025, 0.5, 0.975))
    assert (low, median, high) == (0.0, 2.0, 4.5)  # its own interval, not one that is made up
    assert found.values["a"].error == 1.0
    assert np.isinf(found.values["a"].df)
    assert read(fitted(use_t=True, df_resid=7.0), ONE).values["a"].df == 7


def test_real_fits_of_statsmodels_as_they_are():
    ols = pytest.importorskip("statsmodels.api").OLS
    rng = np.random.default_rng(0)
    x = rng.normal(size=30)
    y = x + rng.normal(size=30)
    frame = pd.DataFrame({"slope": x, "const": 1.0})
    found = read(ols(y, frame).fit(), {"slope": 0}).values["slope"]
    by_hand = np.linalg.lstsq(frame.to_numpy(), y)[0][0]
    assert found.value == pytest.approx(by_hand)
    assert found.df == 28
    assert named(ols(y, frame.to_numpy()).fit()) == ["x1", "const"]  # by its own names


def test_a_fit_that_has_not_converged_is_none():
    for unfinished in ({"converged": False}, {"mle_retvals": {"converged": False}}):
        with pytest.raises(RuntimeError, match="not converged"):
            read(fitted(**unfinished), ONE)
    read(fitted(converged=True), ONE)


def test_draws_without_chains_are_independent_and_with_chains_are_not():
    alone = read({"a": np.zeros(30)}, ONE)
    chains = read({"a": np.zeros((2, 30))}, ONE)
    assert isinstance(alone, Draws)
    assert alone.independent
    assert alone.values["a"].shape == (1, 30)
    assert isinstance(chains, Draws)
    assert not chains.independent
    assert chains.values["a"].shape == (2, 30)


def test_vectors_are_told_from_chains_by_the_truth():
    assert read({"a": np.zeros((30, 4))}, {"a": 1}).values["a"].shape == (1, 30, 4)
    assert read({"a": np.zeros((2, 30, 4))}, {"a": 1}).values["a"].shape == (2, 30, 4)
    assert read({"a": np.zeros((30, 24))}, {"a": 1}).values["a"].shape == (1, 30, 24)
    assert read({"a": np.zeros((30, 24))}, {"a": 0}).values["a"].shape == (30, 24)


def test_draws_keep_what_they_say_of_themselves():
    found = read(Draws({"a": np.zeros((2, 30))}, divergences=3, failure="stuck"), ONE)
    assert isinstance(found, Draws)
    assert (found.divergences, found.failure) == (3, "stuck")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"a": "text"}, r"'a' holds str; a function gives"),
        ({"a": (1, 2, 3, 4)}, "a tuple of 4"),
        ({"a": (1.0, -1.0)}, "'a': a standard error is above 0"),
        ({"a": np.zeros((2, 3, 4))}, r"shape \(2, 3, 4\), not \(draws,\) or \(chains, draws\)"),
        ({"a": 3.0}, r"not \(draws,\)"),
        ({"a": np.zeros(0)}, r"have shape \(0,\): a chain has at least 20 draws"),
        ({"a": [2.0, 1.0]}, r"is a tuple, \(estimate, se\)"),  # not two draws
        ({"a": np.array([2.0, 1.0, 3.0])}, r"is a tuple, \(estimate, se\)"),
        ({"a": np.zeros((300, 4))}, r"the shape is \(draws,\) or \(chains, draws\)"),
        ({"a": [[1, 2], [3]]}, "'a' holds list; a"),
        ({"a": np.array([None] * 30)}, "'a' holds ndarray; a"),
        ({}, "gives nothing by any name; a function gives"),
        (Draws({}), "gives nothing by any name"),
        (Draws({"a": np.zeros(30)}, divergences="many"), "'divergences' is how many draws"),  # type: ignore[arg-type]
        (Draws({"a": np.zeros(30)}, divergences=np.nan), "diverged, not nan"),  # type: ignore[arg-type]
        (Draws({"a": np.zeros(30)}, divergences=-1), "diverged, not -1"),
        ({"a": ("2.0", "1.0")}, "'a': an estimate is a number, not str"),
        ({"a": (2.0 + 0j, 1.0)}, "an estimate is a number, not complex"),
        ({"a": (2.0, None)}, "its standard error or an interval"),
        ({"a": (np.nan, 1.0)}, "'a': an estimate is not finite: nan"),
        (3.0, "gives float; a function gives"),
    ],
)
def test_what_cannot_be_used_is_told_with_what_is_allowed(given, told):
    with pytest.raises((TypeError, ValueError), match=told):
        read(given, ONE)


def test_a_count_of_numpy_s_is_a_count():
    found = read(Draws({"a": np.zeros((2, 30))}, divergences=np.int64(3)), ONE)
    assert type(found.divergences) is int  # a database would keep the other as bytes


def test_draws_of_a_truth_value_are_numbers():
    draws = np.arange(30) % 2 == 0
    assert read({"a": draws}, ONE).values["a"].dtype.kind == "i"


def test_a_fit_of_several_equations_is_given_by_name():
    table = SimpleNamespace(
        params=pd.DataFrame(np.zeros((1, 2)), ["a"]),
        bse=pd.DataFrame(np.ones((1, 2)), ["a"]),
        conf_int=lambda alpha: np.zeros((2, 1, 2)),
    )
    with pytest.raises(TypeError, match=r"a table of estimates, \(1, 2\): give them by name"):
        named(table)


def test_a_name_that_is_missing_is_told_with_those_there_are():
    with pytest.raises(
        UserError, match=r"(?s)no parameter called 'beta_XY'.*Did you mean 'beta_YX'"
    ):
        read({"beta_YX": (1, 2)}, {"beta_XY": 0})


def test_estimates_and_draws_do_not_mix():
    with pytest.raises(TypeError, match="'a' is an estimate and 'b' is not"):
        read({"a": (1, 2), "b": np.zeros(30)}, {"a": 0, "b": 0})
    with pytest.raises(ValueError, match="as many chains and draws"):
        read({"a": np.zeros(20), "b": np.zeros(30)}, {"a": 0, "b": 0})


def test_what_is_a_result_is_known_by_its_kind():
    assert all(map(is_result, ({}, Draws({}), fitted())))
    assert not any(map(is_result, (None, 3.0, [1, 2], np.zeros(3))))
