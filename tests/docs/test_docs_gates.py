"""Every snippet of docs/gates.md, in its order and in one folder."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sbc.cli.main import main
from sbc.stats.sequential.judge import PRESETS, tolerated
from sbc.stats.sequential.outcome import ALPHA_FAIL, ALPHA_PASS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gates.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.M | re.S)


def commands(text):
    return [shlex.split(line) for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def outside(words):
    """Run a command in a process of its own, as a user does."""
    done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Run the whole page; give the shown output by command."""
    shown = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("docs"))
        patch.delenv("GITHUB_STEP_SUMMARY", raising=False)
        for language, text in SNIPPETS:
            if language in ("toml", "python", "yaml"):
                file = Path(re.match(r"# (\S+)\n", text)[1])
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            elif language == "sh":
                for words in commands(text):
                    assert words[:2] == ["python", "-m"]
                    shown[shlex.join(words)] = run(words)
            if language == "yaml":
                for line in re.findall(r"- run: (python .*)", text):
                    shown[line] = run(shlex.split(line))
                    assert Path("gate.xml").exists()
    return shown


def run(words):
    if words[2] != "sbc":
        return outside(words)
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        code = main(words[3:])
    assert code == 0, shown.getvalue()
    return shown.getvalue()


def test_every_command_does_what_the_page_says(outputs):
    assert len(outputs) == 9
    (tested,) = [shown for command, shown in outputs.items() if " pytest " in command]
    assert re.search(r"\b3 passed", tested)


def test_the_output_that_is_shown_is_what_comes(outputs):
    (first,) = [text for language, text in SNIPPETS if language == "text"]

    def verdicts(text):
        return re.findall(r"^(?:PASS|FAIL|INCONCLUSIVE|generator).*", text, flags=re.M)

    assert verdicts(first) == verdicts(next(iter(outputs.values())))


def test_the_numbers_of_the_page_are_those_of_the_code():
    for name, preset in PRESETS.items():
        edge = tolerated(preset.delta)
        row = re.search(rf"^\| `{name}`.*$", PAGE, flags=re.M)[0]
        assert f"| {preset.delta:.2f} | {edge.bias:.2f} |" in row
        assert f"| {edge.sd_low:.2f} to {edge.sd_high:.2f} | {preset.max_datasets} |" in row
    assert (ALPHA_FAIL, ALPHA_PASS) == (0.001, 0.05)
    assert "`alpha_pass`, 5 %" in PAGE
    assert "`alpha_fail`, 0.1 %" in PAGE


def test_the_workflow_is_yaml():
    yaml = pytest.importorskip("yaml")
    (text,) = [text for language, text in SNIPPETS if language == "yaml"]
    steps = yaml.safe_load(text)["jobs"]["gate"]["steps"]
    assert [next(iter(step)) for step in steps] == ["uses", "uses", "run", "run", "uses"]
