"""Models made ready for an engine: compiled once, and given to whatever fit can use them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import Any

import numpy as np

from sbc.fitting.setup import Setup
from sbc.plugins import registry
from sbc.plugins.data import Data
from sbc.plugins.memory import Memory

#: So many models are kept of an estimator that is compiled anew for each dataset.
_KEPT = 8
_models = Memory()
_deterministics = Memory()
_anew: Counter[tuple[str, str]] = Counter()
_watch: list[Callable[[], AbstractContextManager[object]]] = []


def watch(entered: Callable[[], AbstractContextManager[object]]) -> None:
    """Have a context entered while a model is compiled, which is not counted as a fit's time."""
    _watch[:] = [entered]


def while_compiling() -> AbstractContextManager[object]:
    """Give the context of `watch`, or one that does nothing."""
    return _watch[0]() if _watch else nullcontext()


class _Models:
    """What was compiled of one graph: a model for each set of lengths that it had to serve."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.known: list[Any] = []


def compiled_for(setup: Setup, engine: str, data: Data) -> Any:
    """Give a compiled model that takes data of these shapes, compiling only if there is none.

    Nothing that a compiled model keeps of the dataset that it was compiled on, but its shapes,
    reaches the draws of another.

    Parameters
    ----------
    setup : Setup
        Whose model.
    engine : str
        The engine's name.
    data : dict of str to ndarray
        As the estimator selects them.

    Returns
    -------
    sbc.plugins.engine.Compiled
    """
    estimator, settings = setup.estimator, setup.settings
    names = (*settings.process, setup.spec, engine, *settings.estimands)
    key = (*names, estimator.structure(data))
    models: _Models = _models.get(key, _Models)
    with models.lock:
        for compiled in models.known:
            if compiled.accepts(data):
                return compiled
        found = registry.engine(engine)
        if why := _why_anew(names, key, models.known, data):
            _anew[setup.spec, why] += 1
        with while_compiling():
            models.known.append(found.compile(estimator, setup.generator, data))
        if estimator.anew:
            _drop_others(names, key)
        return models.known[-1]


def compiled_anew() -> Counter[tuple[str, str]]:
    """Count by estimator and reason how often a model was compiled that had been compiled before.

    Those of this process; separate ones keep their own counts.
    """
    return _anew.copy()


def _why_anew(
    names: tuple[str, ...], key: tuple[str, ...], known: list[Any], data: Data
) -> str | None:
    """Say why what was compiled of a model does not serve; None if nothing was."""
    if known:
        lengths = getattr(known[0], "frozen", {})
        other = [
            f"'{name}' {len(data[name])}" for name, n in lengths.items() if len(data[name]) != n
        ]
        return f"another length: {', '.join(other)}" if other else "other lengths"
    before = any(k[:-1] == names and k != key for k in _models.keys())  # noqa: SIM118
    return "the function states another model for other data" if before else None


def deterministics(setup: Setup, data: Data, names: list[str]) -> Any:
    """Give what computes these deterministics at a truth, compiled once."""
    from sbc.fitting.deterministics import Derived

    estimator = setup.estimator
    structure = estimator.structure(data)
    lengths = () if structure else tuple(np.shape(array) for array in data.values())
    key = (*setup.settings.process, setup.spec, *names, structure, lengths)

    def make() -> Any:
        with while_compiling():
            return Derived(estimator, setup.generator, data, names)

    return _deterministics.get(key, make)


def _drop_others(names: tuple[str, ...], key: tuple[str, ...]) -> None:
    """Forget what was compiled for other datasets, but for the last few, which threads may use."""
    mine = [k for k in _models.keys() if k[:-1] == names and k != key]  # noqa: SIM118
    for old in mine[: -_KEPT or None]:
        _models.drop(old)
