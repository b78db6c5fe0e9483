"""The engine and the gates of docs/engines.md, as they stand there."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic import SETTINGS

from sbc.cli.main import main
from sbc.gates.checks import Subject, checks_of
from sbc.gates.config import Config, expect, load_config
from sbc.plugins import registry
from sbc.plugins.engine import Budget
from sbc.stats.diagnostics import diagnose
from sbc.store.frames import load_run
from sbc.studies.gate import judge_while_running

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
SNIPPETS = dict(re.findall(r"^```\w+\n# (\S+)\n(.*?)^```$", PAGE, flags=re.M | re.S))
MODEL = f"{ROOT}/tests/files/normal_mean.py"


@pytest.fixture
def walk(tmp_path):
    file = tmp_path / "my_engine.py"
    file.write_text(SNIPPETS["my_engine.py"], encoding="utf-8")
    return f"{file}:walk"


def test_the_pages_engine_keeps_the_contract(walk):
    y = np.array([0.3, 1.4, 0.8, -0.2, 1.1])
    fitted = registry.engine(walk).compile(
        registry.estimator(f"{MODEL}:normal_mean"),
        registry.generator(f"{MODEL}:normal_world"),
        {"y": y},
    )
    budget = Budget(draws=2000, tune=100, chains=2, target_accept=0.8)
    draws, again = (fitted.fit({"y": y}, budget, 7).values["theta"] for _ in range(2))
    np.testing.assert_array_equal(draws, again)
    mean, sd, ess = y.sum() / 6, 6**-0.5, diagnose(draws[None]).ess_bulk[0]
    assert abs(draws.mean() - mean) < 4.5 * sd / np.sqrt(ess)
    assert abs(draws.mean() - (mean + 0.5 * sd)) > 4.5 * sd / np.sqrt(ess)  # the check can fail


def test_the_pages_engine_runs_by_its_path(walk, tmp_path, capsys):
    out = tmp_path / "run"
    words = ["run", "--generator", f"{MODEL}:normal_world", "--estimator", f"{MODEL}:normal_mean"]
    words += ["--engine", walk, "--draws", "2000", "--datasets", "3", "--jobs", "1", "--quiet"]
    assert main([*words, "--out", str(out)]) == 0
    assert set(load_run(out).fits.engine) == {walk}
    assert "walk" in capsys.readouterr().out


def test_the_pages_gates_say_what_they_mean(tmp_path):
    file = tmp_path / "engines.toml"
    file.write_text(SNIPPETS["engines.toml"], encoding="utf-8")
    settings = replace(SETTINGS, engines=("nutpie", "advi"))
    names = {"mundlak": ["beta_XY"]}
    checks = checks_of(
        load_config(file), Subject(settings, [], names, {"mundlak": []}, ["effects"])
    )
    assert [(c.engine, str(c.expectation)) for c in checks] == [
        ("nutpie", "coverage_95 ≥ 0.88"),
        ("advi", "miscalibrated, not within 0.1"),
    ]


@pytest.mark.slow
def test_advi_is_too_narrow_for_mundlak_and_nutpie_is_not(tmp_path):
    # The widths differ by a factor of .64; at .8 nine studies in ten need fewer than 250 datasets.
    settings = replace(SETTINGS, truth="self", engines=("nutpie", "advi"), datasets=1)
    config = expect(Config(max_datasets=400), "mundlak:advi:beta_XY=miscalibrated", settings)
    config = expect(config, "mundlak:nutpie:beta_XY=calibrated", settings)
    gate = judge_while_running(settings, tmp_path / "run", config, jobs=2)
    assert {v.check.engine: v.outcome for v in gate.verdicts} == {"nutpie": "pass", "advi": "pass"}
    twin = config.declare("self", "mundlak", "beta_XY", "calibrated", "advi")
    from sbc.gates.gate import judge_run

    verdicts = judge_run(load_run(tmp_path / "run"), twin).verdicts
    assert {v.check.engine: v.outcome for v in verdicts}["advi"] != "pass"
