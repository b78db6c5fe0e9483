"""What a newcomer types: the README in an empty folder, and what `make run` says comes next."""

from __future__ import annotations

import re
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest
from pages import PAGES, ROOT, do, enter, typed_in

README = PAGES["README.md"]
_NEXT = re.compile(r'@echo "  \$\(BIN\)/(python -m sbc .*)"')


def next_commands():
    target = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nrun:")[2]
    return _NEXT.findall(target.partition("\n\n")[0])


def test_make_run_ends_with_three_commands():
    assert len(next_commands()) == 3


@pytest.mark.slow
@pytest.mark.parametrize("command", next_commands())
def test_what_make_run_says_comes_next_works(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    code, shown = enter(f"{command} --quiet --seed 1")
    assert code == 0
    assert "naive" in shown or "PASS" in shown or "theta" in shown or "tau" in shown


def wheel_alone(folder: Path) -> str:
    """Make an environment that has sbc from its wheel, and all else from this one."""
    unwanted = shutil.ignore_patterns(".*", "reports", "build", "dist", "_build", "*.egg-info")
    source = shutil.copytree(ROOT, folder / "source", ignore=unwanted)
    do([sys.executable, "-m", "build", "--wheel", "--no-isolation", str(source)], folder)
    bare = getattr(sys, "_base_executable", sys.executable)
    do([bare, "-m", "venv", str(folder / "venv")], folder)
    python = str(folder / "venv" / "bin" / "python")
    (wheel,) = (source / "dist").glob("*.whl")
    do([python, "-m", "pip", "install", "--quiet", "--no-deps", str(wheel)], folder)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    there = Path(do([python, "-c", ask], folder).strip())
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        ours = "sbc" in package.name.lower() or package.suffix == ".pth"
        if not ours and not (there / package.name).exists():
            (there / package.name).symlink_to(package)
    return python


@pytest.mark.slow
def test_the_readme_works_in_an_empty_folder_with_the_wheel_alone(tmp_path):
    pytest.importorskip("build")
    python = wheel_alone(tmp_path)
    home = tmp_path / "empty"
    home.mkdir()
    assert str(tmp_path) in do([python, "-c", "import sbc; print(sbc.__file__)"], home)
    shown = []
    for language, text in README.snippets:
        if language == "python":
            shown.append(do([python, "-c", text], home))
        elif language == "sh":
            for command in typed_in(text):
                words = command.split()
                if words[0] == "python":
                    shown.append(do([python, *words[1:]], home))
                else:
                    assert words[0] in ("make", "pip"), command
    said = "\n".join(shown)
    # What the README shows of the verdict, and the table of its first run but for the digits.
    assert "PASS          model all: calibrated within 0.1" in said
    (table, verdict) = README.of("text")
    assert verdict.strip() in said
    digits = re.compile(r"-?\d+\.\d+")
    assert digits.sub("#", " ".join(table.split())) in digits.sub("#", " ".join(said.split()))
    assert (home / "first" / "report.html").stat().st_size > 10_000
