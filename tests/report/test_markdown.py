from dataclasses import replace

import numpy as np
import pytest
from synthetic import SETTINGS, calibrated, fits, make_run

from sbc.report.markdown import markdown
from sbc.store.frames import load_run


def test_verdicts_and_numbers_are_there(make):
    text = markdown([make(n=100)])
    assert "| naive | beta_XY | ✗ miscalibrated | 1.00 ± 0.10 |" in text
    assert "### run" in text
    assert "Fits: latent 100 (0 failed, 0 retried)" in text


@pytest.mark.parametrize("runs", [1, 2, 7])
def test_it_stays_under_sixty_lines(tmp_path, runs):
    names = [f"beta_{j}" for j in range(70)]
    rows = fits({name: calibrated(4, seed=j) for j, name in enumerate(names)})
    folder = make_run(tmp_path / "wide", rows, SETTINGS)
    lines = markdown([load_run(folder)] * runs).splitlines()
    assert len(lines) < 60
    assert any("more" in line for line in lines)


def test_what_is_wrong_is_kept_when_there_is_no_room(tmp_path):
    u = {f"beta_{j}": calibrated(200, seed=j) for j in range(70)}
    u["beta_66"] = np.clip(u["beta_66"] ** 3, 1e-6, 1)
    text = markdown([load_run(make_run(tmp_path / "wide", fits(u), SETTINGS))])
    assert "beta_66 | ✗ miscalibrated" in text


def test_names_cannot_be_markup(tmp_path):
    name = "x.py:a|b<script>\n# title"
    rows = fits({"beta_XY": calibrated(3)}, estimator=name)
    run = load_run(make_run(tmp_path / "r", rows, replace(SETTINGS, estimators=(name,))))
    text = markdown([run])
    assert "a\\|b\\<script\\> \\# title" in text


def test_an_empty_run_says_so(tmp_path):
    assert "holds no fits yet" in markdown([load_run(make_run(tmp_path / "r", []))])
