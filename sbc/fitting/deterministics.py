"""Truths that a generator does not state: deterministics, computed by the model at the truth."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
import pymc as pm

from sbc.engines import _model
from sbc.plugins.data import Data, Truth
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator


class Derived:
    """Deterministics of one model as functions of its free variables; safe among threads."""

    def __init__(
        self, estimator: Estimator, generator: Generator, data: Data, names: Sequence[str]
    ) -> None:
        self._model = _model.build(estimator, generator, data)
        self._names = list(names)
        self._function = pm.compile(
            self._model.free_RVs,
            [self._model[name] for name in names],
            mode="FAST_COMPILE",
            on_unused_input="ignore",
        )
        self._lock = Lock()

    def at(self, truth: Truth, data: Data) -> dict[str, Any]:
        """Evaluate at one truth and its data.

        Raises
        ------
        ValueError
            If the truth leaves out a free variable.
        """
        free = self._model.free_RVs
        missing = [rv.name for rv in free if rv.name not in truth]
        if missing:
            raise ValueError(
                f"the truth does not say what '{self._names[0]}' is, nor, to compute it, "
                f"what '{missing[0]}' is"
            )
        with self._lock:
            _model.set_data(self._model, data)
            values = self._function(*(np.asarray(truth[rv.name], rv.dtype) for rv in free))
        return dict(zip(self._names, map(np.asarray, values), strict=True))
