"""Going on with a run: other versions are refused unless allowed, changed helpers always."""

import json
import os
import sys

import pytest

from sbc.cli.main import main
from sbc.store.frames import load_run

SMALL = ["--draws", "400", "--tune", "300", "--jobs", "1", "--quiet"]
MODEL = """
import pymc as pm
import {helper}

def model():
    with pm.Model() as made:
        mu = pm.Normal("mu", 0, {helper}.SD)
        pm.Normal("y", mu, 1, observed=[0.1, 0.2])
    return made
"""


@pytest.fixture
def run_folder(tmp_path):
    folder = tmp_path / "run"
    words = ["run", "--estimator", "naive", "--datasets", "1", "--out", str(folder), *SMALL]
    assert main(words) == 0
    return folder


def changed(folder, **entries):
    file = folder / "run.json"
    run = json.loads(file.read_text())
    for name, value in entries.items():
        run[name] = run[name] | value if isinstance(value, dict) else value
    file.write_text(json.dumps(run))


def resume(folder, *more):
    return main(
        ["run", "--resume", str(folder), "--datasets", "2", "--jobs", "1", "--quiet", *more]
    )


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ({"packages": {"numpy": "0.0.1"}}, "was made with numpy 0.0.1, and this is "),
        ({"packages": {"nutpie": None}}, "was made with nutpie None, and this is "),
        ({"python": "3.1.4"}, "was made with python 3.1.4, and this is "),
        ({"sbc": "0.0.0"}, "was made with sbc 0.0.0, and this is "),
    ],
)
def test_other_versions_are_refused_in_a_line(run_folder, entries, told, capsys):
    changed(run_folder, **entries)
    assert resume(run_folder) == 2
    err = capsys.readouterr().err
    assert told in err
    assert "with --allow-versions" in err
    assert len(load_run(run_folder).fits) == 1


def test_versions_that_are_allowed_are_written_down_and_not_asked_again(run_folder):
    changed(run_folder, packages={"numpy": "0.0.1"})
    assert resume(run_folder, "--allow-versions") == 0
    run = json.loads((run_folder / "run.json").read_text())
    assert run["packages"]["numpy"] == "0.0.1"
    (part,) = run["resumed"]
    assert part["packages"]["numpy"] != "0.0.1"
    assert part["started"] >= run["started"]
    assert resume(run_folder, "--datasets", "3") == 0
    assert len(load_run(run_folder).fits) == 3
    assert len(json.loads((run_folder / "run.json").read_text())["resumed"]) == 1


def test_the_same_versions_need_no_word_and_leave_none(run_folder):
    assert resume(run_folder) == 0
    assert "resumed" not in json.loads((run_folder / "run.json").read_text())


def test_what_an_old_run_did_not_write_down_is_not_compared(run_folder):
    file = run_folder / "run.json"
    run = json.loads(file.read_text())
    for name in ("packages", "python", "sbc"):
        del run[name]
    file.write_text(json.dumps(run))
    assert resume(run_folder) == 0


def test_a_new_run_has_no_versions_to_allow(tmp_path, capsys):
    assert main(["run", "--allow-versions", "--out", str(tmp_path / "run")]) == 2
    assert "--allow-versions goes with --resume" in capsys.readouterr().err


@pytest.mark.parametrize("package", [False, True])
def test_a_helper_that_has_changed_is_refused(tmp_path, package, capsys, monkeypatch):
    helper = f"helper_of_{tmp_path.name.replace('-', '_')}"
    place = tmp_path / helper / "__init__.py" if package else tmp_path / f"{helper}.py"
    place.parent.mkdir(exist_ok=True)
    place.write_text("SD = 1.0\n")
    model, folder = tmp_path / "model.py", tmp_path / "run"
    model.write_text(MODEL.format(helper=helper))
    words = ["run", "--estimator", f"{model}:model", "--datasets", "1", "--out", str(folder)]
    assert main([*words, *SMALL]) == 0
    assert str(place) in json.loads((folder / "run.json").read_text())["files"]
    assert resume(folder) == 0
    place.write_text("SD = 2.0\n")
    monkeypatch.delitem(sys.modules, helper)
    assert resume(folder, "--datasets", "3") == 2
    assert f"{place} has changed since {folder} was made" in capsys.readouterr().err


def test_a_file_beside_the_model_that_it_does_not_import_may_change(tmp_path):
    other = tmp_path / "other.py"
    other.write_text("x = 1\n")
    model, folder = tmp_path / "model.py", tmp_path / "run"
    model.write_text(MODEL.format(helper="math").replace("math.SD", "1"))
    words = ["run", "--estimator", f"{model}:model", "--datasets", "1", "--out", str(folder)]
    assert main([*words, *SMALL]) == 0
    assert set(json.loads((folder / "run.json").read_text())["files"]) == {str(model)}
    other.write_text("x = 2\n")
    assert resume(folder) == 0


@pytest.mark.parametrize("changed_one", ["sub.py", "deep.py"])
def test_a_module_of_a_package_that_has_changed_is_refused(tmp_path, changed_one, capsys):
    package = tmp_path / f"pk_{tmp_path.name.replace('-', '_')}"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "sub.py").write_text("from .deep import SD\n")
    (package / "deep.py").write_text("SD = 1.0\n")
    model, folder = tmp_path / "model.py", tmp_path / "run"
    stated = MODEL.replace("import {helper}", "from {helper}.sub import SD")
    model.write_text(stated.format(helper=package.name).replace(f"{package.name}.SD", "SD"))
    words = ["run", "--estimator", f"{model}:model", "--datasets", "1", "--out", str(folder)]
    assert main([*words, *SMALL]) == 0
    with (package / changed_one).open("a") as file:
        file.write("# changed\n")
    assert resume(folder) == 2
    assert f"{package / changed_one} has changed" in capsys.readouterr().err


@pytest.mark.parametrize(
    "entries", [{"packages": None}, {"packages": [1]}, {"files": 3}, {"models": "x"}]
)
def test_a_table_that_is_none_is_damage(run_folder, entries, capsys):
    file = run_folder / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | entries))
    assert resume(run_folder) == 2
    assert f"'{next(iter(entries))}' is no table" in capsys.readouterr().err


def test_settings_and_rows_that_do_not_fit_together_are_damage(run_folder, capsys):
    file = run_folder / "run.json"
    run = json.loads(file.read_text())
    for change, told in (
        ({"datasets": -1}, "datasets cannot be -1"),
        ({"estimators": ["../../x"]}, "it holds fits of 'naive', which is none of its run's"),
    ):
        file.write_text(json.dumps(run | {"settings": run["settings"] | change}))
        for command in (["table"], ["report"], ["export", "--format", "csv"]):
            assert main([*command, str(run_folder)]) == 2
            assert told in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["pipe", "large"])
def test_a_description_that_is_no_plain_file_or_too_large_is_told_soon(tmp_path, kind, capsys):
    folder = tmp_path / "run"
    folder.mkdir()
    if kind == "pipe":
        os.mkfifo(folder / "run.json")
    else:
        with (folder / "run.json").open("wb") as file:
            file.truncate(2**40)
    assert main(["table", str(folder)]) == 2
    assert ("no plain file" if kind == "pipe" else "too large") in capsys.readouterr().err


def test_all_versions_that_differ_are_named(run_folder, capsys):
    changed(run_folder, sbc="0.0.0", packages={"numpy": "0.0.1", "scipy": "0.0.2"})
    assert resume(run_folder) == 2
    err = capsys.readouterr().err
    assert "made with sbc 0.0.0, and this is " in err
    assert ", with numpy 0.0.1, and this is " in err
    assert ", with scipy 0.0.2, and this is " in err
    assert "pymc" not in err
