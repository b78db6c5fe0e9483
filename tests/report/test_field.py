"""Figures of the field: which a study has something for, what they draw, and where they go."""

import math

import numpy as np
import pandas as pd
import pytest

import sbc
from sbc.cli.main import main
from sbc.plugins.errors import UserError
from sbc.report.field import KINDS, Study, check_kinds, field_pictures
from sbc.report.figures.field_measures import Method, Shown, nested_loop
from sbc.store.frames import load_run


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Two methods by two factors, one of them biased where the shape is 'odd, n 9'."""
    rng, rows = np.random.default_rng(4), []
    for n in (50, 250):
        for shape in ("flat", "odd, n 9"):
            for k in range(15):
                luck = rng.normal() / math.sqrt(n)
                for method, shift in (("plain", 0.0), ("bent", 0.5 * (shape != "flat"))):
                    rows.append((k, n, shape, method, 0.3 + luck + shift, n**-0.5))
    frame = pd.DataFrame(rows, columns=["dataset", "n", "shape", "method", "estimate", "se"])
    folder = tmp_path_factory.mktemp("field") / "study"
    return sbc.import_results(frame, folder, true=0.3)


@pytest.fixture(scope="module")
def drawn(study):
    return dict(field_pictures(Study.of(study), KINDS))


def test_cells_have_the_levels_of_their_factors(study):
    levels = [{"n": n, "shape": shape} for n in ("50", "250") for shape in ("flat", "odd, n 9")]
    assert Study.of(study).levels == levels


def test_a_study_has_all_but_the_recovery_of_its_one_truth(drawn):
    measured = {f"{kind}-{m}" for kind in ("forest", "lollipop", "nested-loop")
                for m in ("bias", "rmse", "coverage")}  # fmt: skip
    wanted = measured | {"zip", "bland-altman", "bias-rmse"}
    assert {name.removesuffix("-estimate") for name in drawn} == wanted
    for picture in drawn.values():
        assert picture.alt
        assert picture.caption
        assert "nan" not in picture.alt


def test_lollipops_hang_at_the_bias_with_brackets_at_its_interval(study, drawn):
    axes = drawn["lollipop-bias-estimate"].figure.axes
    assert len(axes) == 4
    rows = study.table().set_index(["stratum", "estimator"])
    bent = rows.loc[("n 50, shape odd, n 9", "bent")]
    marks = [line for line in axes[1].lines if line.get_marker() == "o"]
    assert marks[1].get_xdata()[0] == pytest.approx(bent["bias"])
    brackets = [line for line in axes[1].lines if line.get_marker() == "|"]
    reach = 1.959964 * bent["bias_mcse"]
    assert brackets[1].get_xdata() == pytest.approx([bent["bias"] - reach, bent["bias"] + reach])


def test_a_nested_loop_has_a_step_a_method_and_a_row_a_factor(drawn):
    top, *below = drawn["nested-loop-bias-estimate"].figure.axes
    assert len(top.patches) == 2
    assert [axes.get_ylabel() for axes in below] == ["n", "shape"]
    heights = [axes.patches[0].get_data().values.tolist() for axes in below]
    assert heights == [[0, 0, 1, 1], [0, 1, 0, 1]]
    assert [text.get_text() for text in below[0].texts] == ["50", "250"]


def test_zip_plots_show_every_interval_and_which_miss(study, drawn):
    axes = drawn["zip-estimate"].figure.axes
    assert len(axes) == 8  # methods by cells
    rows = study.table()
    for panel, estimator, stratum in ((axes[0], "plain", "n 50, shape flat"),
                                      (axes[3], "bent", "n 50, shape odd, n 9")):  # fmt: skip
        row = rows[(rows.estimator == estimator) & (rows.stratum == stratum)].iloc[0]
        counts = [len(p.get_path().vertices) // 2 for p in panel.patches if not p.get_fill()]
        assert sum(counts) == 15
        missed = 15 - round(15 * row["coverage_95"])
        assert missed == 0 or missed in counts


def test_limits_of_agreement_are_those_of_the_table(study, drawn):
    panel = drawn["bland-altman-estimate"].figure.axes[1]
    values = [line.get_ydata()[0] for line in panel.lines[:3]]
    assert values == pytest.approx([0.5, 0.5, 0.5])  # both had the same luck


def test_recovery_is_for_truths_that_differ(new_run, new_fit):
    run = load_run(new_run([new_fit(k) for k in range(12)]))
    kinds = ("recovery", "nested-loop", "bland-altman")
    found = dict(field_pictures(Study.of(run), kinds))
    assert found.keys() == {"recovery-beta_XY", "recovery-beta_ZY"}
    ends = found["recovery-beta_XY"].figure.axes[0].lines[0]
    assert list(ends.get_xdata()) == list(ends.get_ydata())


def test_nothing_is_drawn_of_nothing(new_run, new_fit):
    run = load_run(new_run([new_fit(0, status="error")]))
    assert list(field_pictures(Study.of(run), KINDS)) == []


def test_levels_without_room_stand_at_the_end_of_their_steps():
    levels = [{"a": str(a), "b": b} for a in range(20) for b in ("exponential", "weibull")]
    method = Method("m", "#000000", "o")
    values = {(i, method): (0.0, 0.1) for i in range(40)}
    picture = nested_loop(Shown("bias", "Bias", 0.0), levels, values, "x")
    _, _, narrow = picture.figure.axes
    assert [tick.get_text() for tick in narrow.get_yticklabels()] == ["exponential", "weibull"]
    assert not narrow.texts


def test_a_figure_says_what_it_leaves_out(study, monkeypatch):
    monkeypatch.setattr("sbc.report.field.MOST", 3)
    found = dict(field_pictures(Study.of(study), ["zip"]))
    assert "The first 3 of 8 panels." in found["zip-estimate"].caption
    assert len(found["zip-estimate"].figure.axes) == 3


def test_figures_are_named():
    assert check_kinds(["all"]) == list(KINDS)
    with pytest.raises(UserError, match="Did you mean 'forest'"):
        check_kinds(["forrest"])


@pytest.mark.slow
def test_they_stand_on_the_page_and_in_files(study, tmp_path, capsys):
    page, figures = tmp_path / "page.html", tmp_path / "figures"
    words = ["report", str(study.folder), "--out", str(page), "--figures", str(figures)]
    assert main([*words, "--field", "forest,nested-loop"]) == 0
    text = page.read_text()
    assert "Figures of the study" in text
    assert "Rücker and Schwarzer 2014" in text
    assert (figures / "nested-loop-bias-estimate.svg").exists()
    assert (figures / "forest-rmse-estimate.png").exists()
    assert main([*words, "--field", "forrest"]) == 2
    assert main(words[:4]) == 0
    assert "Figures of the study" not in page.read_text()
