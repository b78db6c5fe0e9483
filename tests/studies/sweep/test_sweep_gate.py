"""Gates of sweeps: by cell, for all cells, and with one error rate."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from made_sweep import made_sweep

import sbc
from sbc.cli.main import main
from sbc.gates.config import Config
from sbc.plugins.errors import UserError
from sbc.studies.sweep.gate import judge_sweep
from sbc.studies.sweep.grid import Grid
from sbc.studies.sweep.read import load_sweep

GRID = Grid({"sd_U": (0.0, 1.0, 2.0), "n_groups": (10, 20)})
BIAS = "naive:beta_XY={bias = 0.25}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("made") / "sweep"
    return made_sweep(where, GRID, datasets=150, behave=lambda i, cell: (0.5 * cell["sd_U"], 0.2))


@pytest.fixture(scope="module")
def swept(folder):
    return load_sweep(folder)


def outcomes(gate):
    return [mine.outcome for mine in gate.cells.values()]


def test_what_holds_in_some_cells_only_fails_as_a_whole(swept):
    gate = judge_sweep(swept, Config(), [BIAS])
    assert outcomes(gate) == ["pass", "pass", "fail", "fail", "fail", "fail"]
    assert (gate.outcome, gate.exit_code) == ("fail", 1)
    assert "|bias| ≤ 0.25 holds for sd_U = 0 (broken in 4 cells)" in str(gate)


def test_rules_say_what_is_expected_elsewhere(swept):
    rules = ["[sd_U=1]naive:beta_XY={bias = [0.3, 0.7]}", "[sd_U=2.0]naive:beta_XY={bias = 2}"]
    gate = judge_sweep(swept, Config(), [BIAS, *rules])
    assert outcomes(gate) == ["pass"] * 6
    assert gate.exit_code == 0
    some = judge_sweep(swept, Config(), ["[sd_U=0,n_groups=10,n_groups=20]" + BIAS])
    assert list(some.cells) == [0, 1]  # of the others nothing is expected
    assert "|bias| ≤ 0.25, asked of 2 cells, holds in all of them" in str(some)


def test_all_cells_share_one_error_rate(swept):
    gate = judge_sweep(swept, Config(alpha_fail=0.01), [BIAS, "[sd_U=0]mundlak:beta_XY={rmse = 1}"])
    checks = [len(mine.verdicts) for mine in gate.cells.values()]
    assert checks == [2, 2, 1, 1, 1, 1]
    each = [mine.config.alpha_fail / n for mine, n in zip(gate.cells.values(), checks, strict=True)]
    assert each == pytest.approx([0.01 / 8] * 6)


def test_the_files_have_every_cell(folder, tmp_path, capsys):
    config = tmp_path / "gates.toml"
    config.write_text(
        "[effects.naive]\nbeta_XY = {bias = 0.25}\n"
        "[[cells]]\nwhere = {sd_U = [1, 2]}\nexpect.naive.beta_XY = {bias = 0.6}\n"
    )
    files = [tmp_path / name for name in ("g.json", "g.xml", "g.md")]
    words = [x for name, file in zip(("json", "junit", "markdown"), files, strict=True)
             for x in (f"--{name}", str(file))]  # fmt: skip
    assert main(["gate", str(folder), "--config", str(config), *words]) == 1
    shown = capsys.readouterr().out
    assert "cell 4: sd_U = 2, n_groups = 10" in shown
    assert "for all cells together" in shown
    found = json.loads(files[0].read_text())
    assert [cell["outcome"] for cell in found["cells"]] == ["pass"] * 4 + ["fail"] * 2
    assert found["cells"][3]["levels"] == {"sd_U": 1, "n_groups": 20}
    suites = ET.fromstring(files[1].read_text())
    assert (len(suites), suites.get("failures")) == (6, "2")
    assert files[2].read_text().count("| **FAIL** |") == 1


@pytest.mark.parametrize(
    ("expects", "told"),
    [
        ([], "nothing to judge"),
        (["[sd_u=1]" + BIAS], "no factor called 'sd_u'"),
        (["[sd_U=3]" + BIAS], "sd_U is never 3; it is one of 0, 1, 2"),
        (["[sd_U]" + BIAS], "FACTOR=LEVEL"),
        (["naiv:beta_XY=calibrated"], "Did you mean 'naive'"),
    ],
)
def test_a_mistake_is_told(swept, expects, told):
    with pytest.raises(UserError) as problem:
        judge_sweep(swept, Config(), expects)
    assert told in str(problem.value)


@pytest.mark.parametrize(
    "rule", [{}, {"where": 3, "expect": {}}, {"where": {}, "expect": {"a": 1}}]
)
def test_a_rule_of_another_form_is_told(swept, rule):
    with pytest.raises(UserError, match="cells"):
        judge_sweep(swept, Config(cells=(rule,)), [BIAS])


def test_what_a_sweep_s_gate_has_not_is_told(folder, capsys):
    assert main(["gate", str(folder), "--expect", "[sd_U=1" + BIAS]) == 2
    assert "takes [FACTOR=LEVEL" in capsys.readouterr().err
    assert main(["gate", "--run", "--resume", str(folder)]) == 2
    assert "sbc sweep --resume" in capsys.readouterr().err


@pytest.mark.slow
def test_a_sweep_that_is_as_expected_fails_no_more_often_than_promised(tmp_path):
    # 12 cells whose datasets are independent: the case in which errors add up most.
    rng, failed, times, alpha = np.random.default_rng(8), 0, 60, 0.2
    grid = Grid({"sd_U": tuple(float(i) for i in range(12))})
    how = {"datasets": 40, "behave": lambda i, cell: (0.0, 1.0), "common": 0.0}
    for i in range(times):
        seed = int(rng.integers(2**31))
        found = load_sweep(made_sweep(tmp_path / str(i), grid, ["naive"], seed=seed, **how))
        gate = judge_sweep(found, Config(alpha_fail=alpha), ["naive:beta_XY=calibrated"])
        failed += gate.outcome == "fail"
    # 21 of 60 are exceeded with a chance below .005 if the true one is .2.
    assert failed <= 21


def test_a_sweep_that_has_not_moved_is_the_same_in_every_cell(folder, swept, tmp_path, capsys):
    gate = sbc.load(folder).gate(baseline=folder)
    assert set(outcomes(gate)) == {"pass"}
    assert all(len(mine.verdicts) == 2 for mine in gate.cells.values())
    assert [mine.config.alpha_fail for mine in gate.cells.values()] == pytest.approx(
        [0.001 / 6] * 6
    )
    assert main(["gate", str(folder), "--baseline", str(folder), "--tolerance", "0.1"]) == 0
    assert "PASS" in capsys.readouterr().out


def test_a_cell_that_has_moved_fails_the_sweep(folder, tmp_path):
    """The twin: in one cell the estimates are half a posterior sd away."""
    grid = Grid({"sd_U": (1.0, 3.0), "n_groups": (10, 20)})
    moved = {(1.0, 20): 0.1}
    now = made_sweep(
        tmp_path / "now", grid, datasets=150,
        behave=lambda i, cell: (0.5 * cell["sd_U"] + moved.get((*cell.values(),), 0.0), 0.2),
    )  # fmt: skip
    gate = judge_sweep(load_sweep(now), Config(by_regime=False), baseline=load_sweep(folder))
    assert {cell: mine.outcome for cell, mine in gate.cells.items()} == {0: "pass", 1: "fail"}
    other = made_sweep(tmp_path / "other", Grid({"sd_U": (7.0,), "n_groups": (10,)}), datasets=3)
    with pytest.raises(UserError, match="no cell of"):
        judge_sweep(load_sweep(other), Config(by_regime=False), baseline=load_sweep(folder))
