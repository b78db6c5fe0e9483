"""Resolve a live model as a run would, for tests that need no file."""

from __future__ import annotations

from typing import Any

import pymc as pm

from sbc.fitting import handed
from sbc.fitting.options import settings_over
from sbc.fitting.setup import draw_dataset, estimator_of
from sbc.plugins.data import Dataset
from sbc.plugins.estimator import Estimator
from sbc.store.settings import Settings


def settings_for(model: pm.Model | Any, **wanted: Any) -> Settings:
    """Give the settings of a run of this model on its own data."""
    name = handed.names("estimator", model, "model")[0]
    return settings_over(None, {"estimator": name, **wanted})


def resolved(model: pm.Model | Any, **wanted: Any) -> Estimator:
    """Give the model as an estimator, examined and compared; a mistake is raised."""
    settings = settings_for(model, **wanted)
    return estimator_of(settings, settings.estimators[0])


def drawn(model: pm.Model | Any, n: int, **wanted: Any) -> list[Dataset]:
    """Draw truths and data as a run would."""
    settings = settings_for(model, **wanted)
    return [draw_dataset(settings, k, settings.estimators[0]) for k in range(n)]
