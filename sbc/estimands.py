"""What is estimated: as the estimator says, as the user says, or what an ordinary model has."""

from __future__ import annotations

from dataclasses import replace
from threading import RLock
from typing import Any

import numpy as np

from sbc import registry
from sbc.contracts import Data, Estimator
from sbc.elements import vector_of
from sbc.errors import UserError
from sbc.own import Own
from sbc.settings import Settings, world_key, world_of

_found: dict[Any, Estimator] = {}
_guard = RLock()


def estimator_of(settings: Settings, spec: str) -> Estimator:
    """Give an estimator as a run has it: its estimands named, its arrays found.

    Raises
    ------
    UserError
        If an ordinary function cannot be called with the generator's arrays, or states no variable
        that could be estimated.
    """
    key = (spec, *world_key(settings), settings.estimands, str(settings.parameters))
    with _guard:
        if key not in _found:
            _found[key] = _resolved(settings, spec)
        return _found[key]


def forget() -> None:
    """Drop what was found: a file that models were read from has changed."""
    with _guard:
        _found.clear()


def is_wanted(settings: Settings, estimator: Estimator, quantity: str) -> bool:
    """Say whether a scalar is asked for: by its own name, by its vector's, or as no estimand."""
    if not settings.estimands or vector_of(quantity) not in estimator.estimands:
        return True
    return bool({quantity, vector_of(quantity)} & set(settings.estimands))


def designs(settings: Settings) -> list[Data]:
    """Draw the data of two datasets, always the same ones, to try models on.

    Raises
    ------
    UserError
        If the generator cannot draw.
    """
    generator = world_of(settings)
    try:
        return [_design(settings, seed) for seed in (0, 1)]
    except (ArithmeticError, LookupError, MemoryError, ValueError) as problem:
        raise UserError(f"{generator.name} cannot draw a dataset: {problem}") from problem


def _design(settings: Settings, seed: int) -> Data:
    generator, rng = world_of(settings), np.random.default_rng(seed)
    if settings.truth in generator.regimes:
        return generator.draw(rng, settings.truth, **settings.parameters).data
    return generator.design(rng, **settings.parameters)


def _resolved(settings: Settings, spec: str) -> Estimator:
    made = registry.estimator(spec)
    if isinstance(made, Own):
        made = made.placed(world_of(settings), *designs(settings))
    if settings.estimands:
        variables = dict.fromkeys(vector_of(name) for name in settings.estimands)
        return replace(made, estimands=tuple(variables))
    return replace(made, estimands=_scalars(settings, made)) if isinstance(made, Own) else made


def _scalars(settings: Settings, made: Own) -> tuple[str, ...]:
    """List the free variables that are numbers and, unless in an `OWN_REGIMES`, have a truth."""
    from sbc.engines import _model

    world = world_of(settings)
    model = _model.build(made, world, made.select(designs(settings)[0]))
    scalars = [rv.name for rv in model.free_RVs if rv.type.ndim == 0]
    named = scalars
    if settings.truth in world.regimes:
        rng = np.random.default_rng(0)
        truth = world.draw(rng, settings.truth, **settings.parameters).truth
        named = [name for name in scalars if name in truth]
    if not named:
        free = ", ".join(rv.name for rv in model.free_RVs) or "none"
        raise UserError(
            f"'{made.name}' has no scalar free variable with a truth in '{world.name}'; "
            f"name what to rank: --estimand NAME,...\n  free variables: {free}"
        )
    return tuple(named)
