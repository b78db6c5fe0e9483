"""Data held against what the generator declared and the estimator asks for."""

import numpy as np
import pytest

from sbc.plugins import catalogue, registry
from sbc.plugins.errors import UserError
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.plugins.validate import check_arguments, check_data

WORLD = Generator(
    name="world",
    simulate=lambda rng, truth: {},
    sizes={},
    dims={"group": "rows", "X": "rows", "Z": "groups"},
    indexes={"group": "groups"},
    features={},
    uniform_ranks={},
)


def data(**changes):
    """Give four rows in three groups, the last of which is empty."""
    good = {
        "group": np.array([0, 1, 1, 0]),
        "X": np.array([0.5, -1.0, 2.0, 0.0]),
        "Z": np.array([1.0, 2.0, 3.0]),
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def asks(*arguments, **derived):
    return Estimator("asks", lambda: None, arguments, ("b",), derived)


def test_good_data_are_taken():
    check_data(WORLD, data())
    check_data(WORLD, data(group=np.array([2, 1, 1, 0], dtype=np.uint8)))
    check_data(WORLD, data(X=np.array([True, False, True, True])))
    check_data(WORLD, data(X=[0.5, 1, 2, 3], group=[0, 1, 2, 0]))
    check_data(WORLD, data(group=np.array([], dtype=int), X=np.array([])))


@pytest.mark.parametrize("regime", registry.generator("confound").regimes)
def test_what_the_generator_makes_is_taken(regime):
    generator = registry.generator("confound")
    check_data(generator, generator.draw(np.random.default_rng(1), regime).data)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"X": np.array([0, np.nan, 0, 0])}, "'X' holds values that are not finite"),
        ({"X": np.array([0, np.inf, 0, 0])}, "'X' holds values that are not finite"),
        ({"Z": np.array(["a", "b", "c"])}, "'Z' holds <U1, not numbers"),
        ({"Z": np.array([1, None, 3])}, "'Z' holds object, not numbers"),
        ({"Z": np.array([1, 2, 3j])}, "'Z' holds complex128, not numbers"),
        ({"X": np.zeros(3)}, "'X' has 3 rows, but 'group' has 4"),
        ({"Z": np.float64(1.0)}, "'Z' is a single number, not one for each of the groups"),
        ({"group": np.array([0, 1, 3, 0])}, r"'group' must lie in 0\.\.2"),
        ({"group": np.array([0, -1, 1, 0])}, r"'group' must lie in 0\.\.2"),
        ({"group": np.array([0.0, 1.0, 1.0, 0.0])}, "'group' must hold whole numbers"),
        ({"group": np.array([True, False, True, True])}, "'group' must hold whole numbers"),
        ({"group": None}, "'group' numbers the groups, and one of the two is missing"),
        ({"Z": None}, "'group' numbers the groups, and one of the two is missing"),
        ({"W": np.array([np.nan])}, "'W' holds values that are not finite"),
        ({"W": "text"}, "'W' holds <U4, not numbers"),
    ],
)
def test_bad_data_are_refused_by_name(changes, told):
    with pytest.raises(ValueError, match=told):
        check_data(WORLD, data(**changes))


def test_an_estimator_whose_arrays_are_there_is_taken():
    check_arguments(asks("X", "group"), WORLD, data())
    check_arguments(asks("X", "Xbar", Xbar=lambda d: d["X"].mean()), WORLD, data())
    check_arguments(asks(), WORLD, data())


def test_an_estimator_that_asks_for_more_is_told_what_there_is():
    with pytest.raises(UserError) as told:
        check_arguments(asks("X", "groups"), WORLD, data())
    first, second = str(told.value).split("\n")
    assert first == (
        "no array called 'groups' in the data of 'world', for which 'asks' asks. "
        "Did you mean 'group'?"
    )
    assert second == "  available: X, Z, group"


@pytest.mark.parametrize("estimator", catalogue.names("estimator"))
def test_every_built_in_estimator_fits_a_generator(estimator):
    found, judged = registry.estimator(estimator), []
    for world in catalogue.names("generator"):
        if registry.feeds(world, estimator):
            generator = registry.generator(world)
            drawn = generator.draw(np.random.default_rng(1), next(iter(generator.regimes)))
            check_arguments(found, generator, drawn.data)
            assert tuple(found.select(drawn.data)) == found.arguments
            judged.append(set(found.estimands) <= drawn.truth.keys())
    assert any(judged)
