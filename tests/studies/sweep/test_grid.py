"""Grids as users write them, and as run.json holds them."""

import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as st

from sbc.plugins.errors import UserError
from sbc.studies.sweep.asked import parse_grid
from sbc.studies.sweep.grid import Grid

quick = of_hypothesis(deadline=None, max_examples=50)
numbers = st.decimals(0, 50, places=2)


@pytest.fixture(scope="module")
def settings():
    from synthetic import SETTINGS

    return SETTINGS


def parsed(settings, *texts):
    return parse_grid(texts, settings).vary


def test_a_list_and_a_range_are_read_as_they_stand(settings):
    assert parsed(settings, "sd_U=0:3:0.5", "rows_per_group=2,5,10,30") == {
        "sd_U": (0, 0.5, 1, 1.5, 2, 2.5, 3),
        "rows_per_group": (2, 5, 10, 30),
    }
    assert parsed(settings, "n_groups=3:6") == {"n_groups": (3, 4, 5, 6)}


def test_the_cells_are_numbered_with_the_last_parameter_fastest(settings):
    grid = parse_grid(["sd_U=0,1", "n_groups=5,6"], settings)
    assert grid.cells[:3] == [
        {"sd_U": 0, "n_groups": 5},
        {"sd_U": 0, "n_groups": 6},
        {"sd_U": 1, "n_groups": 5},
    ]
    assert grid.settings(settings, 2).parameters == {"sd_U": 1.0, "n_groups": 5}


@quick
@given(values=st.lists(numbers, min_size=1, max_size=12, unique=True))
def test_a_list_holds_its_values_sorted(settings, values):
    text = ",".join(map(str, values))
    assert parsed(settings, f"sd_U={text}") == {"sd_U": tuple(sorted(map(float, values)))}


@quick
@given(first=numbers, step=st.decimals("0.01", 5, places=2), count=st.integers(0, 60))
def test_a_range_holds_both_ends_and_equal_steps(settings, first, step, count):
    last = first + count * step
    (values,) = parsed(settings, f"sd_U={first}:{last}:{step}").values()
    assert values == tuple(float(first + i * step) for i in range(count + 1))


@quick
@given(first=numbers, step=st.decimals("0.01", 5, places=2), count=st.integers(0, 60))
def test_a_range_never_passes_its_end(settings, first, step, count):
    last = first + count * step + step / Decimal(2)
    (values,) = parsed(settings, f"sd_U={first}:{last}:{step}").values()
    assert len(values) == count + 1
    assert values[-1] <= last


@quick
@given(
    st.dictionaries(
        st.text(min_size=1),
        st.lists(st.integers(-9, 9) | st.floats(-9, 9), min_size=1, max_size=5),
        min_size=1,
        max_size=3,
    )
)
def test_a_grid_is_read_back_as_it_was_written(vary):
    grid = Grid({name: tuple(values) for name, values in vary.items()})
    assert Grid.from_json(grid.to_json()) == grid


@quick
@given(st.text(max_size=20))
def test_any_text_is_a_grid_or_a_user_s_mistake(settings, text):
    with contextlib.suppress(UserError):
        assert all(value >= 0 for value in parsed(settings, f"sd_U={text}")["sd_U"])


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ([], "a sweep varies something"),
        (["sd_U"], "NAME=VALUES"),
        (["row_per_group=1,2"], "Did you mean 'rows_per_group'"),
        (["sd_U=1,2", "sd_U=3"], "twice"),
        (["sd_U=1,1.0"], "twice"),
        (["sd_U=3:1"], "FIRST:LAST:STEP"),
        (["sd_U=0:1:0"], "FIRST:LAST:STEP"),
        (["sd_U=0:1:1:1"], "FIRST:LAST:STEP"),
        (["sd_U=nan:1"], "FIRST:LAST:STEP"),
        (["sd_U=0:inf"], "FIRST:LAST:STEP"),
        (["sd_U=0:1:inf"], "FIRST:LAST:STEP"),
        (["n_rows=1.5"], "vary n_rows takes a whole number"),
        (["n_rows=0:3"], "≥ 1"),
        (["sd_U=0:1000:0.001"], "1,001 cells"),
        (["sd_U=0:9", "n_rows=1:20", "n_groups=2:7"], "1,200 cells"),
    ],
)
def test_what_is_no_grid_is_told(settings, texts, told):
    with pytest.raises(UserError, match=told.replace("≥", ".")):
        parse_grid(texts, settings)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"a": []},
        {"a": ["1"]},
        {"a": [True]},
        {"a": [float("nan")]},
        {"a": list(range(40)), "b": list(range(40))},
    ],
)
def test_what_run_json_cannot_hold_is_refused(values):
    with pytest.raises(ValueError, match="not the grid"):
        Grid.from_json({"vary": values})


@pytest.mark.parametrize(
    "more",
    [
        {"kinds": {"b": "truth"}},
        {"kinds": {"a": "truth"}},
        {"kinds": {"a": "budget"}},
        {"kinds": {"a": "option"}},
        {"kinds": {"a": "nothing"}},
        {"kinds": 3},
        {"vary": {"truth": [1]}, "kinds": {"truth": "truth"}},
        {"vary": {"draws": ["x"]}, "kinds": {"draws": "budget"}},
        {"vary": {"a": [10**400]}},
        {"cells": [[3]]},
        {"cells": [[1, 2]]},
        {"cells": [1]},
    ],
)
def test_nor_factors_or_cells_that_are_none(more):
    with pytest.raises((ValueError, TypeError)):
        Grid.from_json({"vary": {"a": [1, 2]}} | more)


def test_other_factors_and_single_cells_are_read_back():
    vary = {"n": (1, 2), "truth": ("a", "b"), "m@o": (True, False), "draws": (20, 40)}
    kinds = {"truth": "truth", "m@o": "option", "draws": "budget"}
    for chosen in ((), ((1, "b", True, 40), (2, "a", False, 20))):
        grid = Grid(vary, kinds, chosen)
        assert Grid.from_json(json.loads(json.dumps(grid.to_json()))) == grid
    assert len(Grid(vary, kinds).cells) == 16
