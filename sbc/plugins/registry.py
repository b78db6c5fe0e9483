"""Load generators, estimators and engines: built-ins by name, users' from their own files."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from sbc.plugins import catalogue, live
from sbc.plugins.datafile import on_real_data
from sbc.plugins.engine import FUNCTION, Engine
from sbc.plugins.errors import UserError
from sbc.plugins.estimator import Estimator
from sbc.plugins.function import ENGINE
from sbc.plugins.generator import Generator
from sbc.plugins.memory import remembered
from sbc.plugins.notebook import LIBRARIES, NotebookModel, models
from sbc.plugins.plain import plain
from sbc.plugins.spec import KINDS, Spec
from sbc.plugins.syntax import imported
from sbc.plugins.undecorated import Undecorated
from sbc.plugins.unsampled import goes_on


def standard(kind: str, generator: str = "") -> list[str]:
    """List the built-ins that ``all`` stands for: those not declared ``control=True``.

    Parameters
    ----------
    kind : str
        Of plug-in.
    generator : str
        Where estimators are meant, only those whose arrays this generator declares.
    """
    found = [name for name in catalogue.names(kind) if not catalogue.is_control(kind, name)]
    return [name for name in found if not generator or feeds(generator, name)]


def feeds(source: str, name: str) -> bool:
    """Say whether a generator declares every array that a built-in estimator asks for."""
    made = generator(source)
    function = catalogue.function_of(catalogue.parsed("estimator", name), name)
    asked = {a.arg for a in function.args.args} if function else set()
    return asked <= {*made.dims, *made.indexes, *catalogue.derived(name)}


def feeding(arguments: Iterable[str]) -> list[str]:
    """List the built-in generators that declare all of these arrays."""
    found = {name: generator(name) for name in catalogue.names("generator")}
    return [n for n, made in found.items() if set(arguments) <= {*made.dims, *made.indexes}]


@remembered
def generator(spec: str) -> Generator:
    """Load a generator by its name or as ``path/to/file.py:name``."""
    found = _load("generator", spec)
    if inspect.isfunction(found):
        found = plain(found)
    if not isinstance(found, Generator):
        raise UserError(
            f"{spec} is not a generator: neither a function (rng) -> (truth, data) nor decorated "
            "with @sbc.generator"
        )
    return found


@remembered
def generator_with(spec: str, data: str = "") -> Generator:
    """Load a generator, with the real data of a file as its design if one is named.

    Raises
    ------
    UserError
        If the file cannot be used.
    """
    found = generator(spec)
    if not data:
        return found
    return on_real_data(found, data, catalogue.file_of(data), spec == catalogue.OWN_DATA)


@remembered
def estimator(spec: str) -> Estimator:
    """Load an estimator by its name or as ``path/to/file.py:name``, with options as in `Spec`."""
    named = Spec.parse(catalogue.canonical("estimator", spec))
    if (thing := live.find("estimator", spec)) is not None:
        return _of_thing(named.name, thing)
    defaults = catalogue.option_defaults("estimator", named)
    found = _pasted(named) or _load("estimator", named.plain)
    if inspect.isfunction(found):
        _check_one_model(named)
        found = Undecorated.of(found, defaults)
    if not isinstance(found, Estimator):
        raise UserError(f"{spec} is neither an estimator nor a function that states a model")
    if not (found.estimands or isinstance(found, Undecorated)):
        raise UserError(f"{spec} names no estimands: @estimator(estimands=(...))")
    return found.bound(named.short, named.values(defaults)) if named.options else found


def brings_data(text: str) -> bool:
    """Say whether a user's model asks for no arrays; without importing its file where it can."""
    spec = Spec.parse(text)
    if live.find("estimator", text) is not None:
        made = estimator(text)
        return isinstance(made, Undecorated) and not made.arguments
    if not spec.path:
        return False
    tree = catalogue.user_tree("estimator", spec.path, spec.name)
    if function := catalogue.function_of(tree, spec.name):
        arguments = function.args
        asked = len(arguments.args) - len(arguments.defaults)
        return not function.decorator_list and asked == 0
    if spec.name in models(tree):
        found = NotebookModel.find(tree, spec.name)
        return found is not None and not found.arguments
    made = estimator(text)
    return isinstance(made, Undecorated) and not made.arguments


def is_users(text: str) -> bool:
    """Say whether an estimator is the user's, from a file or handed over, not one of sbc's."""
    return bool(Spec.parse(text).path) or live.find("estimator", text) is not None


def _of_thing(name: str, thing: Any) -> Estimator:
    """Make an estimator of what was handed over."""
    if isinstance(thing, Estimator):
        return replace(thing, name=name)
    from sbc.plugins.capture import as_model

    if as_model(thing) is not None:
        return Undecorated.of(lambda: thing, {}, name)
    parameters = inspect.signature(thing).parameters.values()
    numbers = {p.name: p.default for p in parameters if type(p.default) in KINDS}
    return Undecorated.of(thing, numbers, name)


def _pasted(spec: Spec) -> Estimator | None:
    """Take a model, or a function that was made elsewhere, that a user's file names."""
    if not spec.path:
        return None
    tree = catalogue.user_tree("estimator", spec.path, spec.name)
    found = None if catalogue.function_of(tree, spec.name) else NotebookModel.find(tree, spec.name)
    if found is None:
        return None
    file = catalogue.file_of(spec.path)
    if not (found.arguments or spec.name in models(tree)):
        from sbc.plugins.capture import stated
        from sbc.plugins.userfile import execute

        value = stated(lambda: execute(found, str(file), {}))
        if isinstance(value, Estimator):
            return value
        if callable(value):
            return Undecorated.of(value, {}, spec.name)
    return Undecorated.of_code(found, str(file))


def _check_one_model(spec: Spec) -> None:
    """Refuse a function that samples one model and states another: which is meant is not clear."""
    tree = catalogue.user_tree("estimator", spec.path, spec.name)
    function = catalogue.function_of(tree, spec.name)
    if function and goes_on(function, LIBRARIES | imported(tree)):
        raise UserError(
            f"'{spec.name}' samples a model and then states another; sbc tests one model at a "
            "time: give each a function of its own"
        )


@remembered
def simulator(spec: str) -> Any:
    """Load a simulator, a plain function, named as ``path/to/file.py:name``."""
    return _function("simulator", spec, "(rng, truth, given) -> data")


@remembered
def quantity(spec: str) -> Any:
    """Load a test quantity, a plain function, named as ``path/to/file.py:name``."""
    return _function("quantity", spec, "(theta, data) -> number")


def _function(kind: str, spec: str, signature: str) -> Any:
    found = _load(kind, spec)
    if not callable(found):
        raise UserError(f"{spec} is no function {signature}")
    return found


@remembered
def engine(spec: str) -> Engine:
    """Load an engine by its name or as ``path/to/file.py:name``."""
    found = ENGINE if spec == FUNCTION else _load("engine", spec)
    if not isinstance(found, Engine):
        raise UserError(f"{spec} is not an engine; decorate it with @sbc.engine")
    return found


def _load(kind: str, spec: str) -> Any:
    catalogue.check(kind, spec)
    if (thing := live.find(kind, spec)) is not None:
        return thing
    path, _, name = spec.rpartition(":")
    if not path:
        return getattr(importlib.import_module(f"{catalogue.PACKAGES[kind]}.{spec}"), spec)
    catalogue.user_tree(kind, path, name)
    module = _import_file(catalogue.file_of(path))
    if not hasattr(module, name):
        raise UserError(f"'{name}' in {path} is made by sampling, which sbc leaves out")
    return getattr(module, name)


@remembered
def _import_file(file: Path) -> ModuleType:
    from sbc.plugins.userfile import load

    return load(file)
