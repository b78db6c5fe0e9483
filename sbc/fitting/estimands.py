"""What is estimated: as the estimator says, as the user says, or what an ordinary model has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sbc.fitting import functions
from sbc.plugins import registry
from sbc.plugins.arguments import DEFAULT
from sbc.plugins.data import Quantity, users_own
from sbc.plugins.errors import UserError, option
from sbc.plugins.estimator import Estimator
from sbc.plugins.undecorated import Undecorated
from sbc.plugins.validate import check_arguments
from sbc.store.names import spaced, vector_of
from sbc.store.settings import Settings

if TYPE_CHECKING:
    from sbc.fitting.setup import Setup

#: A variable with more elements is ranked only where it is named.
LARGEST = 500


def is_wanted(settings: Settings, estimator: Estimator, quantity: str) -> bool:
    """Say whether a scalar is asked for: by its own name, by its vector's, or as no estimand."""
    variable = quantity if quantity in estimator.estimands else vector_of(quantity)
    if not settings.estimands or variable not in estimator.estimands:
        return True
    asked = {spaced(name) for name in settings.estimands}
    asked |= {users_own(name) for name in asked}
    return bool({quantity, variable} & asked)


def resolved(setup: Setup) -> Estimator:
    """Name what is ranked and, of a user's own model, find out how it can be fitted.

    Errors as of `Setup.estimator`.
    """
    if setup.spec in setup.settings.functions:
        return functions.resolved(setup)
    settings, made = setup.settings, registry.estimator(setup.spec)
    own_truth = settings.regime.own
    if isinstance(made, Undecorated):
        made = made.placed(setup.generator, setup.designs[0], setup.designs[1], own_truth)
    if settings.estimands:
        check_arguments(made, setup.generator, setup.designs[0])
        made = replace(made, estimands=_variables(setup, made))
    elif isinstance(made, Undecorated):
        made = _all_free(setup, made)
    made = replace(made, quantities={**made.quantities, **_asked(settings, made)})
    if not registry.is_users(setup.spec):
        return made
    from sbc.fitting import examine

    check_arguments(made, setup.generator, setup.designs[0])
    return examine.examined(setup, made)


def _asked(settings: Settings, made: Estimator) -> dict[str, Quantity]:
    """Load the functions that are ranked besides, by their names."""
    found = {}
    for spec in settings.quantities:
        name = spec.rpartition(":")[2]
        if name in made.estimands or name in made.quantities:
            raise UserError(f"'{made.name}' has a quantity '{name}' already; rename {spec}")
        found[name] = registry.quantity(spec)
    return found


def _variables(setup: Setup, made: Estimator) -> tuple[str, ...]:
    """Name the variables that are asked for, by themselves or by one of their elements."""
    from sbc.engines import _model

    data = made.select(setup.designs[0])
    known = _model.build(replace(made, estimands=()), setup.generator, data).named_vars
    found = []
    for name in setup.settings.estimands:
        variable = name if name in known else vector_of(name)
        own = users_own(variable)  # a name that sbc has for itself
        found.append(own if own in known else variable)
    return tuple(dict.fromkeys(found))


def _all_free(setup: Setup, made: Undecorated) -> Undecorated:
    """Rank every free variable which, unless the estimator draws it itself, has a truth."""
    from sbc.engines import _model

    settings, generator = setup.settings, setup.generator
    model = _model.build(made, generator, made.select(setup.designs[0]))
    named: list[tuple[str, int]] = []
    large: list[tuple[str, int]] = []
    for rv in model.free_RVs:
        size = int(np.prod(_model.shape_of(rv)))
        (named if size <= LARGEST else large).append((rv.name, size))
    lines = [
        f"'{name}' is not ranked: it has {size} elements, more than {LARGEST}; name "
        f"those to rank as estimands: {name}[0], ..."
        for name, size in large
    ]
    if settings.truth in generator.regimes:
        rng = np.random.default_rng(0)
        truth = generator.draw(rng, settings.truth, **settings.parameters).truth
        lines += [
            f"'{name}' is not ranked: the truth of '{generator.name}' does not say what it is"
            for name, _ in named
            if name not in truth
        ]
        named = [(name, size) for name, size in named if name in truth]
    if not named and generator.name == DEFAULT:  # most often nobody has named it
        asked = "', '".join(made.arrays)
        raise UserError(
            f"'{made.name}' takes '{asked}', and nothing supplies it: name a file that holds it "
            f"({option('data', 'FILE.csv')}) or a generator that draws it "
            f"({option('generator', 'FILE.py:NAME')})"
        )
    if not named:
        free = ", ".join(rv.name for rv in model.free_RVs) or "none"
        raise UserError(
            f"'{made.name}' has no free variable with a truth in '{generator.name}'; "
            f"name what to rank: {option('estimands', 'NAME,...')}\n  free variables: {free}"
        )
    return replace(made, estimands=tuple(n for n, _ in named), lines=tuple(lines))
