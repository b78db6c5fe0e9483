"""Which estimators are functions that give estimates or draws, and what these are about."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sbc.fitting.estimated import check_shapes
from sbc.plugins import catalogue, registry
from sbc.plugins.data import Data, Dataset
from sbc.plugins.engine import Draws
from sbc.plugins.errors import UserError, option, unknown
from sbc.plugins.estimates import Estimated
from sbc.plugins.estimator import Estimator
from sbc.plugins.function import FunctionEstimator
from sbc.plugins.returned import ALLOWED, is_estimates, is_result, named, read
from sbc.plugins.stdout import to_stderr
from sbc.plugins.undecorated import Undecorated
from sbc.store.names import vector_of
from sbc.store.settings import Settings

if TYPE_CHECKING:
    from sbc.fitting.setup import Setup

#: So many datasets are tried until a function can do with one: a fit may fail by chance.
TRIALS = 5


def with_functions(settings: Settings) -> Settings:
    """Find out which estimators are functions, by calling them on a dataset.

    What states a model of PyMC's is none; what gives estimates or draws is one.

    Parameters
    ----------
    settings : Settings
        Valid ones; estimators that are known to be functions are not called again.

    Raises
    ------
    UserError
        If an estimator is neither, or a function has no joint distribution and needs one.
    """
    found = tuple(n for n in settings.estimators if n in settings.functions or _is(settings, n))
    if found and settings.regime.own:
        regimes = list(registry.generator(settings.generator).regimes)
        named = f", of {settings.generator} {', '.join(regimes)}" if regimes else ""
        raise UserError(
            f"'{found[0]}' is a function: it has no joint distribution to draw truth and data from "
            f"({option('truth', settings.truth)}). Name a generator with {option('generator')} and "
            f"a regime of it with {option('truth')}{named}"
        )
    return replace(settings, functions=found)


def _is(settings: Settings, spec: str) -> bool:
    if not registry.is_users(spec):
        return not catalogue.states_model(spec)
    made = registry.estimator(spec)
    if made.closed_form or getattr(made, "code", False):
        return False
    from sbc.fitting.setup import designs

    for data in designs(settings):
        try:
            returned, opened = _outcome(settings, made, data)
        except UserError:
            raise
        except Exception:  # it is told, with its place, when the model is asked for
            continue
        if opened or returned is None:
            return False
        if is_result(returned):
            return True
        raise UserError(
            f"'{made.name}' states no model and gives {type(returned).__name__}: an estimator "
            f"states a model of PyMC's, or {ALLOWED}"
        )
    return False


def _outcome(settings: Settings, made: Estimator, data: Data) -> tuple[Any, bool]:
    """Call a user's function; give what it returns, and whether a model stands then."""
    import pymc as pm

    from sbc.fitting.allowed import generator_of
    from sbc.plugins.capture import as_model, called

    generator = generator_of(settings)
    try:
        function = FunctionEstimator.of(made, generator, data)
    except UserError:
        if isinstance(made, Undecorated):
            raise
        return None, True  # a decorated one is held against the data later
    if not function.arrays:
        return None, True  # it brings its own data, as no function of data does
    arrays = function.asked(function.select(data), settings.budget, 0)
    coords = {dim: np.arange(len(data[n])) for n, dim in generator.dims.items() if n in data}
    with pm.Model(coords=coords) as around:
        returned, opened = called(made.define, arrays, io.StringIO())
    stated = bool(around.named_vars) or any(model.named_vars for model in opened)
    return returned, stated or as_model(returned) is not None


def resolved(setup: Setup) -> FunctionEstimator:
    """Find a function's arrays, and what it estimates.

    Raises
    ------
    UserError
        If there is no such array or parameter, or the function gives what cannot be used.
    """
    settings, generator = setup.settings, setup.generator
    made, truth = _placed(setup), _drawn(setup, 0).truth
    if settings.quantities:
        told = "it is a function: no quantity of parameters and data is ranked of it"
        made = replace(made, lines=(told,))
    if settings.estimands:
        made = replace(made, estimands=tuple(dict.fromkeys(map(vector_of, settings.estimands))))
    if made.estimands:
        for name in made.estimands:
            if name not in truth:
                where = f"in the truth of '{generator.name}', as '{made.name}' estimates it"
                raise unknown("parameter", name, truth, where)
        return replace(made, ndims=_ndims(made.estimands, truth))
    try:
        names = named(setup.trial[0])
    except (TypeError, RuntimeError) as problem:
        raise _useless(made, problem) from problem
    found = tuple(name for name in names if name in truth)
    if not found:
        where = f"in the truth of '{generator.name}', of which '{made.name}' gives estimates"
        raise unknown("parameter", names[0], truth, where)
    lines = made.lines + tuple(
        f"'{name}' is not judged: the truth of '{generator.name}' does not say what it is"
        for name in names
        if name not in truth
    )
    return replace(made, estimands=found, lines=lines, ndims=_ndims(found, truth))


def _placed(setup: Setup) -> FunctionEstimator:
    return FunctionEstimator.of(registry.estimator(setup.spec), setup.generator, setup.designs[0])


def _drawn(setup: Setup, seed: int) -> Dataset:
    rng, settings = np.random.default_rng(seed), setup.settings
    return setup.generator.draw(rng, settings.truth, **settings.parameters)


def _ndims(names: tuple[str, ...], truth: Mapping[str, Any]) -> dict[str, int]:
    return {name: np.ndim(truth[name]) for name in names}


def trial(setup: Setup) -> tuple[Any, Dataset, int]:
    """Call a function on datasets, always the same ones, until what it gives can be used.

    Returns
    -------
    object, Dataset, int
        What it gives, of which dataset, and the seed of its random numbers. If none can be used,
        these are of the first dataset of which it gives anything.

    Raises
    ------
    Exception
        What it raises of the last of these, if it raises of all.
    """
    made = _placed(setup)
    seen: list[tuple[Any, Dataset, int]] = []
    for seed in range(TRIALS):
        drawn = _drawn(setup, seed)
        try:
            returned = _called(setup, made, drawn, seed)
        except Exception:
            if seed == TRIALS - 1 and not seen:
                raise
            continue
        seen.append((returned, drawn, seed))
        if _is_of_use(returned, drawn.truth):
            return seen[-1]
    return seen[0]


def _called(setup: Setup, made: FunctionEstimator, drawn: Dataset, seed: int) -> Any:
    with to_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return made.call(made.select(drawn.data), setup.settings.budget, seed)


def _is_of_use(returned: Any, truth: Mapping[str, Any]) -> bool:
    """Say whether a fit of this dataset would work: an estimate may be NaN by chance."""
    try:
        known = tuple(name for name in named(returned) if name in truth)
        if known:
            check_shapes(read(returned, _ndims(known, truth)), truth)
    except (TypeError, ValueError, RuntimeError):
        return False
    return bool(known)


def check(setup: Setup) -> None:
    """Call a function, and refuse what it gives if that cannot be used.

    Raises
    ------
    UserError
        In one line, naming what is allowed.
    """
    made, (returned, drawn, seed) = setup.estimator, setup.trial
    assert isinstance(made, FunctionEstimator)
    try:
        found = read(returned, made.ndims)
        check_shapes(found, drawn.truth)
        again = read(_called(setup, made, drawn, seed), made.ndims)
    except (TypeError, ValueError, RuntimeError) as problem:
        raise _useless(made, problem) from problem
    if not all(_same(found.values[name], again.values[name]) for name in found.values):
        raise UserError(
            f"'{made.name}' gives different numbers when it is called again with the same data: "
            "draw random numbers from an argument rng, and keep no state between calls"
        )


def _useless(made: Estimator, problem: Exception) -> UserError:
    return UserError(f"'{made.name}' returns something that cannot be used: {problem}")


def _same(one: Any, other: Any) -> bool:
    """Say whether two estimates, or arrays of draws, are the same but for rounding."""
    ours, theirs = (x.value if isinstance(x, Estimated) else x for x in (one, other))
    return ours.shape == theirs.shape and bool(np.allclose(ours, theirs, equal_nan=True))


def gives_draws(settings: Settings, spec: str) -> bool:
    """Say whether a function gives draws, in which truths can be ranked."""
    from sbc.fitting.setup import setup_of

    try:
        returned = setup_of(settings, spec).trial[0]
        return isinstance(returned, Draws) or not is_estimates(returned)
    except Exception:  # told before the first fit, with its place
        return True
