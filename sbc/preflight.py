"""What can be known of a user's own model, or of an option, before anything is sampled."""

from __future__ import annotations

import traceback

import numpy as np

from sbc import registry
from sbc.contracts import Data, Estimator, Truth
from sbc.elements import natural, vector_of
from sbc.errors import UserError, unknown
from sbc.estimands import designs, estimator_of
from sbc.settings import Settings, world_of
from sbc.specs import Spec
from sbc.validate import check_arguments, check_data


def estimands(settings: Settings) -> dict[str, list[str]]:
    """List what each estimator estimates, refusing those that cannot work in this world.

    Raises
    ------
    UserError
        If the world gives too little; and of a user's own model, or one with an option, if it
        raises, its arrays do not fit together, or its log probability is not finite at the start
        for either of two datasets.
    """
    return {name: _of_one(settings, name) for name in settings.estimators}


def _of_one(settings: Settings, name: str) -> list[str]:
    generator = world_of(settings)
    worlds = designs(settings)
    made = registry.estimator(name)
    spec = Spec.parse(name)
    if made.estimands:  # an ordinary function is held against the world by `estimator_of`
        asked = [a for a in made.arguments if a not in made.derived]
        check_arguments(made, generator, worlds[0], registry.feeding(asked))
    if not (spec.path or spec.options):
        return _named(settings, estimator_of(settings, name), worlds[0])
    try:
        for data in worlds:
            check_data(generator, data)
        found = estimator_of(settings, name)
        named = _named(settings, found, worlds[0])
        _start(found, settings, worlds)
    except UserError:
        raise
    except Exception as problem:  # the user's code: told in one line, with its place
        text = f"{type(problem).__name__}: {problem}".strip().partition("\n")[0]
        raise UserError(f"'{made.name}' raises {text}{_place(problem, name)}") from problem
    return named


def _place(problem: Exception, name: str) -> str:
    named = Spec.parse(name).path
    path = str(registry.file_of(named)) if named else ""
    lines = [f.lineno for f in traceback.extract_tb(problem.__traceback__) if f.filename == path]
    return f" ({named}, line {lines[-1]})" if lines else ""


def _named(settings: Settings, estimator: Estimator, data: Data) -> list[str]:
    """Name the scalars and vectors to rank, each of which must have a truth."""
    generator = world_of(settings)
    truth: Truth | None = None
    if settings.truth in generator.regimes:
        rng = np.random.default_rng(0)
        truth = generator.draw(rng, settings.truth, **settings.parameters).truth
    for estimand in estimator.estimands:
        if truth is not None and estimand not in truth and not _computed(settings, estimator, data):
            where = f"in the truth of '{generator.name}', as '{estimator.name}' estimates it"
            raise unknown("parameter", estimand, truth, where)
    if settings.estimands:
        _check_elements(settings, estimator, data)
        return list(settings.estimands)
    return list(estimator.estimands)


def _computed(settings: Settings, estimator: Estimator, data: Data) -> bool:
    """Say whether the model can compute what the truth leaves out."""
    from sbc.engines import _model

    generator = world_of(settings)
    model = _model.build(estimator, generator, estimator.select(data))
    truth = generator.draw(np.random.default_rng(0), settings.truth, **settings.parameters).truth
    known = {*truth, *(d.name for d in model.deterministics)}
    return _model.is_complete(model, truth) and set(estimator.estimands) <= known


def _check_elements(settings: Settings, estimator: Estimator, data: Data) -> None:
    """Refuse variables that the model has not, and elements beyond a vector's end."""
    from sbc.engines import _model

    generator = world_of(settings)
    model = _model.build(estimator, generator, estimator.select(data))
    for name in settings.estimands:
        vector, places = natural(name)
        if not places:
            continue
        size = int(np.prod(model[vector].shape.eval()))
        if model[vector].type.ndim == 0:
            raise UserError(f"'{vector}' of '{estimator.name}' is a number; it has no elements")
        if len(places) > 1 or places[0] >= size:
            raise UserError(
                f"no element '{name}' in '{estimator.name}': {vector_of(name)} has elements "
                f"{vector}[0] to {vector}[{size - 1}]"
            )


def _start(estimator: Estimator, settings: Settings, worlds: list[Data]) -> None:
    """Evaluate the log probability where a sampler would start."""
    from sbc.engines import _model

    generator = world_of(settings)
    wrong = []
    for data in worlds:
        model = _model.build(estimator, generator, estimator.select(data))
        point = model.initial_point()
        terms = [*model.basic_RVs, *model.potentials]
        function = model.compile_fn(model.logp(sum=False), mode="FAST_COMPILE")
        values = dict(zip([t.name for t in terms], function(point), strict=True))
        bad = [name for name, value in values.items() if not np.isfinite(value).all()]
        if not bad:
            return
        wrong.append((bad[0], float(np.sum(values[bad[0]]))))
    name, value = wrong[0]
    raise UserError(
        f"'{estimator.name}' cannot start: the log probability of '{name}' is {value:g} there"
    )
