from xml.etree import ElementTree

import pytest

from sbc.cli.main import main


def test_the_page_goes_into_the_run_s_folder(make, capsys):
    run = make(n=5, estimators=("latent",))
    assert main(["report", str(run.folder)]) == 0
    file = run.folder / "report.html"
    assert capsys.readouterr().out.strip() == str(file)
    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_markdown_is_printed_or_written(make, capsys, tmp_path):
    run = make(n=5, estimators=("latent",))
    assert main(["report", str(run.folder), "--format", "markdown"]) == 0
    printed = capsys.readouterr().out
    out = tmp_path / "summary.md"
    assert main(["report", str(run.folder), "--format", "markdown", "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8") == printed
    assert not (run.folder / "report.html").exists()


def test_each_figure_is_written_as_svg_and_png(make, tmp_path):
    run = make(n=12, estimators=("latent",))
    folder = tmp_path / "figures"
    main(["report", str(run.folder), "--format", "markdown", "--figures", str(folder)])
    names = {file.name for file in folder.iterdir()}
    assert {"bias.svg", "bias.png", "rank-histogram_latent_beta_XY.svg"} <= names
    assert {name[:-4] for name in names if name.endswith("svg")} == {
        name[:-4] for name in names if name.endswith("png")
    }
    for file in folder.glob("*.svg"):
        ElementTree.parse(file)
    for file in folder.glob("*.png"):
        assert file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["report", "nowhere"], "no folder nowhere"),
        (["report", "{run}", "--out", "{run}/run.json/x.html"], "cannot write"),
        (
            ["report", "{run}", "--format", "markdown", "--figures", "{run}/run.json"],
            "cannot write",
        ),
        (["report", "{run}", "--format", "pdf"], "invalid choice"),
        (["report"], "required"),
    ],
)
def test_mistakes_are_told_in_a_line(make, capsys, words, text):
    run = make(n=1, estimators=("latent",))
    assert main([word.format(run=run.folder) for word in words]) == 2
    assert text in capsys.readouterr().err
