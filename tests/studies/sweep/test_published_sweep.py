"""A sweep as papers print it: its table to publish, its paragraphs and its figures."""

import re
from argparse import Namespace

import pytest
from quick import WORLD, settings

from sbc.cli.table import main as show
from sbc.report.field import field_pictures
from sbc.studies.describe import describe
from sbc.studies.sweep import fit
from sbc.studies.sweep.asked import parse_grid
from sbc.studies.sweep.pictures import study_of
from sbc.studies.sweep.plan import initial
from sbc.studies.sweep.read import load_sweep
from sbc.studies.sweep.table import render, sweep_table

MODEL = WORLD.replace("normal_world", "normal_mean")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published") / "sweep"
    chosen = settings(MODEL, datasets=12)
    plan = initial(parse_grid(["n_rows=2,5"], chosen), chosen, precision={"bias": 9.0})
    fit.create(chosen, plan, folder).close()
    fit.execute(folder, chosen, plan, 1, progress=False)
    return load_sweep(folder)


def test_its_table_is_grouped_by_what_varies(sweep):
    text = render(sweep, "latex", null=0.0)
    assert re.findall(r"\\textit\{(.*?)\}", text) == [r"n\_rows = 2", r"n\_rows = 5"]
    assert "average power over the truths" in text
    assert "Rejects null" in render(sweep, "text", measures=["power"])
    assert "rope_inside" in sweep_table(
        sweep, rope={sweep_table(sweep)["estimand"][0]: (-1.0, 1.0)}
    )


def test_the_command_writes_it(sweep, capsys):
    unset = dict.fromkeys(("by", "levels", "reference", "bound", "null", "rope", "measures"))
    given = {"folder": sweep.folder, "kind": "typst", "errors": "compact", "interval": "equal"}
    given |= {"elements": False, "compare": False, "agreement": False}
    assert show(Namespace(**unset, **given)) == 0
    assert capsys.readouterr().out == f"{render(sweep, 'typst', errors='compact')}\n"


def test_its_paragraphs_name_the_factors_and_the_precision(sweep):
    said = describe(sweep.folder)
    assert r"The study varied n\_rows (2, 5), in a full factorial design of 2 cells." in said
    assert "12 datasets in each of 2 cells. Datasets were added to a cell while" in said
    assert "All 24 fits worked" in said


def test_its_figures_have_its_cells(sweep):
    found = dict(field_pictures(study_of(sweep), ["nested-loop"]))
    (name,) = [name for name in found if name.startswith("nested-loop-bias")]
    assert found[name].figure.axes[1].get_ylabel() == "n_rows"
    assert "n_rows = 5" in found[name].alt
