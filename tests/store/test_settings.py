"""Settings: written and read, held against one another, and refused in the user's words."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as quickly
from hypothesis import strategies as st

from sbc.fitting.allowed import expects_uniform, validate
from sbc.fitting.options import parameter, settings_over
from sbc.plugins import catalogue, registry
from sbc.plugins.engine import Budget
from sbc.plugins.errors import UserError
from sbc.store.settings import Settings, write_value

names = st.lists(st.text(), min_size=1, max_size=3).map(tuple)
finite = st.floats(allow_nan=False, allow_infinity=False)
arbitrary = st.builds(
    Settings,
    generator=st.text(),
    truth=st.text(),
    estimators=names,
    engines=names,
    datasets=st.integers(),
    seed=st.integers(),
    budget=st.builds(Budget, st.integers(), st.integers(), st.integers(), finite),
    parameters=st.dictionaries(st.text(), st.integers() | finite, max_size=3),
)


@quickly(deadline=None, max_examples=100)
@given(arbitrary)
def test_settings_survive_a_trip_through_json(one):
    assert Settings.from_json(json.loads(json.dumps(one.to_json()))) == one


@pytest.mark.parametrize(
    "change",
    [
        {"estimators": "naive"},
        {"estimators": {"naive": 1}},
        {"engines": None},
        {"generator": 3},
        {"datasets": "200"},
        {"datasets": 2.5},
        {"datasets": True},
        {"seed": None},
        {"budget": {"draws": 100}},
        {"budget": {"draws": "x", "tune": 1, "chains": 1, "target_accept": 0.8}},
        {"budget": {"draws": 1, "tune": 1, "chains": 1, "target_accept": "high"}},
        {"budget": []},
        {"parameters": {"n_rows": "many"}},
        {"parameters": []},
        {"colour": "red"},
    ],
)
def test_settings_of_other_types_are_not_read(new_settings, change):
    with pytest.raises((KeyError, TypeError, ValueError)):
        Settings.from_json({**new_settings().to_json(), **change})


@pytest.mark.parametrize("name", ["generator", "estimators", "budget", "parameters"])
def test_settings_with_something_missing_are_not_read(new_settings, name):
    values = new_settings().to_json()
    del values[name]
    with pytest.raises((KeyError, TypeError, ValueError)):
        Settings.from_json(values)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"generator": "other"}, "generator = confound, not other"),
        ({"truth": "fixed"}, "truth = effects, not fixed"),
        ({"estimators": ("naive", "mundlak")}, "estimators = naive, not naive, mundlak"),
        ({"engines": ("pymc",)}, "engines = nutpie, not pymc"),
        ({"seed": 2}, "seed = 1, not 2"),
        ({"budget": Budget(100, 200, 2, 0.8)}, "tune = 100, not 200"),
        ({"budget": Budget(100, 100, 2, 0.9)}, r"target_accept = 0\.8, not 0\.9"),
        ({"parameters": {"n_rows": 3}}, "parameters = none, not n_rows=3"),
        ({"datasets": 2}, "has 3 datasets already, not 2"),
    ],
)
def test_a_run_does_not_go_on_under_other_settings(new_settings, change, told):
    with pytest.raises(UserError, match=told):
        new_settings().check_same(new_settings(**change), "folder")


def test_a_run_goes_on_under_the_same_settings_and_more_datasets(new_settings):
    made = new_settings(parameters={"n_rows": 50})
    made.check_same(replace(made), "folder")
    made.check_same(replace(made, datasets=4), "folder")
    with pytest.raises(UserError):
        replace(made, datasets=4).check_same(made, "folder")


@pytest.mark.parametrize("estimator", catalogue.names("estimator"))
def test_uniform_ranks_are_expected_where_the_truth_comes_from_the_model(new_settings, estimator):
    def expected(truth):
        return expects_uniform(new_settings(truth=truth), estimator)

    assert expected("self")
    assert not expected("effects")
    assert not expected("fixed")
    assert expected("prior") == (estimator in registry.generator("confound").uniform_ranks["prior"])


@pytest.mark.parametrize("truth", registry.generator("confound").regimes)
def test_valid_settings_are_taken_in_every_regime(new_settings, truth):
    validate(new_settings(truth=truth, parameters={"n_groups": 5}, seed=2**63 - 1))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"generator": "confond"}, "no generator called 'confond'. Did you mean 'confound'"),
        ({"estimators": ("naiv",)}, "no estimator called 'naiv'. Did you mean 'naive'"),
        ({"engines": ("nutpi",)}, "no engine called 'nutpi'. Did you mean 'nutpie'"),
        ({"estimators": ()}, "no estimator named"),
        ({"engines": ()}, "no engine named"),
        ({"estimators": ("naive", "naive")}, "an estimator is named twice: naive, naive"),
        ({"engines": ("pymc", "pymc")}, "an engine is named twice"),
        ({"truth": "efects"}, "no truth regime called 'efects' in confound. Did you mean"),
        ({"truth": ""}, "no truth regime called ''"),
        ({"parameters": {"n_row": 3}}, "no parameter called 'n_row' in confound with truth="),
        ({"truth": "prior", "parameters": {"sd_U": 1.0}}, "no parameter called 'sd_U'"),
        ({"datasets": 0}, "datasets must be at least 1, not 0"),
        ({"datasets": -5}, "datasets must be at least 1, not -5"),
        ({"budget": Budget(19, 100, 2, 0.8)}, "draws must be at least 20, not 19"),
        ({"budget": Budget(20, 0, 2, 0.8)}, "tune must be at least 1, not 0"),
        ({"budget": Budget(20, 1, 0, 0.8)}, "chains must be at least 1, not 0"),
        ({"budget": Budget(20, 1, 1, 0.0)}, "target_accept must lie between 0 and 1, not 0"),
        ({"budget": Budget(20, 1, 1, 1.0)}, "target_accept must lie between 0 and 1, not 1"),
        ({"budget": Budget(20, 1, 1, math.nan)}, "target_accept .* not nan"),
        ({"seed": -1}, "seed must lie between 0 and"),
        ({"seed": 2**63}, "seed must lie between 0 and"),
    ],
)
def test_invalid_settings_are_refused_in_the_user_s_words(new_settings, change, told):
    with pytest.raises(UserError, match=told):
        validate(new_settings(**change))


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("n_rows=50", ("n_rows", 50)),
        ("n_groups=1", ("n_groups", 1)),
        ("sd_U=0", ("sd_U", 0.0)),
        ("alpha=-3", ("alpha", -3.0)),
        ("sd_Z=1e-3", ("sd_Z", 0.001)),
    ],
)
def test_a_parameter_is_read_with_the_type_of_its_default(text, parsed):
    name, _, written = text.partition("=")
    for value in (written, parsed[1]):  # as the command line has it, and as Python does
        found = parameter(name, value, "confound", "effects")
        assert (name, found) == parsed
        assert type(found) is type(parsed[1])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("n_rows", "parameter takes NAME=VALUE, not 'n_rows'"),
        ("", "parameter takes NAME=VALUE"),
        ("=3", "no parameter called ''"),
        ("n_row=3", "Did you mean 'n_rows'"),
        ("n_rows=many", "parameter n_rows takes a whole number, not 'many'"),
        ("n_rows=1.5", "parameter n_rows takes a whole number, not '1.5'"),
        ("n_rows=", "parameter n_rows takes a whole number, not ''"),
        ("n_rows=0", "parameter n_rows must be a finite number ≥ 1, not 0"),
        ("sd_U=wide", "parameter sd_U takes a number, not 'wide'"),
        ("sd_U=-1", "parameter sd_U must be a finite number ≥ 0, not -1"),
        ("sd_U=nan", "parameter sd_U must be a finite number"),
        ("alpha=inf", "parameter alpha must be a finite number"),
    ],
)
def test_a_parameter_that_will_not_do_is_refused(text, told):
    with pytest.raises(UserError, match=told):
        settings_over(None, {"set": [text]})


def test_a_parameter_of_a_regime_that_is_not_there_is_refused():
    with pytest.raises(UserError, match="no truth regime called 'efects'"):
        settings_over(None, {"set": ["n_rows=3"], "truth": "efects"})


@pytest.mark.parametrize("default", ["None", "'steep'", "True", "()", "('a', 'b')", "[1, 2]"])
def test_a_parameter_that_is_no_number_cannot_be_set(tmp_path, default):
    file = tmp_path / "own.py"
    file.write_text(
        "from sbc import generator\n"
        "@generator(dims={})\n"
        f"def world(rng, truth, *, shape={default}): ...\n"
        "@world.regime\n"
        "def one(rng): ...\n"
    )
    with pytest.raises(UserError, match="shape is not a number in world"):
        parameter("shape", "1", f"{file}:world", "one")


@pytest.mark.parametrize(
    ("text", "value"), [("densities=10,25,35", (10, 25, 35)), ("densities=7", (7,))]
)
def test_a_parameter_of_several_numbers_is_read_and_written_back(new_settings, text, value):
    for asked in (text.partition("=")[2], value, list(value), np.array(value)):
        assert parameter("densities", asked, "reedfrogs", "prior") == value
    assert f"densities={write_value(value)}" == text
    settings = new_settings(generator="reedfrogs", parameters={"densities": value})
    read = Settings.from_json(json.loads(json.dumps(settings.to_json())))
    assert read == settings
    assert read.parameters["densities"] == value  # a tuple again, as the generator's default is


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("densities=10,many", "parameter densities takes a whole number, not 'many'"),
        ("densities=10,", "parameter densities takes a whole number, not ''"),
        ("densities=10,0", "parameter densities must be a finite number ≥ 1, not 0"),
    ],
)
def test_a_parameter_of_several_numbers_that_will_not_do_is_refused(text, told):
    with pytest.raises(UserError, match=told):
        settings_over(None, {"generator": "reedfrogs", "set": [text]})


@pytest.mark.parametrize("value", [["ten"], [None], [True], [[10]]])
def test_several_values_that_are_no_numbers_are_no_settings(new_settings, value):
    with pytest.raises(ValueError, match="densities cannot be"):
        Settings.from_json({**new_settings().to_json(), "parameters": {"densities": value}})


@pytest.mark.parametrize("name", catalogue.names("generator"))
def test_defaults_keep_to_the_bounds_that_a_generator_declares(name):
    made = registry.generator(name)
    settable = {
        n: (v, regime) for regime in made.regimes for n, v in made.parameters(regime).items()
    }
    assert made.bounds.keys() <= settable.keys()
    for parameter_name, (default, regime) in settable.items():
        assert parameter(parameter_name, default, name, regime) == default
        assert parameter(parameter_name, write_value(default), name, regime) == default


def test_no_rule_hangs_on_a_parameters_name(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(
        "from sbc import generator\n"
        "@generator(dims={}, bounds={'share': (0, 1)})\n"
        "def world(rng, truth, *, sd_of=1.0, n=3, share=0.5): ...\n"
        "@world.regime\n"
        "def one(rng): ...\n"
    )
    spec = f"{file}:world"
    assert parameter("sd_of", "-1", spec, "one") == -1.0
    assert parameter("n", -2, spec, "one") == -2
    with pytest.raises(UserError, match="share must be a finite number between 0 and 1, not 2"):
        parameter("share", "2", spec, "one")
