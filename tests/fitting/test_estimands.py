"""What is estimated, and on which datasets models are tried."""

import numpy as np
import pytest

from sbc.fitting.estimands import is_wanted
from sbc.fitting.options import settings_over
from sbc.fitting.setup import designs, estimator_of
from sbc.plugins.errors import UserError
from sbc.plugins.memory import forget

ORDINARY = "tests/files/ordinary.py"
WORLD = "tests/files/normal_mean.py:normal_world"


def settings(name, **wanted):
    return settings_over(None, {"estimator": name, **wanted})


def test_models_are_tried_on_the_same_two_datasets_each_time():
    made = settings("mundlak")
    one, again = designs(made), designs(made)
    for a, b in zip(one, again, strict=True):
        assert a.keys() == b.keys()
        assert all(np.array_equal(a[name], b[name]) for name in a)
    assert not np.array_equal(one[0]["X"], one[1]["X"])


def test_a_world_that_cannot_draw_is_told(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(
        "from sbc import generator\n"
        "@generator(dims={'y': 'rows'})\n"
        "def world(rng, truth, *, n=5):\n"
        "    return {'y': rng.normal(size=n)}\n"
        "@world.regime\n"
        "def one(rng):\n"
        "    return {'theta': 0.0}\n"
    )
    made = settings(f"{ORDINARY}:returns_a_model", generator=f"{file}:world", set=["n=-1"])
    with pytest.raises(UserError, match="world cannot draw a dataset: negative dimensions"):
        designs(made)


def test_named_estimands_take_the_place_of_the_estimator_s():
    made = settings("mundlak", estimand="tau,z[3]")
    assert estimator_of(made, "mundlak").estimands == ("tau", "z")
    assert estimator_of(settings("mundlak"), "mundlak").estimands == ("beta_XY", "beta_ZY")


def test_what_was_found_is_kept_until_it_is_forgotten():
    made = settings(f"{ORDINARY}:returns_a_model", generator=WORLD)
    one = estimator_of(made, made.estimators[0])
    assert estimator_of(made, made.estimators[0]) is one
    forget()
    assert estimator_of(made, made.estimators[0]) is not one


@pytest.mark.parametrize(
    ("estimand", "wanted"),
    [
        ("z", {"z[0]", "z[1]", "log_likelihood"}),
        ("z[1]", {"z[1]", "log_likelihood"}),
        ("tau,z[0]", {"tau", "z[0]", "log_likelihood"}),
        (None, {"z[0]", "z[1]", "tau", "log_likelihood"}),
    ],
)
def test_elements_are_wanted_by_their_own_name_or_their_vector_s(estimand, wanted):
    made = settings("mundlak", estimand=estimand)
    estimator = estimator_of(made, "mundlak")
    if estimand is None:
        made = settings("mundlak")
    quantities = ["z[0]", "z[1]", "tau", "log_likelihood"]
    kept = {q for q in quantities if is_wanted(made, estimator, q)}
    assert kept - wanted <= {"tau"}  # what is no estimand at all is none of its business
    assert wanted <= kept
