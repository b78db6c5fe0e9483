"""What a newcomer types: the README in an empty folder, and what `make run` says comes next."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
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


def fresh(folder: Path) -> tuple[str, Path]:
    """Build the wheel, and make an environment that has nothing; give its Python and the wheel."""
    unwanted = shutil.ignore_patterns(".*", "reports", "build", "dist", "_build", "*.egg-info")
    source = shutil.copytree(ROOT, folder / "source", ignore=unwanted)
    do([sys.executable, "-m", "build", "--wheel", "--no-isolation", str(source)], folder)
    bare = getattr(sys, "_base_executable", sys.executable)
    do([bare, "-m", "venv", str(folder / "venv")], folder)
    python = str(folder / "venv" / "bin" / "python")
    (wheel,) = (source / "dist").glob("*.whl")
    return python, wheel


def wheel_alone(folder: Path) -> str:
    """Make an environment that has sbc from its wheel, and all else from this one."""
    python, wheel = fresh(folder)
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


#: What an extra is for, as a command that needs it.
EXTRAS = {
    "completion": ["--print-completion", "bash"],
    "dask": ["run", "--estimator", "naive", "--cluster", "tcp://127.0.0.1:1", "--out", "dask"],
    "numpyro": ["run", "--estimator", "naive", "--engine", "numpyro", "--datasets", "4", "--quiet",
                "--out", "numpyro"],
    "statsmodels": ["run", "--estimator", "ml_naive", "--datasets", "4", "--quiet", "--out", "ml"],
}  # fmt: skip


def test_every_extra_of_a_user_s_is_tried():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert EXTRAS.keys() == project["optional-dependencies"].keys() - {"docs", "dev"}


@pytest.mark.slow
def test_pip_installs_the_wheel_and_its_extras_and_every_door_opens(tmp_path):
    """All of it comes from the registry; nothing of this environment is seen."""
    pytest.importorskip("build")
    python, wheel = fresh(tmp_path)
    home = tmp_path / "empty"
    home.mkdir()

    def install(*what: str) -> None:
        do([python, "-m", "pip", "install", "--quiet", *what], home)

    def sbc(*words: str) -> tuple[int, str]:
        done = subprocess.run([python, "-m", "sbc", *words], cwd=home, capture_output=True,
                              text=True, check=False)  # fmt: skip
        return done.returncode, f"{done.stdout}{done.stderr}"

    install(str(wheel))
    assert str(tmp_path) in do([python, "-c", "import sbc; print(sbc.__file__)"], home)
    page = PAGES["docs/python.md"].of("python")
    (of_pytest,) = (text for text in page if text.startswith("# test_model.py"))
    (home / "page.py").write_text("\n".join(text for text in page if text != of_pytest))
    assert "PASS" in do([python, "page.py"], home, MPLBACKEND="Agg")
    smoke = ["--preset", "smoke"]
    for command in ("table", "describe", "report", "gate"):
        code, shown = sbc(command, "first", *(smoke if command == "gate" else ()))
        assert code == 0, shown
    code, told = sbc("explain", "first")
    assert code == 2  # the model stands in no file, and it is said who can be handed it
    assert "sbc.run({'model': model}, resume='first').explain()" in told
    install("pytest")
    (home / "test_model.py").write_text(of_pytest)
    words = ["test_model.py", "--sbc-max-datasets", "150", "--junit-xml", "suite.xml"]
    assert "1 passed" in do([python, "-m", "pytest", *words], home)
    assert "PASS" in (home / "suite.xml").read_text()
    for extra, words in EXTRAS.items():
        code, told = sbc(*words)
        assert code == 2, told  # it is said what to install
        assert "pip install" in told
        install(f"{wheel}[{extra}]")
        code, told = sbc(*words)
        assert "pip install" not in told
        assert code == (2 if extra == "dask" else 0), told  # nobody listens at that address
