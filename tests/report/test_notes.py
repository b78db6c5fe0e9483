"""What a page and a comment say of how a model was put to the test."""

import pymc as pm

import sbc
from sbc.report.markdown import markdown
from sbc.report.page.page import page
from sbc.report.table import render


def test_notes_and_the_simulator_are_told_everywhere(tmp_path):
    def stated():
        with pm.Model() as model:
            pm.Normal("large", 0, 1, shape=501)
            pm.Normal("y", pm.Normal("a", 0, 1), 1, observed=[0.0, 1.0])
        return model

    def simulate(rng, truth, given):
        return {"y": rng.normal(truth["a"], 1, 2)}

    small = {"draws": 100, "tune": 100, "datasets": 2, "jobs": 2, "progress": False}
    run = sbc.run(stated, simulator=simulate, **small, out=tmp_path / "run")
    for text in (render(run), markdown([run]), page([run])):
        assert "is not ranked: it has 501 elements, more than 500" in text
        assert "data by simulator" in text
    assert '<p class="process">own_data · prior SBC, data by simulator' in page([run])
