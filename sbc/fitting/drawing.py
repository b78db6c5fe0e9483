"""Functions of random variables whose every draw depends on one generator of random numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from pymc.pytensorf import compile, reseed_rngs
from pytensor.graph.traversal import ancestors
from pytensor.tensor.random.type import RandomType


class Drawing:
    """Draws variables forward, as PyMC's random variables say; not for two threads at once.

    Parameters
    ----------
    inputs, outputs : iterable of TensorVariable
        What is given, and what is drawn.
    mode : str or Mode
        How it is compiled.
    """

    def __init__(
        self, inputs: Iterable[Any], outputs: Iterable[Any], mode: Any = "FAST_COMPILE"
    ) -> None:
        outputs = list(outputs)
        # In the order of the graph, which every process builds alike.
        self._streams = [v for v in ancestors(outputs) if isinstance(v.type, RandomType)]
        self._function = compile(list(inputs), outputs, mode=mode, on_unused_input="ignore")

    def draw(self, rng: np.random.Generator, *given: Any) -> list[Any]:
        """Draw once, given the inputs."""
        reseed_rngs(self._streams, int(rng.integers(2**63)))
        drawn: list[Any] = self._function(*given)
        return drawn
