"""User code is run without what it samples, draws and plots: only its models are wanted."""

from __future__ import annotations

import builtins
import contextlib
import copy
import logging
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from types import FrameType
from typing import Any

import pymc as pm

from sbc.plugins.repeatable import repeatable
from sbc.plugins.unsampled import PACKAGES, SAMPLERS

#: What gives nothing that a model could need: predictions, which follow sampling, and pictures.
_ABSORBED = (
    *("sample_posterior_predictive", "compute_log_likelihood", "compute_log_prior"),
    *("model_to_graphviz", "model_to_networkx", "model_to_mermaid"),
)
_PRIOR = "sample_prior_predictive"
#: Prior predictive draws by where they were asked for: made once, since nothing hangs on them.
_drawn: dict[Any, Any] = {}


class Stopped(BaseException):
    """Leaves the user's code where it begins to sample; no ``except Exception`` holds it up."""

    def __init__(self, model: pm.Model | None) -> None:
        self.model = model


class Nothing:
    """Stands for what was not computed: it takes whatever is done with it."""

    def __getattr__(self, name: str) -> Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments: Any, **keywords: Any) -> Nothing:
        """Do nothing, whatever is asked."""
        return self

    def __getitem__(self, key: Any) -> Nothing:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __enter__(self) -> Nothing:
        return self

    def __exit__(self, *raised: object) -> None:
        pass

    def __format__(self, how: str) -> str:
        return "(left out)"


def _places(spaces: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str, Any, str]]:
    """Yield where a sampler stands, under which name, the sampler, and what it is called."""
    found = _originals(len(sys.modules))
    for module in (sys.modules[name] for name in _modules(len(sys.modules))):
        for name in found.keys() & vars(module).keys():
            if vars(module)[name] in found[name]:
                yield vars(module), name, vars(module)[name], name
    every = {id(o): (o, name) for name, originals in found.items() for o in originals}
    for space in spaces:
        for name in [n for n, v in space.items() if id(v) in every]:
            yield space, name, *every[id(space[name])]


@contextlib.contextmanager
def watched(*spaces: dict[str, Any], seeded: bool = False) -> Iterator[list[pm.Model]]:
    """Note the models that this thread opens, and let it not sample; for one thread at a time.

    Parameters
    ----------
    *spaces : dict
        Namespaces of the user's, which may have imported the samplers by name.
    seeded : bool
        Whether random numbers that nobody seeds are the same each time: the data of a model that
        simulates its own have to be the same ones in every process.
    """
    here, opened = threading.get_ident(), list[pm.Model]()
    enter, importing = pm.Model.__enter__, builtins.__import__
    changed: list[tuple[Any, str, Any]] = []
    active = [True]  # what imports a stand-in keeps it

    def noting(model: pm.Model) -> pm.Model:
        if threading.get_ident() == here:
            opened.append(model)
        return enter(model)

    def put(space: dict[str, Any], name: str, value: Any) -> None:
        changed.append((space, name, space[name]))
        space[name] = value

    def patch() -> None:
        for space, name, original, called in _places(spaces):
            put(space, name, _stand_in(original, called, here, active))

    def import_and_patch(name: str, *arguments: Any, **keywords: Any) -> Any:
        fresh = name.partition(".")[0] in PACKAGES and name not in sys.modules
        module = importing(name, *arguments, **keywords)
        if fresh and threading.get_ident() == here:
            patch()
        return module

    with repeatable(0) if seeded else contextlib.nullcontext():
        try:
            pm.Model.__enter__ = noting
            builtins.__import__ = import_and_patch
            patch()
            yield opened
        finally:
            active.clear()
            pm.Model.__enter__ = enter
            builtins.__import__ = importing
            for space, name, value in reversed(changed):
                space[name] = value


@lru_cache(maxsize=1)
def _modules(count: int) -> tuple[str, ...]:
    """Name the modules that hold samplers; looked for anew when others have been imported."""
    return tuple(n for n in list(sys.modules) if n.partition(".")[0] in PACKAGES)


@lru_cache(maxsize=1)
def _originals(count: int) -> dict[str, list[Any]]:
    """Find the functions that are stood in for, by their names."""
    wanted = {*SAMPLERS, *_ABSORBED, _PRIOR}
    found: dict[str, list[Any]] = {}
    for module in _modules(count):
        held = vars(sys.modules[module])
        for name in wanted & held.keys():
            value = held[name]
            ours = str(getattr(value, "__module__", "")).partition(".")[0] in PACKAGES
            if callable(value) and ours and value not in found.setdefault(name, []):
                found[name].append(value)
    return found


def _stand_in(
    original: Callable[..., Any], name: str, here: int, active: list[bool]
) -> Callable[..., Any]:
    def call(*arguments: Any, **keywords: Any) -> Any:
        if not active or threading.get_ident() != here:  # somebody who means it
            return original(*arguments, **keywords)
        if name in _ABSORBED:
            return Nothing()
        given = [a for a in (*arguments, *keywords.values()) if isinstance(a, pm.Model)]
        model = given[0] if given else pm.Model.get_context(error_if_none=False)
        if name == _PRIOR:
            return _prior(original, model, sys._getframe(1), arguments, keywords)
        raise Stopped(model)

    return call


def _prior(
    original: Callable[..., Any],
    model: pm.Model,
    caller: FrameType,
    arguments: tuple[Any, ...],
    keywords: dict[str, Any],
) -> Any:
    """Draw from the prior for the user's code to look at; later calls look at the same draws."""
    sizes = tuple((name, str(v.type)) for name, v in model.named_vars.items())
    key = (caller.f_code.co_filename, caller.f_lineno, sizes)
    if key not in _drawn:
        if len(_drawn) > 20:
            _drawn.clear()
        logger = logging.getLogger("pymc")  # it says what it samples
        level = logger.level
        logger.setLevel(logging.WARNING)
        try:
            _drawn[key] = original(*arguments, **keywords)
        finally:
            logger.setLevel(level)
    return _extendable(copy.deepcopy(_drawn[key]))


def _extendable(draws: Any) -> Any:
    """Let draws be extended by posterior ones, as ArviZ's older InferenceData could."""
    kind = type(draws)
    if hasattr(kind, "extend") or not hasattr(kind, "update"):
        return draws
    draws.__class__ = type(kind.__name__, (kind,), {"__slots__": (), "extend": _extend})
    return draws


def _extend(draws: Any, other: Any, **how: Any) -> None:
    """Take other draws, which are never had: asking for them stops the user's code."""
