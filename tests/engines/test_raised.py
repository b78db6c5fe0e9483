"""What a model raises inside machine code is a divergence, and never a draw."""

from __future__ import annotations

import numpy as np
import pytest

from sbc.fitting.compiled import compiled_for
from sbc.fitting.options import settings_over
from sbc.fitting.setup import setup_of
from sbc.plugins.engine import Budget

EDGE = 2.5


@pytest.mark.filterwarnings("ignore:Numba will use object mode")
def test_steps_that_raise_are_divergences_and_no_draws(capfd):
    spec = "tests/files/solver.py:solved"
    settings = settings_over(None, {"estimator": spec, "truth": "self", "datasets": 1})
    setup = setup_of(settings, settings.estimators[0])
    data = setup.estimator.select(setup.draw(0).data)
    drew = compiled_for(setup, "nutpie", data).fit(data, Budget(draws=400), 1)
    a = drew.values["a"]
    assert a.max() < EDGE
    assert drew.divergences > 0
    # The posterior below the edge, not what a callback left behind: nearly the prior's.
    assert a.std() == pytest.approx(1.2, abs=0.2)
    assert np.unique(a).size > 500
    assert "Exception ignored" in capfd.readouterr().err  # Python's own way to tell
