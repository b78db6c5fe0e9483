"""The page about CI: its jobs do what it says, and the composite action has steps that run."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pages import PAGES, ROOT

yaml = pytest.importorskip("yaml")
PAGE = PAGES["docs/ci.md"]
#: Stands in for Python: what pip is to install is written down, all else is run.
PYTHON = f"""#!/bin/bash
if [ "$1 $2" = "-m pip" ]; then echo "$@" >> pip.txt; exit 0; fi
exec {sys.executable} "$@"
"""
NAMED = "python -m sbc gate --run --config gates.toml --estimator models.py:mean"


def workflows():
    return {name: yaml.safe_load(text) for name, text in PAGE.files.items() if name.endswith("yml")}


def action():
    return yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def filled(text, inputs):
    """Fill in an action's inputs, as GitHub does."""
    return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: inputs[m[1]], text)


def run_steps(folder, **given):
    """Run the action's own steps in a folder, as a runner does; give what they print."""
    inputs = {n: str(about.get("default", "")) for n, about in action()["inputs"].items()} | given
    place = folder / "bin"
    place.mkdir(exist_ok=True)
    for name in ("python", "pip"):
        (place / name).write_text(PYTHON if name == "python" else 'python -m pip "$@"\n')
        (place / name).chmod(0o755)
    surroundings = os.environ | {
        "PATH": f"{place}:{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }
    shown = []
    for step in action()["runs"]["steps"]:
        if "run" not in step:
            continue
        own = {name: filled(value, inputs) for name, value in step["env"].items()}
        assert "${{" not in step["run"]  # inputs come as variables, never as text of a script
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder, env=surroundings | own, capture_output=True, text=True, check=False,
        )  # fmt: skip
        shown.append(f"{done.stdout}{done.stderr}")
        assert done.returncode == 0, shown[-1]
    return "\n".join(shown)


def test_jobs_have_a_limit_a_cache_and_keep_what_they_made():
    found = workflows()
    assert set(found) == {
        *(f".github/workflows/{n}.yml" for n in ("calibration", "nightly", "by-action")),
        ".gitlab-ci.yml",
    }
    job = found[".github/workflows/calibration.yml"]["jobs"]["gate"]
    used = {step["uses"].partition("@")[0]: step for step in job["steps"] if "uses" in step}
    assert set(used["actions/cache"]["with"]["path"].split()) == {"~/.pytensor", "sbc-gate"}
    assert used["actions/upload-artifact"]["if"] == "always()"
    assert job["timeout-minutes"] == 30
    assert any(step.get("run") == "pip install 'sbc-harness'" for step in job["steps"])
    for job in found[".gitlab-ci.yml"].values():
        assert job["timeout"]
        assert job["artifacts"]["when"] == "always"


def test_every_job_asks_for_the_same_gate():
    found = workflows()
    github = PAGE.text.count(f"run: {NAMED}")
    gitlab = [line for job in found[".gitlab-ci.yml"].values() for line in job["script"]]
    assert github == 1
    assert sum(line.startswith(NAMED) for line in gitlab) == 2
    # the merge request's line is that of GitHub's job, which test_commands runs
    assert f"- run: {gitlab[1]}" in PAGE.text


def test_inputs_of_the_action_that_the_page_names_are_there():
    steps = workflows()[".github/workflows/by-action.yml"]["jobs"]["gate"]["steps"]
    given = steps[1]["with"]
    assert given.keys() <= action()["inputs"].keys()
    needed = {name for name, about in action()["inputs"].items() if about.get("required")}
    assert needed <= given.keys()
    assert re.search(r'^version = "0.1.0"', (ROOT / "pyproject.toml").read_text(), re.M)


@pytest.mark.slow
def test_the_steps_of_the_action_run_and_the_second_job_reads_what_the_first_has_fitted(tmp_path):
    PAGE.prepare(tmp_path)
    given = workflows()[".github/workflows/by-action.yml"]["jobs"]["gate"]["steps"][1]["with"]
    first = run_steps(tmp_path, **given)
    assert "gate: PASS" in first
    assert "were read" not in first
    second = run_steps(tmp_path, **given)
    assert re.search(r"\d+ fits were read from an earlier run, 0 made now\.", second)
    assert (tmp_path / "pip.txt").read_text() == "-m pip install sbc-harness\n" * 2
    assert "PASS" in (tmp_path / "summary.md").read_text()
    assert ET.parse(tmp_path / "sbc-gate.xml").getroot().attrib["failures"] == "0"
    # a model that has changed is fitted anew, and caught
    model = tmp_path / "models.py"
    model.write_text(model.read_text().replace('"y", mu, 1,', '"y", mu, 0.5,'))
    with pytest.raises(AssertionError, match=r"models\.py has changed.*all is fitted anew"):
        run_steps(tmp_path, **given)


@pytest.mark.slow
def test_the_nightly_job_takes_a_new_seed(tmp_path):
    PAGE.prepare(tmp_path)
    steps = workflows()[".github/workflows/nightly.yml"]["jobs"]["gate"]["steps"]
    (script,) = [s["run"] for s in steps if "sbc gate" in s.get("run", "")]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-c", script.replace("--preset nightly", "--preset smoke")],
        cwd=tmp_path, env=os.environ | {"PATH": path, "GITHUB_RUN_NUMBER": "77"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '"seed": 77' in (tmp_path / "sbc-nightly" / "run.json").read_text()


def test_the_stand_in_for_python_is_one(tmp_path):
    file = tmp_path / "python"
    file.write_text(PYTHON)
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    done = subprocess.run([file, "-c", "print(2)"], capture_output=True, text=True, check=True)
    assert done.stdout == "2\n"
