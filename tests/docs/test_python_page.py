"""The page about Python and the tutorial notebook: their code runs, and the notebook decides."""

from __future__ import annotations

import ast
import json
import re

import pytest
from matplotlib import pyplot as plt
from pages import PAGES, ROOT

import sbc
from sbc.studies.loaded import LoadedRun

PAGE = PAGES["docs/python.md"]


def cells():
    notebook = json.loads((ROOT / "docs" / "tutorial.ipynb").read_text(encoding="utf-8"))
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def test_all_that_the_page_names_is_there():
    rows = [line.split("|")[2] for line in PAGE.text.splitlines() if line.startswith("| ")]
    named = re.findall(r"`(?:run = )?(sbc|run)\.(\w+)\(", "\n".join(rows).replace("`, `", "`\n`"))
    assert len(named) >= 14
    for owner, name in named:
        assert callable(getattr({"sbc": sbc, "run": LoadedRun}[owner], name))


@pytest.mark.slow
def test_the_python_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    texts = [t for t in PAGE.of("python") if not t.startswith("# test_model.py")]
    exec("\n".join(texts), names)
    plt.close("all")
    assert names["bounds"].outcome in ("pass", "inconclusive")
    assert (tmp_path / "first" / "report.html").is_file()


def test_the_notebook_is_python_and_holds_no_output():
    notebook = json.loads((ROOT / "docs" / "tutorial.ipynb").read_text(encoding="utf-8"))
    for text in cells():
        ast.parse(text)
    assert {c["cell_type"] for c in notebook["cells"]} == {"code", "markdown"}


@pytest.mark.slow
def test_the_notebook_ends_in_a_decision(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for text in cells():
        exec(text, names)
    plt.close("all")
    assert names["run"]._repr_html_().count("<tr>") == 5  # a head, and two estimands by two engines
    assert names["laplace"].outcome == "fail"  # sigma: a bias of more than a posterior sd
    assert names["decision"] == "nutpie"
