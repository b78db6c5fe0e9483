"""Old names of what users write still work, each with a line that tells the new one."""

import json

import pytest

import sbc
from sbc.cli.main import main
from sbc.gates.config import load_config
from sbc.plugins.engine import Draws
from sbc.store.folder import RUN_FILE, read_run


def test_owed_of_a_generator():
    with pytest.warns(FutureWarning, match=r"owed=.*uniform_ranks="):
        made = sbc.generator(dims={}, owed={"prior": ("mean",)})(lambda rng, truth: {})
    assert made.uniform_ranks == {"prior": ("mean",)}


def test_ladder_of_an_engine():
    with pytest.warns(FutureWarning, match=r"ladder=.*retry_schedule="):
        made = sbc.engine(backend="loky", ladder=lambda budget: [budget])(lambda *_: None)
    assert made.retry_schedule(3) == [3]


def test_trouble_of_draws():
    with pytest.warns(FutureWarning, match=r"trouble=.*failure="):
        assert Draws({}, trouble="no mode").failure == "no mode"
    assert Draws({}, failure="no mode").failure == "no mode"


def test_n_max_of_a_config(tmp_path):
    file = tmp_path / "gates.toml"
    file.write_text("n_max = 70\n")
    with pytest.warns(FutureWarning, match=r"n_max in .* max_datasets"):
        assert load_config(file).max_datasets == 70


def test_n_max_of_power(capsys):
    main(["power", "--bias", "0.5", "--n-max", "60", "--studies", "20"])
    found = capsys.readouterr()
    assert "up to 60 datasets" in found.out
    assert found.err == "sbc: --n-max is now --max-datasets\n"


def test_owing_of_an_old_run(new_run):
    folder = new_run()
    run = json.loads((folder / RUN_FILE).read_text())
    del run["expected_uniform"]
    (folder / RUN_FILE).write_text(json.dumps(run | {"owing": ["naive"]}))
    assert read_run(folder).expected_uniform == ["naive"]


def test_datasets_of_sbc_gate():
    from sbc.cli.pytest_gate import PytestGate

    gate = PytestGate(None, None, {})
    with (
        pytest.warns(FutureWarning, match=r"datasets= of sbc_gate is now max_datasets="),
        pytest.raises(pytest.fail.Exception, match="'speed'"),
    ):
        gate.calibrated("mundlak", datasets=30, speed=1)
