"""What is wrong with a user's own model is told in a line, before anything is sampled."""

import re

import pytest

from sbc.cli.main import main
from sbc.fitting import preflight
from sbc.fitting.options import settings_over
from sbc.plugins.errors import UserError
from sbc.plugins.memory import forget

ORDINARY = "tests/files/ordinary.py"
PLUGINS = "tests/files/normal_mean.py"
WORLD = f"{PLUGINS}:normal_world"


@pytest.fixture(autouse=True)
def afresh():
    """Forget what other tests have found out of the same functions."""
    forget()


def settings(estimator, **wanted):
    return settings_over(None, {"estimator": estimator, "generator": WORLD, **wanted})


def told(estimator, **wanted):
    with pytest.raises(UserError) as mistake:
        preflight.estimands(settings(estimator, **wanted))
    return str(mistake.value)


MISTAKES = {
    "raises": r"'raises' raises RuntimeError: no such luck \(.*ordinary\.py, line \d+\)",
    "impossible": "'impossible' cannot start: the log probability of 'never' is -inf there",
    "not_a_number": "'not_a_number' cannot start: the log probability of 'root' is nan there",
    "wrong_length": r"'wrong_length' raises ValueError: shape mismatch: .*\(7,\) .*\(8,\).*",
    "asks_too_much": "no array called 'wind' in the data of 'normal_world', for which "
    "'asks_too_much' asks\n  available: y",
    "unseeded": "'unseeded' states a different model each time it is called with the same data; .*",
    "states_nothing": "'states_nothing' states no model: it gives ndarray",
    "observes_nothing": r"estimator 'observes_nothing' observes nothing: no variable .*",
    "has_only_a_vector": "'has_only_a_vector' has no free variable with a truth in "
    "'normal_world'; name what to rank: estimands='NAME,...'\n  free variables: effects",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_an_ordinary_function(name):
    text = told(f"{ORDINARY}:{name}", truth="self" if name == "wrong_length" else None)
    assert re.fullmatch(MISTAKES[name], text), text


@pytest.mark.parametrize("name", MISTAKES)
def test_the_command_line_says_it_in_a_line_and_leaves_no_run(name, tmp_path, capsys):
    command = ["run", "--estimator", f"{ORDINARY}:{name}", "--generator", WORLD]
    assert main([*command, "--datasets", "2", "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("sbc: error: ")
    assert "Traceback" not in said.err
    assert said.err.count("\n") <= 2  # what there is comes on a line of its own
    assert said.out == ""
    assert not (tmp_path / "run").exists()


def test_an_estimand_that_the_model_has_not():
    text = told(f"{PLUGINS}:lacks_its_estimand", truth="self")
    assert text.startswith("no variable to estimate called 'missing' in 'lacks_its_estimand'")
    text = told(f"{ORDINARY}:states_variables", truth="self", estimand="thetta")
    assert "Did you mean 'theta'" in text


def test_an_estimand_that_has_no_truth_in_this_world():
    text = told(f"{ORDINARY}:samples", estimand="tall")
    assert text.startswith("no variable to estimate called 'tall' in 'samples'. Did you mean")
    text = told(f"{ORDINARY}:with_nuisance", estimand="nuisance")
    assert text.startswith("no parameter called 'nuisance' in the truth of 'normal_world'")


def test_elements_beyond_a_vector_s_end():
    text = told(f"{ORDINARY}:has_only_a_vector", truth="self", estimand="effects[3]")
    assert text == (
        "no element 'effects[3]' in 'has_only_a_vector': effects has elements effects[0] to "
        "effects[2]"
    )
    text = told(f"{ORDINARY}:states_variables", truth="self", estimand="theta[0]")
    assert text == "'theta' of 'states_variables' is a number; it has no elements"


def test_what_a_model_prints_is_seen_once_and_not_where_tables_go(capfd):
    preflight.estimands(settings(f"{ORDINARY}:states_variables"))
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.count("a word from the model") == 1


def test_a_model_without_any_mistake_passes():
    name = f"{ORDINARY}:returns_a_model@sd=2"
    assert preflight.estimands(settings(name)) == {name: ["theta"]}


def test_an_option_that_a_built_in_model_refuses():
    text = told("tanks_fixed_sigma@sigma=-1", generator="reedfrogs")
    assert text == ("'tanks_fixed_sigma@sigma=-1' raises ValueError: sigma must be above 0, not -1")
