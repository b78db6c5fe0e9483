"""A setting is declared once; whatever reads settings knows a new one."""

import argparse
import math
from dataclasses import dataclass

import numpy as np
import pytest

from sbc.cli import options
from sbc.fitting.allowed import validate
from sbc.fitting.options import settings_over
from sbc.plugins.engine import Budget
from sbc.plugins.errors import UserError
from sbc.plugins.setting import declared, setting
from sbc.store.settings import DECLARED, Settings


@dataclass(frozen=True)
class Kept:
    """Made up."""

    count: int = setting(3, "of things", low=2, high=9)
    share: float = setting(
        0.5, "of them", option="part", low=0, high=1, inside=True, bounds="lie between 0 and 1"
    )
    names: tuple[str, ...] = setting(("a",), "what they are called")
    other: int = 1


def test_a_declaration_says_all_there_is_to_know():
    found = declared(Kept)
    assert list(found) == ["count", "share", "names"]
    assert (found["count"].kind, found["count"].default, found["count"].flag) == (int, 3, "--count")
    assert (found["share"].kind, found["share"].flag) == (float, "--part")
    assert found["names"].kind is tuple
    assert Kept() == Kept(3, 0.5, ("a",), 1)


@pytest.mark.parametrize("value", [2, 9])
def test_bounds_belong_to_what_is_allowed(value):
    declared(Kept)["count"].check(value)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("count", 1, "count must be at least 2, not 1"),
        ("count", 10, "count must be at most 9, not 10"),
        ("count", 2.5, "count takes a whole number, not 2.5"),
        ("count", True, "count takes a whole number, not True"),
        ("count", "3", "count takes a whole number, not '3'"),
        ("count", -(2**63), "count must be at least 2, not -9223372036854775808"),
        ("share", 0, "part must lie between 0 and 1, not 0"),
        ("share", 1.0, "part must lie between 0 and 1, not 1"),
        ("share", math.nan, "part must lie between 0 and 1, not nan"),
        ("share", None, "part takes a number, not None"),
    ],
)
def test_what_is_beyond_them_is_refused(name, value, told):
    with pytest.raises(UserError) as mistake:
        declared(Kept)[name].check(value)
    assert str(mistake.value) == told


def test_the_command_line_offers_every_setting_of_a_fit():
    parser = argparse.ArgumentParser()
    options.declare_settings(parser)
    offered = {flag for action in parser._actions for flag in action.option_strings}
    assert offered - {"-h", "--help"} == {
        found.flag for found in DECLARED.values() if found.name != "datasets"
    }
    chosen = vars(parser.parse_args(["--draws", "30", "--set", "n_rows=40", "--set", "sd_U=0"]))
    settings = settings_over(None, chosen)
    assert settings.budget == Budget(draws=30)
    assert settings.parameters == {"n_rows": 40, "sd_U": 0.0}
    assert settings_over(None, {}) == Settings(truth="effects")


def test_numpy_s_numbers_are_numbers():
    asked = {"draws": np.int64(30), "target_accept": np.float32(0.5), "datasets": np.int8(4)}
    settings = settings_over(None, asked)
    assert (settings.budget, settings.datasets) == (Budget(draws=30, target_accept=0.5), 4)
    validate(settings)
    assert Settings.from_json(settings.to_json()) == settings
