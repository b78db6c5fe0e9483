"""Python, TOML and YAML of the pages: it runs, and means what the page says."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

import numpy as np
import pytest
from pages import PAGES, ROOT
from synthetic import SETTINGS

from sbc.cli.main import main
from sbc.gates.checks import Subject, checks_of
from sbc.gates.config import Config, expect, load_config
from sbc.gates.gate import judge_run
from sbc.plugins import registry
from sbc.plugins.engine import Budget
from sbc.stats.diagnostics import diagnose
from sbc.store.frames import load_run
from sbc.studies.gate import judge_while_running

MODEL = f"{ROOT}/tests/files/normal_mean.py"


def test_python_snippets_are_python():
    for page in PAGES.values():
        for text in page.of("python"):
            compile(text, page.name, "exec")


def test_the_models_of_own_models_are_those_of_the_file():
    file = (ROOT / "docs" / "examples" / "eight_schools.py").read_text(encoding="utf-8")
    shown = "\n".join(PAGES["docs/own-models.md"].of("python"))
    there = {ast.unparse(node) for node in ast.parse(file).body}
    models = [node for node in ast.parse(shown).body if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in models] == ["centred", "non_centred", "measured"]
    assert {ast.unparse(node) for node in models} <= there


def test_the_python_of_own_models_runs(tmp_path, monkeypatch):
    page = PAGES["docs/own-models.md"]
    page.prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    code = "\n".join(t for t in page.of("python") if t.startswith(("import sbc", "import pymc")))
    names = {}
    exec(code.replace("datasets=20", "datasets=2, progress=False"), names)
    assert names["again"].fits.equals(names["run"].fits)


@pytest.mark.slow
def test_the_python_of_sweeps_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    (code,) = PAGES["docs/sweeps.md"].of("python")
    exec(code.replace("datasets=5", "datasets=5, progress=False"), names)
    assert len(names["swept"].to_long()) == 4 * 5 * 2 * 2


def test_the_python_of_import_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec("\n".join(PAGES["docs/import.md"].of("python")), names)
    assert names["run"].table()["n_datasets"].tolist() == [200]
    assert names["run"].expected_uniform == ["exact"]


def test_the_engine_of_engines_keeps_the_contract(tmp_path):
    PAGES["docs/engines.md"].prepare(tmp_path)
    fitted = registry.engine(f"{tmp_path}/my_engine.py:walk").compile(
        registry.estimator(f"{MODEL}:normal_mean"),
        registry.generator(f"{MODEL}:normal_world"),
        {"y": (y := np.array([0.3, 1.4, 0.8, -0.2, 1.1]))},
    )
    budget = Budget(draws=2000, tune=100, chains=2, target_accept=0.8)
    draws, again = (fitted.fit({"y": y}, budget, 7).values["theta"] for _ in range(2))
    np.testing.assert_array_equal(draws, again)
    mean, sd, ess = y.sum() / 6, 6**-0.5, diagnose(draws[None]).ess_bulk[0]
    assert abs(draws.mean() - mean) < 4.5 * sd / np.sqrt(ess)
    assert abs(draws.mean() - (mean + 0.5 * sd)) > 4.5 * sd / np.sqrt(ess)  # the check can fail


def test_the_engine_of_engines_runs_by_its_path(tmp_path, capsys):
    PAGES["docs/engines.md"].prepare(tmp_path)
    walk, out = f"{tmp_path}/my_engine.py:walk", tmp_path / "run"
    words = ["run", "--generator", f"{MODEL}:normal_world", "--estimator", f"{MODEL}:normal_mean"]
    words += ["--engine", walk, "--draws", "2000", "--datasets", "3", "--jobs", "1", "--quiet"]
    assert main([*words, "--out", str(out)]) == 0
    assert set(load_run(out).fits.engine) == {walk}
    assert "walk" in capsys.readouterr().out


def test_the_gates_of_engines_say_what_they_mean(tmp_path):
    PAGES["docs/engines.md"].prepare(tmp_path)
    settings = replace(SETTINGS, engines=("nutpie", "advi"))
    names = {"mundlak": ["beta_XY"]}
    checks = checks_of(
        load_config(tmp_path / "engines.toml"),
        Subject(settings, [], names, {"mundlak": []}, ["effects"]),
    )
    assert [(c.engine, str(c.expectation)) for c in checks] == [
        ("nutpie", "coverage_95 ≥ 0.88"),
        ("advi", "miscalibrated, not within 0.1"),
    ]


def test_the_page_of_gates_toml_is_read_and_has_the_defaults(tmp_path):
    page = PAGES["docs/gates-toml.md"]
    page.prepare(tmp_path)
    config = load_config(tmp_path / "gates.toml")
    assert (config.delta, config.max_datasets) == (0.14, 200)
    assert set(config.declared["effects"]) == {"mundlak", "naive"}
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", page.text, flags=re.M))
    default = Config()
    assert {name: float(value) for name, value in rows.items()} == {
        "delta": default.delta,
        "max_datasets": default.limit,
        "alpha_fail": default.alpha_fail,
        "alpha_pass": default.alpha_pass,
    }


@pytest.mark.slow
def test_advi_is_too_narrow_for_mundlak_and_nutpie_is_not(tmp_path):
    # The widths differ by a factor of .64; at .8 nine studies in ten need fewer than 250 datasets.
    settings = replace(SETTINGS, truth="self", engines=("nutpie", "advi"), datasets=1)
    config = expect(Config(max_datasets=400), "mundlak:advi:beta_XY=miscalibrated", settings)
    config = expect(config, "mundlak:nutpie:beta_XY=calibrated", settings)
    gate = judge_while_running(settings, tmp_path / "run", config, jobs=2)
    assert {v.check.engine: v.outcome for v in gate.verdicts} == {"nutpie": "pass", "advi": "pass"}
    twin = config.declare("self", "mundlak", "beta_XY", "calibrated", "advi")
    verdicts = judge_run(load_run(tmp_path / "run"), twin).verdicts
    assert {v.check.engine: v.outcome for v in verdicts}["advi"] != "pass"


def test_the_workflow_of_gates_is_yaml():
    yaml = pytest.importorskip("yaml")
    (text,) = PAGES["docs/gates.md"].of("yaml")
    steps = yaml.safe_load(text)["jobs"]["gate"]["steps"]
    assert [next(iter(step)) for step in steps] == ["uses", "uses", "run", "run", "uses"]
