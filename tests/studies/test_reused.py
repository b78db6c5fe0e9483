"""A run that is there already: what has not changed since is read, and all else fitted anew."""

from __future__ import annotations

import json

import pytest
from quick import WORLD

import sbc
from sbc.cli.main import main
from sbc.plugins.errors import UserError
from sbc.store.frames import load_run

MODEL = """
from sbc import Estimated, estimator


@estimator(estimands=("theta",))
def mean(y):
    return {{"theta": Estimated(y.mean() + {shift}, se=0.4)}}
"""


@pytest.fixture
def gate(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODEL.format(shift=0))

    def go(*more):
        words = ["gate", "--run", "--generator", WORLD, "--estimator", "model.py:mean"]
        words += ["--out", "kept", "--reuse", "--jobs", "1", "--max-datasets", "60"]
        words += ["--expect", "model.py:mean:theta={bias = 0.5}"]
        code = main([*words, "--quiet", *more])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return go


def test_an_unchanged_model_is_not_fitted_again_and_the_gate_says_so(gate, tmp_path):
    code, shown, told = gate()
    assert (code, "read" in shown + told) == (0, False)
    before = load_run(tmp_path / "kept").fits
    code, shown, told = gate("--junit", "a.xml", "--json", "a.json", "--markdown", "a.md")
    n = len(before)
    assert code == 0
    assert f"kept holds {n} fits by the same models and versions: these are read" in told
    assert f"{n} fits were read from an earlier run, 0 made now" in shown
    assert f"{n} fits were read" in (tmp_path / "a.md").read_text()
    assert json.loads((tmp_path / "a.json").read_text())["fits_read"] == n
    assert 'time="' in (tmp_path / "a.xml").read_text()
    assert load_run(tmp_path / "kept").fits.equals(before)


def test_a_model_that_has_changed_is_fitted_anew(gate, tmp_path):
    assert gate()[0] == 0
    (tmp_path / "model.py").write_text(MODEL.format(shift=3))
    code, shown, told = gate()
    assert code == 1  # by the new model's fits
    assert "model.py has changed since kept was made: all is fitted anew" in told
    assert "were read" not in shown
    assert [file.name for file in tmp_path.glob("kept*")] == ["kept"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (("--seed", "2"), "kept was made with seed = 1, not 2: all is fitted anew"),
        (("--set", "n_rows=4"), "kept was made with parameters = none, not n_rows=4"),
    ],
)
def test_other_settings_are_fitted_anew(gate, changed, told):
    gate()
    assert told in gate(*changed)[2]


def test_other_versions_are_fitted_anew(gate, tmp_path):
    gate()
    file = tmp_path / "kept" / "run.json"
    run = json.loads(file.read_text())
    run["packages"]["numpy"] = "0.0.1"
    file.write_text(json.dumps(run))
    assert "kept was made with numpy 0.0.1" in gate()[2]


def test_python_reads_what_is_there_and_makes_the_rest(tmp_path, capsys):
    def mean(y):
        return {"theta": sbc.Estimated(y.mean(), se=0.4)}

    how = {"generator": WORLD, "out": tmp_path / "run", "reuse": True, "jobs": 1}
    first = sbc.run({"mean": mean}, datasets=5, progress=False, **how)
    more = sbc.run({"mean": mean}, datasets=8, **how)
    assert "holds 5 fits by the same models and versions" in capsys.readouterr().err
    assert more.fits.head(5).equals(first.fits)
    assert len(more.fits) == 8

    def other(y):
        return {"theta": sbc.Estimated(y.mean() + 1, se=0.4)}

    anew = sbc.run({"mean": other}, datasets=8, **how)
    assert "'mean' is not the model that" in capsys.readouterr().err
    assert (anew.results["mean"] - more.results["mean"]).round(9).eq(1).all()


def test_what_is_no_run_is_left_alone(tmp_path):
    (tmp_path / "a.txt").write_text("dear")
    with pytest.raises(UserError, match="is not a run"):
        sbc.run("naive", out=tmp_path, reuse=True)
