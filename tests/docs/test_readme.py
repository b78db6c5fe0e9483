"""Every command of the README works, in the order in which a reader meets them."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = [
    line.split(" #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]


def test_the_readme_has_commands_of_every_kind():
    assert len(LINES) >= 8
    assert {shlex.split(line)[0] for line in LINES} == {"make", "python"}


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("make ")])
def test_make_targets_exist_and_ci_calls_them(line):
    target = line.split()[1]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert f"make {target}" in (ROOT / ".ci" / "run").read_text()


def test_the_other_commands_run_one_after_the_other(tmp_path):
    shutil.copytree(ROOT / "tests" / "files", tmp_path / "tests" / "files")
    for line in LINES:
        words = shlex.split(line)
        if words[0] == "python":
            done = subprocess.run(
                [sys.executable, *words[1:]],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
            assert done.stdout.strip(), line


def test_the_speed_that_it_quotes_is_the_measured_one():
    bench = json.loads((ROOT / "docs" / "data" / "bench.json").read_text(encoding="utf-8"))
    loop, simuk = (
        float(f"{bench['times_faster'][f'than {n}']:.2g}") for n in ("pm.sample", "simuk")
    )
    assert f"a loop of `pm.sample` {loop:g} times as long, simuk {simuk:g}" in README


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)]+)\)", README))
def test_links_and_pictures_lead_somewhere(target):
    assert (ROOT / target).exists()
