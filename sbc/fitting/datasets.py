"""Dataset number k: from the generator's world, or from an estimator's own distribution."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from sbc.fitting import joints
from sbc.fitting.estimands import estimator_of
from sbc.fitting.joints import joint_of
from sbc.plugins.contracts import Data, Dataset
from sbc.stats import seeds
from sbc.store.settings import OWN_REGIMES, POSTERIOR, Settings, world_key, world_of

_posteriors: dict[Any, Any] = {}
_guard = Lock()


def source(settings: Settings, estimator: str) -> str:
    """Name whose datasets these are: nobody's, unless each estimator has its own."""
    return estimator if settings.truth in OWN_REGIMES else ""


def stream(settings: Settings, dataset: int, estimator: str) -> np.random.SeedSequence:
    """Give the random stream that makes the dataset."""
    return seeds.data_stream(settings.seed, dataset, source(settings, estimator))


def draw_dataset(settings: Settings, dataset: int, estimator: str) -> Dataset:
    """Draw dataset number `dataset`: the same arrays wherever, whenever and however often.

    Parameters
    ----------
    settings : Settings
        Of the run.
    dataset : int
        Its number, from 0.
    estimator : str
        Who is to be fitted to it; it matters in `OWN_REGIMES` only.
    """
    generator = world_of(settings)
    rng = np.random.default_rng(stream(settings, dataset, estimator))
    if settings.truth not in OWN_REGIMES:
        return generator.draw(rng, settings.truth, **settings.parameters)
    design = generator.design(rng, **settings.parameters)
    if settings.truth == POSTERIOR:
        return _replicated(settings, estimator, design).draw(dataset, rng)
    made = estimator_of(settings, estimator)
    return joint_of(settings, estimator, made, design).draw(rng, design, dataset)


def forget() -> None:
    """Drop every joint distribution and posterior: a file that they were read from has changed."""
    joints.forget()
    with _guard:
        _posteriors.clear()


def _replicated(settings: Settings, estimator: str, real: Data) -> Any:
    key = (*world_key(settings), estimator, settings.seed)
    with _guard:
        if key not in _posteriors:
            from sbc.fitting.posterior_sbc import Replicated

            made = estimator_of(settings, estimator)
            _posteriors[key] = Replicated(made, world_of(settings), real, settings.seed)
        return _posteriors[key]
