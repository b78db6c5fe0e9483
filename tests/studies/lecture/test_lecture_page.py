"""The page, drawn from a folder of numbers, read as a reader and a browser do."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from browser import Browser, find
from geometry import faults
from lectures import PLAN
from parsed import Page

from sbc.cli.main import main
from sbc.stats import metrics
from sbc.store.schema import RESULTS_FILE
from sbc.studies.lecture import confound_figures
from sbc.studies.lecture import page as lecture_page
from sbc.studies.lecture.evidence import Evidence
from sbc.studies.lecture.judged import Verdict
from sbc.studies.lecture.plan import run_folder
from sbc.studies.lecture.scenarios import FEW_ROWS, SCENARIOS
from sbc.studies.lecture.statements import CLAIMS

#: Of stories 5, of tanks 7, of superstitions 1, of the confound 8.
FIGURES = 21


@pytest.fixture(scope="module")
def written(lecture_folder, tanks):
    return lecture_page.write_page(PLAN, lecture_folder, tanks)


@pytest.fixture(scope="module")
def file(written):
    return written[0]


@pytest.fixture(scope="module")
def text(file):
    return file.read_text(encoding="utf-8")


def test_every_claim_has_its_row_and_its_verdict(text, written):
    for claim in CLAIMS:
        assert claim.text.replace("'", "&#39;") in text
        for criterion in claim.criteria:
            assert f"to be {criterion.bounds.describe()}" in text
    assert len(written[1]) == len(CLAIMS)
    for judged in written[1]:
        assert f"</span> {judged.verdict.value}</span>" in text


def test_it_needs_nothing_beside_itself(text):
    page = Page(text)
    assert page.html == text
    for word in ("src=", "http://", "https://", "@import", "<script"):
        assert word not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")


@pytest.mark.skipif(find() is None, reason="no Chromium on this machine: not looked at")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (900, "light")])
def test_it_opens_without_complaints_or_sideways_scrolling(file, width, scheme):
    with Browser(find()) as browser:
        browser.open(file, width, scheme)
        assert browser.complaints() == []
        assert browser.requests() == [file.as_uri()]
        assert browser.evaluate("document.documentElement.scrollWidth") == width
        assert faults(browser) == []
        assert browser.evaluate("document.querySelectorAll('svg').length") == FIGURES


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--jobs", "0"], "--jobs must be at least 1"),
        (["--datasets", "1"], "--datasets must be at least 2"),
        (["--seed", "-1"], "--seed must lie between"),
        (["--sed", "1"], "no option called '--sed'"),
        (["--resume", "nowhere"], "holds no lecture"),
        (["--resume", "a", "--out", "b"], "--out starts a new lecture"),
    ],
)
def test_a_mistake_is_told_in_a_line(words, complaint, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["lecture", *words]) == 2
    assert complaint in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_lecture_goes_on_as_it_began(lecture_folder, capsys):
    for words, complaint in (
        (["--seed", "2"], "was made with seed 1"),
        (["--datasets", "5"], "has 30 datasets already"),
        (["--quick"], "is for a new lecture"),
    ):
        assert main(["lecture", "--resume", str(lecture_folder), *words]) == 2
        assert complaint in capsys.readouterr().err


def test_a_damaged_plan_is_told(tmp_path, capsys):
    (tmp_path / "lecture.json").write_text('{"datasets": "many"}', encoding="utf-8")
    assert main(["lecture", "--resume", str(tmp_path)]) == 2
    assert "is damaged" in capsys.readouterr().err


def test_a_folder_in_use_is_left_alone(lecture_folder, capsys):
    assert main(["lecture", "--out", str(lecture_folder)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_drawing_it_again_fits_nothing_and_gives_the_same(
    lecture_folder, capsys, monkeypatch, file, text
):
    from sbc.fitting import loop
    from sbc.studies.lecture import single

    def never(*_, **__):
        raise AssertionError("something was fitted")

    monkeypatch.setattr(loop, "execute", never)
    monkeypatch.setattr(single, "sample", never)
    assert main(["lecture", "--resume", str(lecture_folder), "--quiet"]) == 0
    told = capsys.readouterr().out
    assert all(claim.text in told for claim in CLAIMS)
    assert str(file) in told
    assert file.read_text(encoding="utf-8") == text


def test_mundlak_and_latent_are_set_against_each_other(lecture_folder, text):
    found = Evidence(FEW_ROWS, run_folder(lecture_folder, FEW_ROWS))
    (row,) = confound_figures.parted([found])
    mundlak, latent = found.pair("mundlak", "latent", "beta_XY")
    apart = metrics.bias(mundlak).value - metrics.bias(latent).value
    told = float(dict(row["cells"])["bias"].partition(" ")[0])
    assert told == pytest.approx(apart, abs=5e-4)
    for _, cell in row["cells"]:
        assert f">{cell}</td>" in text


@pytest.mark.slow
def test_a_lecture_in_which_every_fit_failed_has_its_page(lecture_folder, tanks, tmp_path):
    folder = tmp_path / "lecture"
    shutil.copytree(lecture_folder, folder)
    for scenario in SCENARIOS:
        with closing(sqlite3.connect(run_folder(folder, scenario) / RESULTS_FILE)) as store:
            store.execute("UPDATE fit SET status = 'error', error = 'ValueError: no'")
            store.commit()
    file, judged = lecture_page.write_page(PLAN, folder, tanks)
    assert {one.verdict for one in judged if one.failed} == {Verdict.OPEN}
    assert "too many to judge" in file.read_text(encoding="utf-8")
