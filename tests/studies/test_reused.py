"""A run that is there already: what has not changed since is read, and all else fitted anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from synthetic import calibrated, fits, scaled

import sbc
from sbc.cli.main import main
from sbc.fitting import handed, loop, preflight
from sbc.plugins.errors import UserError
from sbc.store.frames import load_run

MODEL = """
import pymc as pm
from sbc import estimator


@estimator(estimands=("beta_XY",))
def mine(X, Y):
    beta_XY = pm.Normal("beta_XY", {mean}, 1)
    pm.Bernoulli("Y", logit_p=beta_XY * X, observed=Y)
"""


@pytest.fixture(autouse=True)
def made_up(monkeypatch):
    """Make up fits, by the file as it is: calibrated ones, or too sure once it has changed."""

    def fake(settings, store, jobs, progress=True, **_):
        (name,), done = settings.estimators, store.done()
        path = name.rpartition(":")[0]
        changed = path and '"beta_XY", 3' in Path(path).read_text(encoding="utf-8")
        stream = (scaled(0.3, 400) if changed else calibrated(400))[: settings.datasets]
        for row in fits({"beta_XY": stream}, estimator=name):
            if (row.dataset, name, "nutpie") not in done:
                store.add(row)

    monkeypatch.setattr(loop, "execute", fake)
    monkeypatch.setattr(preflight, "estimands", lambda settings: {})
    monkeypatch.setattr(preflight, "lines", lambda settings: {})


@pytest.fixture
def gate(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODEL.format(mean=0))

    def go(*more):
        words = ["gate", "--run", "--estimator", "model.py:mine", "--generator", "confound"]
        words += ["--out", "kept", "--reuse", "--expect", "beta_XY=calibrated"]
        code = main([*words, "--preset", "smoke", "--quiet", *more])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return go


def test_an_unchanged_model_is_not_fitted_again_and_the_gate_says_so(gate, tmp_path):
    code, shown, told = gate()
    assert (code, "were read" in shown + told) == (0, False)
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
    # a stricter gate makes what it lacks
    code, shown, told = gate("--delta", "0.1")
    assert f"{n} fits were read from an earlier run, " in shown
    assert "0 made now" not in shown


def test_a_model_that_has_changed_is_fitted_anew(gate, tmp_path):
    assert gate()[0] == 0
    (tmp_path / "model.py").write_text(MODEL.format(mean=3))
    code, shown, told = gate()
    assert code == 1  # by the new model's fits
    assert "model.py has changed since kept was made: all is fitted anew" in told
    assert "were read" not in shown
    assert [file.name for file in tmp_path.glob("kept*")] == ["kept"]


def test_other_settings_versions_or_code_of_ours_are_fitted_anew(gate, tmp_path):
    gate()
    assert "kept was made with seed = 1, not 2: all is fitted anew" in gate("--seed", "2")[2]
    file = tmp_path / "kept" / "run.json"
    for change, told in (
        ({"packages": {"numpy": "0.0.1"}}, "kept was made with numpy 0.0.1"),
        ({"code": "0"}, "kept was made by another state of sbc's own code"),
    ):
        gate()
        file.write_text(json.dumps(json.loads(file.read_text()) | change))
        assert told in gate()[2]


def test_python_reads_what_is_there_and_makes_the_rest(tmp_path, capsys, monkeypatch):
    digests = iter(["a", "a", "a", "b", "b"])  # two calls by the same model, one by another
    monkeypatch.setattr(handed, "identities", lambda settings: {"mundlak": next(digests)})
    monkeypatch.setattr("sbc.plugins.live.find", lambda kind, name: None)
    monkeypatch.setattr("sbc.plugins.live.check_known", lambda run, folder: None)
    how = {"out": tmp_path / "run", "reuse": True}
    first = sbc.run("mundlak", datasets=5, progress=False, **how)
    more = sbc.run("mundlak", datasets=8, **how)
    assert "holds 5 fits by the same models and versions" in capsys.readouterr().err
    assert more.fits.head(5).equals(first.fits)
    assert len(more.fits) == 8
    digests = iter(["b", "b", "b"])
    sbc.run("mundlak", datasets=8, **how)
    assert "'mundlak' is not the model that" in capsys.readouterr().err


def test_what_is_no_run_is_left_alone(tmp_path):
    (tmp_path / "a.txt").write_text("dear")
    with pytest.raises(UserError, match="is not a run"):
        sbc.run("naive", out=tmp_path, reuse=True)
