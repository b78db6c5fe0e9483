"""Fixtures of a lecture that nobody had to fit."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from synthetic import make_run

from sbc.generators.reedfrogs import real_data
from sbc.studies.lecture import single
from sbc.studies.lecture.confound_data import lecture_data
from sbc.studies.lecture.evidence import SCORES
from sbc.studies.lecture.plan import run_folder, single_folder, write_plan
from sbc.studies.lecture.scenarios import SCENARIOS, TANKS

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE.parents[1] / "report")]  # the latter has a browser and a parser

from lectures import PLAN, fits_of, posterior, write_scores  # noqa: E402


@pytest.fixture(scope="session")
def tanks() -> dict[str, np.ndarray]:
    """Give the real tanks."""
    return real_data()


@pytest.fixture(scope="session")
def lecture_folder(tmp_path_factory, tanks) -> Path:
    """Give a finished lecture."""
    folder = tmp_path_factory.mktemp("lectures") / "lecture"
    folder.mkdir()
    write_plan(PLAN, folder)
    for scenario in SCENARIOS:
        settings = scenario.settings(PLAN.datasets, PLAN.seed)
        rows = [fit for name in settings.estimators for fit in fits_of(scenario, settings, name)]
        make_run(run_folder(folder, scenario), rows, settings)
    write_scores(run_folder(folder, TANKS) / SCORES, PLAN.datasets)
    for name, estimators in PLAN.singles().items():
        data = tanks if name == "tanks" else lecture_data()
        for i, estimator in enumerate(estimators):
            made = posterior(estimator, name, data, seed=i)
            single.save(made, single_folder(folder, name))
    return folder
