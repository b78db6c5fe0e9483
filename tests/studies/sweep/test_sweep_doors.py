"""A sweep by both doors: what the commands make of its folder, its methods make too."""

from __future__ import annotations

import pytest
from made_sweep import made_sweep
from synthetic import SETTINGS

import sbc
from sbc.cli.main import main
from sbc.plugins.errors import UserError, in_shell
from sbc.studies.sweep.asked import parse_grid


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    grid = parse_grid(["sd_U=0,1.5"], SETTINGS)
    return made_sweep(tmp_path_factory.mktemp("doors") / "sweep", grid, datasets=60)


def test_a_gate_says_and_writes_the_same(swept, tmp_path, capsys):
    asked = "mundlak:beta_XY={bias = 1.0}"
    files = {name: tmp_path / f"{name}.txt" for name in ("json", "junit", "markdown")}
    words = [word for name, file in files.items() for word in (f"--{name}", f"{file}.shell")]
    code = main(["gate", str(swept), "--expect", asked, *words])
    gate = sbc.load(swept).gate(expect=asked, **files)
    assert capsys.readouterr().out == f"{gate}\n"
    assert gate.exit_code == code
    for file in files.values():
        assert file.read_text() == file.with_name(f"{file.name}.shell").read_text()


def test_a_report_is_written_in_both_ways(swept, tmp_path, capsys):
    out = tmp_path / "page.md"
    loaded = sbc.load(swept)
    assert main(["report", str(swept), "--format", "markdown", "--bound", "bias=0.3"]) == 0
    assert capsys.readouterr().out == f"{loaded.report(format='markdown', bounds={'bias': 0.3})}\n"
    assert loaded.report(out, format="markdown") == out
    page = loaded.report(tmp_path / "page.html", figures=tmp_path / "figures")
    assert page.stat().st_size > 1000
    assert list((tmp_path / "figures").glob("*.svg"))


def test_a_table_takes_what_a_run_s_does(swept, capsys):
    loaded = sbc.load(swept)
    assert "answer_bias" in loaded.table(bounds={"bias": 0.3})
    assert "rope_inside" in loaded.table(rope={"beta_XY": (-1, 1)})
    assert main(["table", str(swept), "--interval", "hdi"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "shortest intervals" in shown


@pytest.mark.parametrize(
    ("words", "call"),
    [
        (["table", "--by", "sd_U", "--null", "0"], lambda s: s.table(by="sd_U", null=0.0)),
        (["table", "--by", "sd_U", "--interval", "hdi"], lambda s: s.table("sd_U", interval="hdi")),
        (["table", "--by", "sd_V"], lambda s: s.table("sd_V")),
        (["table", "--by", "sd_U", "--levels", "2"], lambda s: s.table("sd_U", [2])),
        (["table", "--bound", "bais=1"], lambda s: s.table(bounds={"bais": 1})),
        (["report", "--bound", "bais=1"], lambda s: s.report(bounds={"bais": 1})),
        (["report", "--field", "zipp"], lambda s: s.report(field=["zipp"])),
        (["gate", "--preset", "daily"], lambda s: s.gate(preset="daily")),
        (["gate", "--expect", "x:y=calibrated"], lambda s: s.gate(expect="x:y=calibrated")),
        (["replay", "--dataset", "0"], lambda s: s.replay(0)),
        (
            ["replay", "--dataset", "0", "--estimator", "naive", "--cell", "9"],
            lambda s: s.replay(0, "naive", cell=9),
        ),
        (["posterior", "--dataset", "0"], lambda s: s.posterior(0)),
        (["posterior", "--dataset", "0", "--cell", "9"], lambda s: s.posterior(0, cell=9)),
    ],
)
def test_a_mistake_about_a_sweep_is_told_in_the_same_words(swept, words, call, capsys):
    command, *more = words
    assert main([command, str(swept), *more]) == 2
    told = capsys.readouterr().err.removeprefix("sbc: error: ").rstrip("\n")
    with pytest.raises(UserError) as mistake:
        call(sbc.load(swept))
    assert in_shell(mistake.value.neutral) == told


@pytest.mark.parametrize(
    "words", [["--bound", "bias=1"], ["--compare", "--by", "x"], ["--agreement", "--null", "0"]]
)
def test_what_a_run_s_table_has_not_is_refused(words, tmp_path, capsys):
    from synthetic import calibrated, fits, make_run

    run = make_run(tmp_path / "run", fits({"beta_XY": calibrated(9)}))
    assert main(["table", str(run), *words]) == 2
    assert words[-2] in capsys.readouterr().err


def test_a_sweep_gives_way_to_a_new_one_if_that_is_asked(tmp_path, monkeypatch):
    from sbc.fitting import preflight
    from sbc.studies.sweep import fit

    monkeypatch.setattr(fit, "execute", lambda *args, **options: None)
    monkeypatch.setattr(preflight, "estimands", lambda settings: {"naive": ["beta_XY"]})
    monkeypatch.setattr(preflight, "lines", lambda settings: {})
    folder = made_sweep(tmp_path / "sweep", parse_grid(["sd_U=0,1.5"], SETTINGS))
    asked = {"vary": {"sd_U": [0, 2]}, "out": folder, "progress": False}
    with pytest.raises(UserError, match="exists already"):
        sbc.sweep("naive", **asked)
    assert len(sbc.load(folder).runs[0].fits) > 0
    swept = sbc.sweep("naive", **asked, overwrite=True)
    assert [cell["sd_U"] for cell in swept.cells] == [0, 2]
    assert all(run.fits.empty for run in swept.runs)


def test_a_sweep_shows_itself_as_the_terminal_s_table(swept, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    loaded = sbc.load(swept)
    line = f"<sweep {swept}: 2 cells over sd_U, naive by nutpie, mundlak by nutpie>"
    assert repr(loaded) == line
    assert max(map(len, str(loaded).splitlines())) <= 80
    assert "beta_XY" in loaded._repr_html_()
    assert loaded._repr_html_().startswith("<pre>generator confound")
    gate = loaded.gate(expect="mundlak:beta_XY={bias = 1.0}")
    assert "mundlak beta_XY" in gate._repr_html_()
