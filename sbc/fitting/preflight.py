"""What can be known of a user's own model, or of an option, before anything is sampled."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from sbc.fitting import functions
from sbc.fitting.setup import Setup, setup_of
from sbc.plugins import blame, catalogue, registry
from sbc.plugins.data import Data, Truth, users_own
from sbc.plugins.errors import UserError, unknown
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.plugins.nearest import near
from sbc.plugins.spec import Spec
from sbc.plugins.userfile import load_pytensor
from sbc.plugins.validate import check_arguments, check_data
from sbc.store.names import element, place_of, spaced, vector_of
from sbc.store.settings import Settings

#: So many draws of truth and data are tried before a run; one that can be fitted is enough.
TRIALS = 20
#: How an argument that is a size is called.
_SIZE = re.compile(r"(n|num|k|j|size|len)(_.+|[A-Z].*|\d*)?|.+_(n|size|len|count)", re.IGNORECASE)


def lines(settings: Settings) -> dict[str, list[str]]:
    """List what a reader should know of how each estimator is put to the test."""
    setups = {name: setup_of(settings, name) for name in settings.estimators}
    told = {made.generator.name: list(made.generator.lines) for made in setups.values()}
    return told | {name: list(made.estimator.lines) for name, made in setups.items()}


def estimands(settings: Settings) -> dict[str, list[str]]:
    """List what each estimator estimates, refusing those that cannot work on its data.

    Raises
    ------
    UserError
        If the generator gives too little; and of a user's own model, or one with an option, if it
        raises, its arrays do not fit together, or its log probability is not finite at the start
        for either of two datasets.
    """
    load_pytensor()
    return {name: _of_one(setup_of(settings, name)) for name in settings.estimators}


def _of_one(setup: Setup) -> list[str]:
    name, generator, designs = setup.spec, setup.generator, setup.designs
    if name in setup.settings.functions:
        return _of_function(setup)
    made = registry.estimator(name)
    spec = Spec.parse(name)
    if made.estimands:  # an ordinary function is held against the data by `Setup.estimator`
        asked = [a for a in made.arguments if a not in made.derived]
        check_arguments(made, generator, designs[0], registry.feeding(asked))
    if not (registry.is_users(name) or spec.options):
        return _named(setup)
    with _told(made, name):
        _check(generator, designs)
        named = _named(setup)
        if setup.settings.regime.prior_sbc:
            _trial(setup)
        else:
            _start(setup)
    return named


def _of_function(setup: Setup) -> list[str]:
    """Name what a function estimates, refusing one that a user has written and that fails."""
    name, settings = setup.spec, setup.settings
    with _told(registry.estimator(name), name):
        _check(setup.generator, setup.designs)
        estimands = list(setup.estimator.estimands)
        if registry.is_users(name):
            functions.check(setup)
    return [spaced(asked) for asked in settings.estimands] or estimands


@contextmanager
def _told(made: Estimator, name: str) -> Iterator[None]:
    """Tell what a user's code raises in one line, with its place."""
    try:
        yield
    except UserError:
        raise
    except Exception as problem:
        if blame.is_ours(problem):
            raise
        text = f"{type(problem).__name__}: {problem}".strip().partition("\n")[0]
        said = f"'{made.name}' raises {text}{_place(problem, name)}{_sizes(made)}"
        raise UserError(said) from problem


def _check(generator: Generator, designs: list[Data]) -> None:
    for data in designs:
        try:
            check_data(generator, data)
        except ValueError as problem:
            raise UserError(f"{generator.name}: {problem}") from problem


def _missing(model: Any) -> str:
    """Say which array that a likelihood reads holds missing values; empty if none does."""
    from sbc.plugins import outcomes
    from sbc.plugins.graph import value_of

    inputs = [v for rv in model.observed_RVs for v in rv.owner.inputs]
    for variable in outcomes.read_by(inputs):
        value = value_of(variable)
        if value is None or value.dtype.kind != "f" or not (count := int(np.isnan(value).sum())):
            continue
        name = f"'{variable.name}'" if variable.name else f"an array of shape {value.shape}"
        return (
            f"{name} holds {count} missing value{'s'[: count > 1]} (NaN), and the likelihood reads "
            "it: leave such rows out, or give the missing values a distribution"
        )
    return ""


def _sizes(made: Estimator) -> str:
    """Point at options that look like sizes: what raises may be that the data have others."""
    like = {n: v for n, v in made.options.items() if type(v) is int and _SIZE.fullmatch(n)}
    told = ", ".join(f"{name}={value}" for name, value in like.items())
    return f"; mind that {told} is an option, not what the data have" if told else ""


def _place(problem: Exception, name: str) -> str:
    named = Spec.parse(name).path
    path = str(catalogue.file_of(named)) if named else ""
    lines = [f.lineno for f in traceback.extract_tb(problem.__traceback__) if f.filename == path]
    return f" ({named}, line {lines[-1]})" if lines else ""


def _named(setup: Setup) -> list[str]:
    """Name the scalars and vectors to rank, each of which must have a truth."""
    settings, generator, estimator = setup.settings, setup.generator, setup.estimator
    truth: Truth | None = None
    if settings.truth in generator.regimes:
        rng = np.random.default_rng(0)
        truth = generator.draw(rng, settings.truth, **settings.parameters).truth
    for estimand in estimator.estimands:
        if truth is not None and estimand not in truth and not _computed(setup):
            where = f"in the truth of '{generator.name}', as '{estimator.name}' estimates it"
            raise unknown("parameter", estimand, truth, where)
    if not settings.estimands:
        return list(estimator.estimands)
    asked = [_asked(spaced(name), estimator) for name in settings.estimands]
    _check_elements(setup, asked)
    return asked


def _asked(name: str, estimator: Estimator) -> str:
    """Give what the user names as rows name it: a name that sbc has for itself is another."""
    variable, own = vector_of(name), users_own(vector_of(name))
    if own not in estimator.estimands:
        return name
    return own + name.removeprefix(variable)


def _computed(setup: Setup) -> bool:
    """Say whether the model can compute what the truth leaves out."""
    from sbc.engines import _model

    settings, generator, estimator = setup.settings, setup.generator, setup.estimator
    model = _model.build(estimator, generator, estimator.select(setup.designs[0]))
    truth = generator.draw(np.random.default_rng(0), settings.truth, **settings.parameters).truth
    known = {*truth, *(d.name for d in model.deterministics)}
    return _model.is_complete(model, truth) and set(estimator.estimands) <= known


def _check_elements(setup: Setup, asked: list[str]) -> None:
    """Refuse elements that a vector has not, or that never vary."""
    from sbc.engines import _model

    estimator = setup.estimator
    model = _model.build(estimator, setup.generator, estimator.select(setup.designs[0]))
    for name in asked:
        if name in estimator.estimands:
            continue
        vector, place = vector_of(name), place_of(name)
        if name in estimator.constant:
            raise UserError(f"'{name}' of '{estimator.name}' is constant by definition")
        size = int(np.prod(_model.shape_of(model[vector])))
        if model[vector].type.ndim == 0:
            raise UserError(f"'{vector}' of '{estimator.name}' is a number; it has no elements")
        places = estimator.elements.get(vector) or tuple(map(str, range(size)))
        if place not in places:
            meant = near(place, places)
            hint = f". Did you mean '{element(vector, meant)}'?" if meant else ""
            raise UserError(
                f"no element '{name}' in '{estimator.name}': {vector} has elements "
                f"{element(vector, places[0])} to {element(vector, places[-1])}{hint}"
            )


def _start(setup: Setup) -> None:
    """Evaluate the log probability where a sampler would start."""
    from sbc.engines import _model

    estimator = setup.estimator
    wrong = []
    for data in setup.designs:
        model = _model.build(estimator, setup.generator, estimator.select(data))
        point = model.initial_point()
        terms = [*model.basic_RVs, *model.potentials]
        function = _cheap(model, model.logp(sum=False))
        values = dict(zip([t.name for t in terms], function(point), strict=True))
        bad = [name for name, value in values.items() if not np.isfinite(value).all()]
        if not bad:
            return
        wrong.append((bad[0], float(np.sum(values[bad[0]]))))
    if told := _missing(model):
        raise UserError(f"'{estimator.name}' cannot be fitted: {told}")
    name, value = wrong[0]
    raise UserError(
        f"'{estimator.name}' cannot start: the log probability of '{name}' is {value:g} there"
    )


def _cheap(model: Any, outputs: list[Any]) -> Callable[[dict[str, Any]], list[Any]]:
    """Compile a function of a point, given by the names of the model's values."""
    from pymc.pytensorf import compile

    from sbc.plugins.modes import CHEAP

    function = compile(model.value_vars, outputs, mode=CHEAP, on_unused_input="ignore")

    def evaluate(point: dict[str, Any]) -> list[Any]:
        with np.errstate(all="ignore"):
            return list(function(*(point[v.name] for v in model.value_vars)))

    return evaluate


def _trial(setup: Setup) -> None:
    """Draw truth and data as the run will, until one dataset has a finite density at its truth.

    Raises
    ------
    UserError
        If none of `TRIALS` has, saying what was wrong with the first.
    """
    from sbc.engines import _model
    from sbc.fitting.joint import as_written

    settings, generator, estimator = setup.settings, setup.generator, setup.estimator
    wrong = ""
    for k in range(TRIALS):
        rng = np.random.default_rng(k)
        design = generator.design(rng, **settings.parameters)
        try:
            drawn = setup.joint(estimator, design).draw(rng, design, k)
        except (ArithmeticError, ValueError) as problem:
            wrong = wrong or f"{type(problem).__name__}: {problem}".partition("\n")[0]
            continue
        selected = estimator.select(drawn.data)
        model = _model.build(estimator, generator, selected)
        at = _model.density_at(model, cheap=True)
        value = float(at(drawn.truth, selected))
        if np.isfinite(value):
            return
        wrong = wrong or f"the log likelihood of the first dataset at its own truth is {value}"
    if told := _missing(as_written(estimator, generator, design)):
        raise UserError(f"'{estimator.name}' cannot be fitted: {told}")
    if settings.simulator:
        raise UserError(
            f"'{estimator.name}': none of {TRIALS} trial draws of truth, with the data that "
            f"{settings.simulator} simulates, can be fitted ({wrong})"
        )
    raise UserError(
        f"'{estimator.name}': none of {TRIALS} trial draws of truth and data from the model's own "
        f"prior can be fitted ({wrong}); give its parameters priors under which such data are "
        "possible"
    )
