"""A model, a fit of statsmodels and a bootstrap of one's own: one run, one table, page and gate."""

from pathlib import Path

import pytest

from sbc.cli.main import main
from sbc.store.frames import load_run

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples" / "functions.py"
OWN = f"{EXAMPLES}:bootstrap@repeats=100"


def gated(folder, *expected):
    words = [word for one in expected for word in ("--expect", one)]
    return main(["gate", str(folder), *words])


@pytest.mark.slow
def test_a_model_a_likelihood_and_a_bootstrap_in_one_study(tmp_path, capsys):
    pytest.importorskip("statsmodels")
    folder = tmp_path / "run"
    words = ["run", "--estimator", f"mundlak,clogit,{OWN}", "--engine", "nutpie", "--truth"]
    words += ["effects", "--datasets", "200", "--quiet", "--out", str(folder)]
    assert main(words) == 0
    run = load_run(folder)
    engines = run.fits.groupby("estimator").engine.unique().map(list).to_dict()
    assert engines == {"mundlak": ["nutpie"], "clogit": ["function"], OWN: ["function"]}
    assert run.fits.groupby("estimator").size().eq(200).all()

    capsys.readouterr()
    assert main(["table", str(folder), "--reference", "clogit"]) == 0
    told = capsys.readouterr().out
    lines = [line.split() for line in told.split("\n\n")[1].splitlines()]
    assert [line[0] for line in lines if "beta_XY" in line] == ["mundlak", "clogit", OWN]

    assert main(["report", str(folder), "--out", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert all(name in page for name in ("mundlak", "clogit", "bootstrap"))

    right = "{coverage_95 = [0.85, 1], bias = 0.3}"
    good = [f"{name}:beta_XY={right}" for name in ("mundlak", "clogit")]
    assert gated(folder, *good, "bootstrap@repeats=100:beta_XY={coverage_95 = [0.75, 1]}") == 0
    assert "PASS" in capsys.readouterr().out
    # the twin: a bias that none of them has
    assert gated(folder, "clogit:beta_XY={bias = [0.5, 1]}") == 1
