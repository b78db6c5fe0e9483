"""Regime ``posterior``: truths from the posterior given real data, and data replicated from there.

The estimator is then fitted to both, the real data and the replicate, and the truth is a draw from
the very posterior that it is asked for: uniform ranks are expected (Säilynoja et al. 2025,
arXiv:2502.03279). Truths depend on the seed, the model and the real data alone.
"""

from __future__ import annotations

from threading import RLock
from typing import Any

import numpy as np
import pymc as pm
from pytensor.graph.replace import graph_replace

from sbc.engines import _model
from sbc.fitting.drawing import Drawing
from sbc.fitting.truths import Blocks, plain
from sbc.plugins.data import Data, Dataset, Truth, again
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator


class Replicated:
    """Draws truths from one estimator's posterior and replicates of the data; for any threads.

    Parameters
    ----------
    estimator : Estimator
        Whose posterior it is.
    generator : Generator
        Whose design is the real data.
    real : dict of str to ndarray
        These.
    seed : int
        The run's.
    """

    def __init__(self, estimator: Estimator, generator: Generator, real: Data, seed: int) -> None:
        self._real = real
        data = estimator.select(real)
        model = _model.build(estimator, generator, data)
        self._free = [rv.name for rv in model.free_RVs]
        self._replicates = Replicates(model, _model.places_of(model, estimator, data))
        self._blocks = Blocks(
            estimator, generator, data, model, seed, "the posterior given the real data"
        )

    def draw(self, dataset: int, rng: np.random.Generator) -> Dataset:
        """Take truth number `dataset` and draw a replicate of the real data given it.

        Raises
        ------
        UserError
            If the posterior given the real data cannot be sampled.
        """
        truth = self._blocks.truth(dataset)
        values = self._replicates.draw(truth, rng)
        copies = {again(name): v for name, v in values.items()}
        return Dataset(plain(truth), self._real | copies)


class Replicates:
    """Draws the observed variables of a model given the free ones; for any threads.

    Parameters
    ----------
    model : pymc.Model
        With its data.
    places : mapping
        Variables that hold observed data, to the name of the observed variable: where the model of
        Y reads the data of X, a simulated Y reads the simulated X.
    more : sequence of str
        Deterministics to compute besides.
    only_more : bool
        Whether somebody else simulates what is observed.
    """

    def __init__(
        self,
        model: pm.Model,
        places: dict[Any, str],
        more: tuple[str, ...] = (),
        only_more: bool = False,
    ) -> None:
        simulated = {place: _model.as_tensor(model[name]) for place, name in places.items()}
        self._inputs = {rv: rv.type() for rv in model.free_RVs}
        observed = [] if only_more else model.observed_RVs
        self._names = [*(rv.name for rv in observed), *more]
        drawn = [
            graph_replace(
                model[name],
                {d: x for d, x in simulated.items() if places[d] != name},
                strict=False,
            )
            for name in self._names
        ]
        drawn = graph_replace(drawn, self._inputs, strict=False)
        self._drawing = Drawing(self._inputs.values(), drawn)
        self._lock = RLock()

    def draw(self, truth: Truth, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw once."""
        with self._lock:
            values = self._drawing.draw(rng, *(truth[rv.name] for rv in self._inputs))
        return dict(zip(self._names, values, strict=True))
