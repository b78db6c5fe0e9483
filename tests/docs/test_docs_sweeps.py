"""The commands of docs/sweeps.md, and what the page quotes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from sbc.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8")
SWEEP, DESIGN = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def commands(text):
    lines = text.replace("\\\n", " ").splitlines()
    return [shlex.split(line)[3:] for line in lines if line.strip()]


def test_a_sweep_is_made_and_shown_as_the_page_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for words in commands(SWEEP):
        assert main(words) == 0, words
    shown = capsys.readouterr().out
    assert "180 fits in all" in shown
    assert re.search(r"^\d+,1\.5,confound,effects,False,mundlak,nutpie,beta_XY", shown, re.M)
    assert "<svg" in (tmp_path / "map.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_design_is_found_as_the_page_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (words,) = commands(DESIGN)
    assert main([*words, "--quiet"]) == 0
    answer = re.search(r"n_groups = \d+ will do", PAGE)[0]
    assert answer in capsys.readouterr().out


def test_every_number_with_an_error_stands_on_the_page_of_the_example():
    page = (ROOT / "reports" / "example" / "sweep.html").read_text(encoding="utf-8")
    map_of_five = PAGE.partition("## The map of the five")[2].partition("\n## ")[0]
    quoted = re.findall(r"-?\d+\.\d+\s\(\d+\)", map_of_five)
    assert len(quoted) > 15
    shown = re.sub(r"<[^>]+>", " ", page)
    missing = [
        n for n in quoted if not re.search(rf"(?<![\d.-]){re.escape(' '.join(n.split()))}", shown)
    ]
    assert missing == []


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", PAGE))
def test_links_lead_somewhere(target):
    assert (ROOT / "docs" / target).exists()
