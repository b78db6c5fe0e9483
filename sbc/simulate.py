"""Dataset number k: from the generator's world, or from an estimator's own joint distribution."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from sbc import registry, seeds
from sbc.contracts import Dataset, OwnData
from sbc.estimands import estimator_of
from sbc.own import Own
from sbc.settings import SELF, Settings

_joints: dict[Any, Any] = {}
_guard = Lock()


def source(settings: Settings, estimator: str) -> str:
    """Name whose datasets these are: nobody's, unless each estimator has its own."""
    return estimator if settings.truth == SELF else ""


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
        Who is to be fitted to it; it matters in regime ``self`` only.
    """
    generator = registry.generator(settings.generator)
    rng = np.random.default_rng(stream(settings, dataset, estimator))
    if settings.truth != SELF:
        return generator.draw(rng, settings.truth, **settings.parameters)
    design = generator.design(rng, **settings.parameters)
    return _joint(settings, estimator, design).draw(rng, design)


def forget() -> None:
    """Drop every joint distribution: a file that models were read from has changed."""
    with _guard:
        _joints.clear()


def _joint(settings: Settings, estimator: str, design: Any) -> Any:
    made = estimator_of(settings, estimator)
    data = made.select(design) if isinstance(made, Own) else {}
    structure = data.key if isinstance(data, OwnData) else ""
    parameters = tuple(sorted(settings.parameters.items()))
    key = (settings.generator, estimator, parameters, settings.estimands, structure)
    with _guard:
        if key not in _joints:
            from sbc.joint import Joint

            _joints[key] = Joint(made, registry.generator(settings.generator), design)
        return _joints[key]
