"""Regime ``self``: truth and data from an estimator's own joint distribution.

What the estimator conditions on (groups, Z, and X unless it models X) is taken from the generator's
world; every free variable, and then every observed one, is drawn from the model as it is written.
"""

from __future__ import annotations

from threading import Lock

import numpy as np
import pymc as pm
from pymc.pytensorf import compile, reseed_rngs
from pytensor.graph.replace import graph_replace
from pytensor.graph.traversal import ancestors
from pytensor.tensor.random.type import RandomType

from sbc.contracts import Data, Dataset, Estimator, Generator
from sbc.engines import _model


class Joint:
    """Draws (truth, data) from one estimator's joint distribution; safe to share among threads."""

    def __init__(self, estimator: Estimator, generator: Generator, design: Data) -> None:
        data = estimator.select(design)
        model = _model.build(estimator, generator, data)
        observed = model.observed_RVs
        # Where the model of Y reads the data of X, a simulated Y must read the simulated X.
        places = _model.places_of(model, estimator, data)
        simulated = {place: model[name] for place, name in places.items()}
        known = [rv.name for rv in model.free_RVs]
        known += [d.name for d in model.deterministics if d.name in estimator.estimands]
        follow = [model[name] for name in known[len(model.free_RVs) :]] + observed
        drawn = model.free_RVs + [
            graph_replace(v, {d: x for d, x in simulated.items() if x is not v}, strict=False)
            for v in follow
        ]
        self._estimator, self._model = estimator, model
        self._known = known
        self._observed = [estimator.array_of(rv.name) for rv in observed]
        # In the order of the graph, which every process builds alike.
        self._streams = [v for v in ancestors(drawn) if isinstance(v.type, RandomType)]
        self._function = compile([], drawn, mode="FAST_COMPILE", on_unused_input="ignore")
        self._lock = Lock()

    def draw(self, rng: np.random.Generator, design: Data) -> Dataset:
        """Draw one truth and one dataset, given the design."""
        data = self._estimator.select(design)
        with self._lock:
            pm.set_data({_model.data_name(n): v for n, v in data.items()}, model=self._model)
            reseed_rngs(self._streams, int(rng.integers(2**63)))
            values = self._function()
        truth, simulated = values[: len(self._known)], values[len(self._known) :]
        return Dataset(
            {n: v.item() if v.ndim == 0 else v for n, v in zip(self._known, truth, strict=True)},
            design
            | {
                name: value.astype(design[name].dtype) if name in design else value
                for name, value in zip(self._observed, simulated, strict=True)
            },
        )
