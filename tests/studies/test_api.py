"""The Python interface: the bits of the command line, as frames."""

import sys

import numpy as np
import pandas as pd
import pytest

import sbc
from sbc.plugins.errors import UserError
from sbc.studies.loaded import LoadedRun

sys.path.insert(0, "tests/files")
SMALL = {"draws": 400, "tune": 200, "datasets": 3, "jobs": 2, "progress": False}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return sbc.run("naive", **SMALL, out=tmp_path_factory.mktemp("runs") / "made")


def test_a_run_comes_back_as_frames(made):
    assert isinstance(made, LoadedRun)
    assert made.fits["dataset"].tolist() == [0, 1, 2]
    assert set(made.results["quantity"]) >= {"beta_XY", "beta_ZY"}
    assert made.table()["estimand"].tolist() == ["beta_XY", "beta_ZY"]
    assert "<table" in made._repr_html_()


def test_loading_gives_the_same(made):
    again = sbc.load(made.folder)
    pd.testing.assert_frame_equal(again.fits, made.fits)
    pd.testing.assert_frame_equal(again.results, made.results)


def test_going_on_adds_datasets_and_changes_none(made, tmp_path):
    longer = sbc.run(resume=made.folder, datasets=4, jobs=1, progress=False)
    old = longer.results[longer.results.dataset < 3].reset_index(drop=True)
    pd.testing.assert_frame_equal(old, made.results)
    assert longer.fits["dataset"].tolist() == [0, 1, 2, 3]


def test_a_report_and_a_tree(made, tmp_path):
    page = made.report(tmp_path / "page.html")
    assert "naive" in page.read_text(encoding="utf-8")
    tree = made.to_datatree()
    assert tree["prior_sbc"].sizes["chain"] == 1
    assert np.all((tree["prior_sbc"]["beta_XY"] > 0) & (tree["prior_sbc"]["beta_XY"] < 1))


def test_a_function_is_named_by_its_file(tmp_path):
    from normal_mean import normal_mean, normal_world

    found = sbc.run(normal_mean, normal_world, **SMALL, out=tmp_path / "run")
    assert found.settings.estimators == ("tests/files/normal_mean.py:normal_mean",)
    assert found.settings.generator == "tests/files/normal_mean.py:normal_world"
    assert not found.fits.error.any()


def test_mistakes_are_told_as_on_the_command_line(made, tmp_path):
    with pytest.raises(UserError, match="Did you mean 'mundlak'"):
        sbc.run("mundalk")
    with pytest.raises(UserError, match=r"^draws must be at least 20, not 1$"):
        sbc.run("naive", draws=1)
    with pytest.raises(UserError, match=r"^target_accept takes a number, not 'high'$"):
        sbc.run("naive", target_accept="high")
    with pytest.raises(UserError, match=r"^parameter sd_U must be a finite number ≥ 0, not -1$"):
        sbc.run("naive", parameters={"sd_U": -1})
    with pytest.raises(UserError, match="states no model"):
        sbc.run(eval("lambda group: None"))
    with pytest.raises(UserError, match="name one of them"):
        sbc.run("naive", out=tmp_path, resume=tmp_path)
    with pytest.raises(UserError, match="no engine called 'pymc'"):
        made.to_datatree(engine="pymc")
    with pytest.raises(UserError, match="no folder"):
        sbc.load(tmp_path / "gone")
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        sbc.nothing_of_the_kind  # noqa: B018
