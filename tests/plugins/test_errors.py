"""One message, two doors: a setting is named as whoever asks would write it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sbc.cli.main import main
from sbc.plugins.errors import UserError, in_python, in_shell, option

SBC = Path(__file__).parents[2] / "sbc"


@pytest.mark.parametrize(
    ("said", "shell", "python"),
    [
        (option("draws"), "--draws", "draws"),
        (option("target_accept"), "--target-accept", "target_accept"),
        (option("parameter") + " n_rows", "--set n_rows", "parameter n_rows"),
        (option("estimands", "b[0],b[1]"), "--estimand 'b[0],b[1]'", "estimands='b[0],b[1]'"),
        (option("truth", "prior"), "--truth prior", "truth='prior'"),
        (option("resume", Path("a b")), "--resume 'a b'", "resume='a b'"),
        (f"{option('isolate')} and {option('cluster', '')}", "--isolate and --cluster ''", None),
        ("plain --words, a=b", "plain --words, a=b", "plain --words, a=b"),
    ],
)
def test_a_setting_is_spelled_for_the_door(said, shell, python):
    assert in_shell(said) == shell
    if python is not None:
        assert in_python(said) == python


def test_a_mistake_reads_as_python_s_unless_a_door_asks():
    mistake = UserError(f"{option('draws')} must be at least 20")
    assert str(mistake) == "draws must be at least 20"
    assert in_shell(mistake.neutral) == "--draws must be at least 20"
    assert str(UserError()) == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "--draws", "1"], "--draws must be at least 20, not 1"),
        (["run", "--set", "n_rows"], "--set takes NAME=VALUE, not 'n_rows'"),
        (["run", "--max-time", "soon"], "--max-time takes a time above 0"),
        (["run", "--truth", "posterior"], "--truth posterior needs real data"),
        (["sweep", "--vary", "n_rows"], "--vary takes NAME=VALUES, not 'n_rows'"),
        (["gate", "--run", "--expect", "naive"], "--expect takes ESTIMATOR"),
    ],
)
def test_the_command_line_has_its_own_spelling(words, told, capsys, tmp_path):
    out = [] if words[0] == "gate" else ["--out", str(tmp_path / "run")]
    assert main([*words, "--estimator", "naive", *out]) == 2
    assert told in capsys.readouterr().err


def test_no_file_below_the_doors_writes_the_spelling_of_one():
    doors = {SBC / "cli"}
    spelled = re.compile(r"""["'( ]--[a-z]{3,}""")
    # Help texts, commands to copy and the declaration of a setting are the command line's own.
    own = ("replay", "--dataset", "--estimator", "--engine", "--always", "sbc sweep --resume")
    own += ("var(--",)
    for file in SBC.rglob("*.py"):
        if doors & set(file.parents) or file.name in ("errors.py",):
            continue
        text = re.sub(r'""".*?"""', "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        wrong = [
            line
            for line in text.splitlines()
            if spelled.search(line) and not any(word in line for word in own)
        ]
        assert not wrong, (file.name, wrong)


def test_a_message_without_a_door_is_readable(tmp_path):
    code = "import sbc; sbc.run('naive', truth='posterior')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last.endswith("UserError: truth='posterior' needs real data for naive: data='FILE'")
