"""Colours of maps: each that a map may use is in its legend."""

from types import SimpleNamespace

import numpy as np
import pytest

from sbc.studies.sweep.colours import scale_of


@pytest.mark.parametrize("values", [(0.88, 1.0), (0.1, 0.97), (0.95, 0.96)])
def test_the_legend_of_a_coverage_holds_every_colour_of_its_map(values):
    scale = scale_of("coverage_95", [SimpleNamespace(value=np.array(values))])
    assert scale.ticks[0] <= min(values)
    assert scale.ticks[-1] >= max(values)
    assert all(np.diff(scale.ticks) >= 0.04)
