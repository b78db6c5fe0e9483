"""Random numbers that a user's code draws without a seed, the same whenever it is called."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np


@contextlib.contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Seed what nobody seeds: NumPy's generators, old and new, and Python's; put them back after.

    Parameters
    ----------
    seed : int
        Not negative. Streams differ from that of ``np.random.default_rng(seed)``.
    """
    before, old, make = random.getstate(), np.random.get_state(), np.random.default_rng  # noqa: NPY002
    made = np.random.SeedSequence(seed)

    def default_rng(seed: Any = None) -> np.random.Generator:
        return make(made.spawn(1)[0] if seed is None else seed)

    random.seed(seed)
    np.random.seed(seed if seed < 2**32 else made.generate_state(4))  # noqa: NPY002
    try:
        np.random.default_rng = default_rng
        yield
    finally:
        np.random.default_rng = make
        np.random.set_state(old)  # noqa: NPY002
        random.setstate(before)
