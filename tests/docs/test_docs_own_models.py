"""Every command and every piece of code of docs/own-models.md."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import shlex
import shutil
from pathlib import Path

import pytest

from sbc.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "own-models.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.M | re.S)
COMMANDS = [
    shlex.split(text.replace("\\\n", " ")) for language, text in SNIPPETS if language == "sh"
]
EXAMPLES = (ROOT / "docs" / "examples" / "eight_schools.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Run the page's commands in one folder; give exit code and output by the run's folder."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "docs" / "examples", folder / "docs" / "examples")
    shown = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for words in COMMANDS:
            assert words[:3] == ["python", "-m", "sbc"]
            with contextlib.redirect_stdout(io.StringIO()) as said:
                code = main([*words[3:], "--quiet"])
            shown[words[words.index("--out") + 1]] = (code, said.getvalue())
    return shown


def test_the_centred_form_is_found_out_and_the_other_passes(outcomes):
    first, second, _ = [text.strip() for language, text in SNIPPETS if language == "text"]
    code, said = outcomes["schools-centred"]
    assert code == 4
    assert first in said
    code, said = outcomes["schools"]
    assert code == 0
    assert second in said


def test_a_simulator_agrees_with_the_model_or_finds_it_out(outcomes):
    told = [text.strip() for language, text in SNIPPETS if language == "text"][2]
    code, said = outcomes["schools-measured"]
    assert code == 0
    assert told in said
    code, said = outcomes["schools-misread"]
    assert code == 1


def test_an_element_of_a_deterministic_is_ranked(outcomes):
    code, said = outcomes["school-3"]
    assert code == 0
    assert "theta[3]" in said


def test_real_data_are_named_with_the_regime(outcomes):
    code, said = outcomes["frogs"]
    assert code == 0
    assert "truth 'posterior', data docs/examples/reedfrogs.csv: uniform ranks are expected" in said


def test_the_code_that_is_shown_is_that_of_the_file():
    shown = "\n".join(text for language, text in SNIPPETS if language == "python")
    there = {ast.unparse(node) for node in ast.parse(EXAMPLES).body}
    models = [node for node in ast.parse(shown).body if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in models] == ["centred", "non_centred", "measured"]
    assert {ast.unparse(node) for node in models} <= there


def test_the_python_of_the_page_runs(tmp_path, monkeypatch):
    code = "\n".join(t for _, t in SNIPPETS if t.startswith(("import sbc", "import pymc")))
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(code.replace("datasets=20", "datasets=2, progress=False"), names)
    assert names["again"].fits.equals(names["run"].fits)


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)]+)\)", PAGE))
def test_links_lead_somewhere(target):
    assert (ROOT / "docs" / target).exists()
