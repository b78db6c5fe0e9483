"""What a shell completes: the script is loaded in bash itself, which is asked as Tab asks."""

from __future__ import annotations

import builtins
import shutil
import subprocess
import sys

import pytest

from sbc.cli.completion import script
from sbc.cli.main import COMMANDS, main
from sbc.plugins import catalogue

pytest.importorskip("shtab")
#: Does what Readline does: finds the function of a command, tells it the words, reads its answer.
TAB = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
function=$(complete -p sbc | sed 's/.*-F \\([^ ]*\\).*/\\1/')
"$function" sbc "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("completion")
    (folder / "models.py").touch()
    (folder / "notes.txt").touch()
    (folder / "completion.bash").write_text(script("bash"))
    return folder / "completion.bash"


def tab(file, *words):
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(
        [bash, "--norc", "-c", TAB, "tab", file, "sbc", *words],
        cwd=file.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return sorted(filter(None, done.stdout.splitlines()))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["ru"], ["run"]),
        (["po"], ["posterior", "power"]),
        (["run", "--estim"], ["--estimand", "--estimator"]),
        (["run", "--estimator", "mund"], ["mundlak"]),
        (["run", "--estimator", "naive,mund"], ["naive,mundlak"]),
        (["run", "--estimator", "mod"], ["models.py"]),
        (["gate", "--run", "--engine", "nutp"], ["nutpie"]),
        (["check", "--generator", "reed"], ["reedfrogs"]),
        (["table", "--format", "mark"], ["markdown"]),
        (["gate", "--config", "no"], ["notes.txt"]),
        (["run", "--estimator", "nobody"], []),
    ],
    ids=" ".join,
)
def test_bash_completes(file, words, told):
    assert tab(file, *words) == told


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_every_command_and_name_stands_in_the_script(shell, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--print-completion", shell])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)
    if shell != "tcsh":
        assert all(name in text for name in catalogue.names("engine"))


def test_mistakes_are_told_in_a_line(capsys, monkeypatch):
    assert main(["--print-completion", "fish"]) == 2
    assert "choose from" in capsys.readouterr().err
    real = builtins.__import__

    def without(name, *rest):
        if name == "shtab":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["--print-completion", "bash"]) == 2
    assert "pip install 'sbc-harness[completion]'" in capsys.readouterr().err


def test_help_loads_nothing_of_it():
    code = (
        "import sys; from sbc.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print({'shtab', 'numpy', 'pandas', 'sbc.cli.completion'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\nset()\n")
