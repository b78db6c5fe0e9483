"""Files as people leave them: what a name in them means, whatever is done around it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pymc as pm
import pytest

from sbc.fitting.options import settings_over
from sbc.fitting.setup import estimator_of
from sbc.plugins import registry
from sbc.plugins.errors import UserError
from sbc.plugins.userfile import LEFT_OUT, load

# Older ArviZ warns of its own code on import.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")

STUDY = "tests/files/study.py"
#: Name to the sd of the prior of `a` in the model that it means.
MODELS = {
    "from_helper": 3.0,
    "sampled_by_helper": 4.0,
    "by_attribute": 5.0,
    "study.model": 5.0,
    "seen": 6.0,
    "copied": 6.0,
    "looped": 7.0,
    "branched": 8.0,
    "predicted_later": 9.0,
    "stated_twice": 10.0,
    "looks_first": 11.0,
    "by_nutpie": 12.0,
    "by_variational_inference": 13.0,
    "either_way": 14.0,
    "either_way@centred=false": 15.0,
    "shortened": 16.0,
    "unnamed": 17.0,
}


def stated(name: str, file: str = STUDY) -> pm.Model:
    made = settings_over(None, {"estimator": f"{file}:{name}", "truth": "self"})
    found = estimator_of(made, made.estimators[0])
    model, _ = found.as_written({})
    return model


@pytest.mark.parametrize("name", MODELS)
def test_a_name_means_the_model_that_it_holds_when_that_is_sampled(name):
    model = stated(name)
    assert model["a"].owner.inputs[-1].eval() == MODELS[name]
    assert [rv.name for rv in model.observed_RVs] == ["y"]
    assert model.rvs_to_values[model["y"]].eval().shape == (12,)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("after", "cannot be stated without sampling"),
        ("uses_what_was_sampled", "'weight', which its file computes by sampling"),
        ("states_two", "samples a model and then states another"),
        ("number", "'number' states no model: it gives int"),
    ],
)
def test_what_cannot_be_meant_is_told(name, told):
    with pytest.raises(UserError, match=told):
        stated(name)


def test_an_argument_that_nobody_gives_is_told_without_a_world_that_nobody_named():
    with pytest.raises(
        UserError, match=r"'asks' takes 'other', and nothing supplies it: .*data='FILE.csv'"
    ):
        estimator_of(settings_over(None, {"estimator": f"{STUDY}:asks"}), f"{STUDY}:asks")


def test_numbers_that_nobody_seeds_are_the_same_in_every_process():
    code = (
        "from tests.plugins.test_userfile import stated; "
        "m = stated('seen'); print(m.rvs_to_values[m['y']].eval().tolist())"
    )
    run = [sys.executable, "-W", "ignore", "-c", code]
    told = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    here = stated("seen")
    there = np.array(json.loads(told))
    np.testing.assert_array_equal(here.rvs_to_values[here["y"]].eval(), there)


def test_samplers_are_as_they_were_afterwards():
    sampler, prior, enter = pm.sample, pm.sample_prior_predictive, pm.Model.__enter__
    random, entropy = np.random.default_rng, np.random.default_rng().integers(2**60)
    module = load(Path(STUDY).resolve())
    assert (pm.sample, pm.sample_prior_predictive) == (sampler, prior)
    assert (pm.Model.__enter__, np.random.default_rng) == (enter, random)
    assert np.random.default_rng().integers(2**60) != entropy
    assert {"idata", "results", "weight"} <= getattr(module, LEFT_OUT)
    # A sampler that the file imported by name samples again, for generators that mean it.
    with pm.Model():
        pm.Normal("a")
        drawn = module.draw_samples(
            *(4,), tune=4, chains=1, progressbar=False, compute_convergence_checks=False
        )
    assert drawn["posterior"].sizes["draw"] == 4


def test_a_generator_of_the_file_draws_anew_each_time():
    found = registry.generator(f"{STUDY}:draws_from_the_prior")
    drawn = [found.draw(np.random.default_rng(k), "prior").truth["a"] for k in (0, 1, 0)]
    assert drawn[0] == drawn[2] != drawn[1]


def test_a_notebook_is_a_file_like_another(tmp_path):
    code = Path(STUDY).read_text(encoding="utf-8")
    head, _, rest = code.partition("rng = np.random")
    (tmp_path / "neighbour.py").write_text(Path("tests/files/neighbour.py").read_text())
    cells = [
        {"cell_type": "markdown", "source": ["# A study\n"]},
        {"cell_type": "code", "source": ["%%bash\n", "this is no Python"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "!pip list\n", "pm?\n", head]},
        {"cell_type": "code", "source": ("%%time\nrng = np.random" + rest).splitlines(True)},
    ]
    file = tmp_path / "analysis.ipynb"
    file.write_text(json.dumps({"cells": cells}))
    for name in ("looped", "looks_first", "study.model"):
        assert stated(name, str(file))["a"].owner.inputs[-1].eval() == MODELS[name]


def test_an_error_that_sampling_has_no_part_in_is_the_files(tmp_path):
    file = tmp_path / "wrong.py"
    file.write_text("import pymc as pm\n1 / 0\ndef mine(): ...\n")
    with pytest.raises(UserError, match="cannot be imported: ZeroDivisionError"):
        load(file)


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": [{}]}', '{"cells": 3}'])
def test_a_notebook_that_is_none_is_told(tmp_path, text):
    file = tmp_path / "analysis.ipynb"
    file.write_text(text)
    with pytest.raises(UserError, match="is not Python"):
        registry.estimator(f"{file}:mine")
