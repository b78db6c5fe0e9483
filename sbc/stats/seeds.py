"""Random streams that depend on a seed and on names and numbers, never on order or on workers."""

from __future__ import annotations

import hashlib

import numpy as np

DATA, FIT, TRUTH = 0, 1, 2


def key(name: str) -> int:
    """Map a name to 64 bits that are the same on every machine and in every process."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def data_stream(seed: int, dataset: int, source: str = "") -> np.random.SeedSequence:
    """Give the stream that draws the truth and the data of one dataset.

    Parameters
    ----------
    seed : int
        The run's seed, ≥ 0.
    dataset : int
        The dataset's number, from 0.
    source : str
        Empty where all estimators share their datasets; the estimator's name in regime ``self``.
    """
    names = (key(source),) if source else ()
    return np.random.SeedSequence(seed, spawn_key=(DATA, dataset, *names))


def describe(stream: np.random.SeedSequence) -> str:
    """Write a stream as the expression that makes it again."""
    return f"SeedSequence({stream.entropy}, spawn_key={tuple(stream.spawn_key)})"


def fit_seed(seed: int, dataset: int, estimator: str, engine: str, attempt: int) -> int:
    """Give the sampler's seed for one attempt at one fit, in [0, 2³¹)."""
    spawn_key = (FIT, dataset, key(estimator), key(engine), attempt)
    state = np.random.SeedSequence(seed, spawn_key=spawn_key).generate_state(1, np.uint32)
    return int(state[0]) >> 1


def truth_seed(seed: int, block: int, estimator: str, attempt: int) -> int:
    """Give the seed for a sample of an estimator's posterior given real data, in [0, 2³¹)."""
    spawn_key = (TRUTH, block, key(estimator), attempt)
    state = np.random.SeedSequence(seed, spawn_key=spawn_key).generate_state(1, np.uint32)
    return int(state[0]) >> 1
