"""Regime ``self``: truth and data from an estimator's own joint distribution.

What the estimator conditions on (groups, Z, and X unless it models X) is taken from the generator's
world; every free variable, and then every observed one, is drawn from the density that is fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np
import pymc as pm
from pytensor.graph.replace import graph_replace

from sbc.engines import _model
from sbc.fitting.drawing import Drawing
from sbc.fitting.posterior_sbc import Replicates
from sbc.fitting.prior import Law, law_of, prior_data
from sbc.fitting.simulator import Simulator
from sbc.fitting.truths import Blocks, plain
from sbc.plugins import registry
from sbc.plugins.contained import contained
from sbc.plugins.data import Array, Data, Dataset, Truth, given
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.plugins.undecorated import Undecorated


class Joint:
    """Draws (truth, data) from one estimator's joint distribution; safe to share among threads.

    Parameters
    ----------
    estimator : Estimator
        Whose model it is.
    generator : Generator
        Whose design the model is given.
    design : dict of str to ndarray
        One such design.
    seed : int
        The run's.
    simulator : str
        Who simulates the data, if not the model itself: see `sbc.fitting.simulator`.

    Raises
    ------
    UserError
        If no truth can be drawn from the density of the model's free variables.
    """

    def __init__(
        self,
        estimator: Estimator,
        generator: Generator,
        design: Data,
        seed: int = 0,
        simulator: str = "",
    ) -> None:
        data = estimator.select(design)
        self._estimator = estimator
        self._model = model = _model.build(estimator, generator, data)
        self._observed = [rv.name for rv in model.observed_RVs]
        wanted = [d.name for d in model.deterministics if d.name in estimator.estimands]
        self._known = [rv.name for rv in model.free_RVs] + wanted
        places = _model.places_of(model, estimator, data)
        self._simulator = None
        if simulator:
            found = registry.simulator(simulator)
            written = as_written(estimator, generator, design)
            self._simulator = Simulator(found, simulator, estimator, written)
        self._forward = _Forward(model, places, self._known, bool(simulator))
        self._lock = Lock()
        self.law: Law = law_of(model, self._forward.draw)
        if self.law.by_sampling:
            prior, held = prior_data(estimator, generator, data)
            density = "the density of its prior"
            self._blocks = Blocks(
                *(estimator, generator, held, prior, seed, density),
                least_ess=1000,
                divergences=0.0,
            )
            self._replicates = Replicates(model, places, tuple(wanted), bool(simulator))

    def draw(self, rng: np.random.Generator, design: Data, dataset: int = 0) -> Dataset:
        """Draw one truth and one dataset, given the design.

        Raises
        ------
        ValueError
            If no draw of the free variables is accepted.
        UserError
            If the density of the prior cannot be sampled.
        """
        data = self._estimator.select(design)
        with self._lock:
            _model.set_data(self._model, data)
            if self.law.by_sampling:
                truth = self._blocks.truth(dataset)
                values = {**truth, **self._replicates.draw(truth, rng)}
            else:
                values = self.law.accepted(rng, self._forward.draw)
        if self._simulator is not None:
            truth = plain({name: values[name] for name in self._known})
            with contained():
                values = {**values, **self._simulator.draw(rng, truth, design)}
        return Dataset(
            plain({name: values[name] for name in self._known}),
            design | self._simulated(design, {name: values[name] for name in self._observed}),
        )

    def _simulated(self, design: Data, values: dict[str, Array]) -> Data:
        """Name the outcomes as the dataset has them, and keep what they take the place of."""
        found: Data = {}
        for observed, value in values.items():
            name = self._estimator.array_of(observed)
            if name in design and isinstance(self._estimator, Undecorated):
                found[given(name)] = design[name]
            found[name] = _as_given(value, design[name]) if name in design else value
        return found


def as_written(estimator: Estimator, generator: Generator, data: Data) -> pm.Model:
    """Give the model as its author states it for a dataset."""
    if isinstance(estimator, Undecorated):
        return estimator.as_written(data)[0]
    return _model.build(replace(estimator, estimands=()), generator, estimator.select(data))


class _Forward:
    """Draws everything forward, as PyMC's random variables say; not for two threads at once."""

    def __init__(
        self, model: pm.Model, places: dict[Any, str], known: Sequence[str], free_only: bool
    ) -> None:
        # Where the model of Y reads the data of X, a simulated Y must read the simulated X.
        simulated = {place: _model.as_tensor(model[name]) for place, name in places.items()}
        observed = [] if free_only else model.observed_RVs
        follow = [model[name] for name in known[len(model.free_RVs) :]] + observed
        drawn = model.free_RVs + [
            graph_replace(
                v, {d: x for d, x in simulated.items() if places[d] != v.name}, strict=False
            )
            for v in follow
        ]
        self._names = [*known, *(rv.name for rv in observed)]
        self._drawing = Drawing([], drawn)

    def draw(self, rng: np.random.Generator) -> Truth:
        """Draw once."""
        return dict(zip(self._names, self._drawing.draw(rng), strict=True))


def _as_given(value: Array, design: Array) -> Array:
    """Store whole numbers as the design does; all else keeps the type that its likelihood has."""
    if value.dtype.kind in "biu" and design.dtype.kind in "biu":
        narrow = value.astype(design.dtype)
        return narrow if (narrow == value).all() else value
    return value
