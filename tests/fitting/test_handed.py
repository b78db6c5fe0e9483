"""Models and functions that stand in no file."""

from __future__ import annotations

import sys
import threading
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pymc as pm
import pytest

import sbc
from sbc.cli.main import main
from sbc.fitting import handed
from sbc.plugins import catalogue, live
from sbc.plugins.errors import UserError
from sbc.plugins.memory import forget

SMALL = {"draws": 300, "tune": 200, "datasets": 3, "jobs": 2, "progress": False}
Y = np.array([0.4, 1.2, -0.3, 0.8, 2.0, 1.1])


def build(sd: float = 1.0) -> pm.Model:
    with pm.Model() as model:
        a = pm.Normal("a", 0, sd)
        pm.Normal("y", a, 1, observed=Y)
    return model


def decoy() -> pm.Model:
    """Bears the name of the closures below; a thing is never taken by its bare name."""
    return build(1000.0)


def closure(sd):
    def decoy():
        return build(sd)

    return decoy


class Study:
    def __init__(self, sd):
        self.sd = sd

    def decoy(self):
        return build(self.sd)


def test_a_model_is_run_as_it_is(tmp_path):
    found = sbc.run(build(), **SMALL, out=tmp_path / "run")
    assert found.settings.estimators == ("model",)
    assert found.settings.generator == catalogue.OWN_DATA
    assert found.settings.truth == "self"
    assert set(found.results["quantity"]) == {"a", "log_likelihood", "log_prior"}
    assert not found.fits["error"].any()
    assert "model" in (tmp_path / "run" / "report.html").name or found.report().is_file()
    names = {file.suffix for file in (tmp_path / "run").iterdir()}
    assert not names & {".pkl", ".pickle"}


@pytest.mark.parametrize(
    "thing",
    [
        closure(100.0),
        Study(100.0).decoy,
        partial(build, 100.0),
        lambda: build(100.0),
        build(100.0),
        eval("lambda: build(100.0)"),
    ],
    ids=["closure", "method", "partial", "lambda", "model", "nowhere"],
)
def test_each_is_itself_and_none_of_its_namesakes(thing, tmp_path):
    found = sbc.run(thing, **{**SMALL, "datasets": 20}, out=tmp_path / "run")
    truths = found.results.query("quantity == 'a'")["truth"]
    # The sd of 20 draws: within a factor of two of that of the prior.
    assert 50 < truths.std() < 200


def test_several_are_told_apart_by_their_names(tmp_path):
    both = {"narrow": build(0.1), "wide": lambda: build(100.0)}
    found = sbc.run(both, **SMALL, out=tmp_path / "run")
    assert found.settings.estimators == ("narrow", "wide")
    spread = found.results.query("quantity == 'a'").groupby("estimator")["truth"].std()
    assert spread["narrow"] < 1 < spread["wide"]


def test_random_numbers_depend_on_the_name_alone(tmp_path):
    runs = [
        sbc.run(build(), **SMALL, name=name, out=tmp_path / str(i))
        for i, name in enumerate(["one", "one", "other"])
    ]
    first, again, other = (run.results.drop(columns="estimator") for run in runs)
    pd.testing.assert_frame_equal(first, again)
    assert not first["truth"].equals(other["truth"])


def test_threads_and_processes_give_the_same_bits(tmp_path):
    threads = sbc.run(build(), **SMALL, out=tmp_path / "threads")
    apart = sbc.run(build(), **SMALL, isolate=True, out=tmp_path / "apart")
    assert not apart.fits["error"].any()
    pd.testing.assert_series_equal(threads.results["truth"], apart.results["truth"])


def test_going_on_asks_for_the_same_model(tmp_path):
    folder = tmp_path / "run"
    sbc.run(build(), **SMALL, out=folder)
    longer = sbc.run(build(), resume=folder, datasets=4, jobs=1, progress=False)
    assert longer.fits["dataset"].tolist() == [0, 1, 2, 3]
    with pytest.raises(UserError, match="'model' is not the model that"):
        sbc.run(build(2.0), resume=folder, datasets=5)
    live._held.pop(("estimator", "model"))
    forget()
    with pytest.raises(UserError, match="pass it again"):
        sbc.run(resume=folder, datasets=5)


def test_the_command_line_reads_such_a_run_and_cannot_go_on_with_it(tmp_path, capsys):
    folder = tmp_path / "run"
    sbc.run(build(), **SMALL, name="on_its_own", out=folder)
    live._held.pop(("estimator", "on_its_own"))
    forget()
    assert main(["table", str(folder)]) == 0
    assert "on_its_own" in capsys.readouterr().out
    assert main(["run", "--resume", str(folder)]) == 2
    assert "pass it again" in capsys.readouterr().err


def test_a_simulator_may_be_a_function(tmp_path):
    def simulate(rng, truth, given):
        return {"y": rng.normal(truth["a"], 1, 6)}

    found = sbc.run(build(), simulator=simulate, **SMALL, out=tmp_path / "run")
    assert not found.fits["error"].any()
    assert found.settings.simulator == "simulator"


def test_a_generator_may_be_a_function(tmp_path):
    def joint(rng, *, n=7):
        a = rng.normal()
        return {"a": a}, {"y": rng.normal(a, 1, n)}

    def model(y):
        a = pm.Normal("a", 0, 1)
        pm.Normal("score", a, 1, observed=y)

    found = sbc.run(model, joint, **SMALL, parameters={"n": 9}, out=tmp_path / "run")
    assert not found.fits["error"].any()
    assert (found.settings.truth, found.expected_uniform) == ("prior", ["model"])


@pytest.mark.parametrize(
    ("thing", "told"),
    [
        (3, "a function that states one or gives estimates or draws, or a name, not int"),
        (pd.DataFrame(), "not DataFrame"),
        ([build(), build()], "give each estimator a name"),
        ({"naive": build()}, "one of sbc's own"),
        ({"a b": build()}, "'a b' is not a valid name"),
        ({"x": "naive"}, "is the text 'naive'"),
        (lambda: 3, "states no model"),
    ],
)
def test_what_is_no_estimator_is_told(thing, told, tmp_path):
    with pytest.raises(UserError, match=told):
        sbc.run(thing, **SMALL, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_what_cannot_be_sent_to_a_process_is_told(tmp_path):
    model = build()
    model.lock = threading.Lock()
    with pytest.raises(UserError, match="cannot be sent to another process"):
        sbc.run(model, **SMALL, isolate=True, out=tmp_path / "run")


def test_functions_of_imported_modules_are_named_by_their_files():
    sys.path.insert(0, "tests/files")
    import neighbour

    assert handed.names("estimator", neighbour.build) == ["tests/files/neighbour.py:build"]
    nobody = SimpleNamespace(build=neighbour.build)
    assert handed.names("estimator", [nobody.build, "naive"]) == [
        "tests/files/neighbour.py:build",
        "naive",
    ]


def test_the_pytest_fixture_takes_models_and_simulators(sbc_gate):
    def moved(rng, truth, given):
        return {"y": rng.normal(truth["a"] + 1, 1, 6)}

    sbc_gate.calibrated(build(), name="as_it_is")
    sbc_gate.miscalibrated(build, simulator=moved, name="caught")
    with pytest.raises(pytest.fail.Exception, match=r"FAIL +moved: before any fit.*differ"):
        sbc_gate.calibrated(build(), simulator=moved, name="moved")
