"""Find generators, estimators and engines: one file each, by name, or in a user's own file.

Names and descriptions are read from the files' text, so that listing them and refusing a wrong
name costs no import of PyMC.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from sbc.plugins import live, source
from sbc.plugins.datafile import observed_world
from sbc.plugins.engine import Engine
from sbc.plugins.errors import UserError, unknown
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.plugins.memory import remembered
from sbc.plugins.notebook import LIBRARIES, NotebookModel, models
from sbc.plugins.plain import plain
from sbc.plugins.spec import KINDS, Spec
from sbc.plugins.syntax import exposed, functions, imported
from sbc.plugins.undecorated import Undecorated
from sbc.plugins.unsampled import goes_on

#: Where the built-in plug-ins of each kind live.
PACKAGES = {"generator": "sbc.generators", "estimator": "sbc.models", "engine": "sbc.engines"}

#: The generator of estimators that bring their own data.
OWN_DATA = "own_data"

#: A user's file as it is named, to where its text lies on this machine: on a cluster's workers.
_COPIES: dict[str, Path] = {}


def names(kind: str) -> list[str]:
    """List the built-in plug-ins of a kind, sorted."""
    return sorted(_files(kind))


def standard(kind: str, generator: str = "") -> list[str]:
    """List the built-ins that ``all`` stands for: those not declared ``control=True``.

    Parameters
    ----------
    kind : str
        Of plug-in.
    generator : str
        Where estimators are meant, only those whose arrays this generator declares.
    """
    found = [name for name in names(kind) if not _is_control(kind, name)]
    return [name for name in found if not generator or feeds(generator, name)]


def feeds(world: str, name: str) -> bool:
    """Say whether a generator declares every array that a built-in estimator asks for."""
    made = generator(world)
    function = _function(_parsed("estimator", name), name)
    asked = {a.arg for a in function.args.args} if function else set()
    return asked <= {*made.dims, *made.indexes, *_derived(name)}


def feeding(arguments: Iterable[str]) -> list[str]:
    """List the built-in generators that declare all of these arrays."""
    worlds = {name: generator(name) for name in names("generator")}
    return [n for n, world in worlds.items() if set(arguments) <= {*world.dims, *world.indexes}]


def option_defaults(kind: str, spec: Spec) -> dict[str, Any]:
    """Read an estimator's options and their defaults, without importing its file."""
    if live.find(kind, spec.name) is not None:
        return {}
    if spec.path:
        tree: ast.Module = _user_tree(kind, spec.path, spec.name)
    else:
        tree = _parsed(kind, spec.name)
    function = _function(tree, spec.name)
    if kind != "estimator" or function is None:
        return {}
    arguments = function.args
    pairs = list(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
    if not function.decorator_list:  # an ordinary function's numbers are options too
        last = arguments.args[len(arguments.args) - len(arguments.defaults) :]
        pairs += zip(last, arguments.defaults, strict=True)
    found = {a.arg: _constant(default) for a, default in pairs if default is not None}
    return {name: value for name, value in found.items() if type(value) in KINDS}


def canonical(kind: str, text: str) -> str:
    """Write a name as it stands in a run: options in order, without those at their defaults.

    Raises
    ------
    UserError
        For an unknown name or option, or an option's value of the wrong type.
    """
    check(kind, text)
    spec = Spec.parse(text) if kind == "estimator" else Spec("", text)
    return str(spec.canonical(option_defaults(kind, spec))) if spec.options else text


def describe(kind: str, name: str) -> str:
    """Give a built-in's one-line description without importing its file."""
    tree = _parsed(kind, name)
    node = _function(tree, name) or tree
    return (ast.get_docstring(node) or "").partition("\n")[0]


def _parsed(kind: str, name: str) -> ast.Module:
    return ast.parse(_files(kind)[name].read_text(encoding="utf-8"))


def _function(tree: ast.Module, name: str) -> ast.FunctionDef | None:
    return functions(tree).get(name)


def _is_control(kind: str, name: str) -> bool:
    return _keyword(kind, name, "control") is True


def _keyword(kind: str, name: str, keyword: str) -> Any:
    """Read what a built-in's decorator is given, if it stands there as a constant."""
    node = _keyword_node(kind, name, keyword)
    return None if node is None else ast.literal_eval(node)


def _keyword_node(kind: str, name: str, keyword: str) -> ast.expr | None:
    function = _function(_parsed(kind, name), name)
    decorators = function.decorator_list if function else []
    words = [word for d in decorators if isinstance(d, ast.Call) for word in d.keywords]
    return next((w.value for w in words if w.arg == keyword), None)


def _derived(name: str) -> set[str]:
    """Name the arguments that a built-in estimator computes from the data."""
    node = _keyword_node("estimator", name, "derived")
    return {_constant(key) for key in node.keys} if isinstance(node, ast.Dict) else set()


def _constant(node: ast.expr | None) -> Any:
    """Give the value of a literal; None for anything else."""
    try:
        return None if node is None else ast.literal_eval(node)
    except ValueError:
        return None


def _check_packages(engine: str) -> None:
    """Refuse an engine whose package is not there, naming the extra that brings it."""
    for package in _keyword("engine", engine, "needs") or ():
        if importlib.util.find_spec(package) is None:
            raise UserError(
                f"engine '{engine}' needs the package {package}: pip install 'sbc[{package}]'"
            )


def check(kind: str, spec: str) -> None:
    """Refuse a name that cannot be meant, before anything slow is imported.

    Raises
    ------
    UserError
        For an unknown name, or a file that is not there.
    """
    named = Spec.parse(spec) if kind == "estimator" else Spec("", spec)
    path, colon, name = named.plain.rpartition(":")
    if path:
        _user_tree(kind, path, name)
    elif live.find(kind, name) is not None:
        pass
    elif kind == "simulator":
        raise UserError(f"--simulator takes FILE.py:NAME, not '{spec}'")
    elif colon:
        raise unknown(kind, spec, names(kind))
    elif name.endswith((".py", ".ipynb")):
        raise UserError(f"{name} names a file but no {kind} in it; write {name}:NAME")
    elif name not in _files(kind):
        raise unknown(kind, name, names(kind))
    elif kind == "engine":
        _check_packages(name)
    if named.options:
        named.canonical(option_defaults(kind, named))


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
def world(spec: str, data: str = "") -> Generator:
    """Load a generator, its world that of the real data in a file if one is named.

    Raises
    ------
    UserError
        If the file cannot be used.
    """
    found = generator(spec)
    return observed_world(found, data, file_of(data), spec == OWN_DATA) if data else found


@remembered
def estimator(spec: str) -> Estimator:
    """Load an estimator by its name or as ``path/to/file.py:name``, with options as in `Spec`."""
    named = Spec.parse(canonical("estimator", spec))
    if (thing := live.find("estimator", spec)) is not None:
        return _of_thing(named.name, thing)
    defaults = option_defaults("estimator", named)
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
    tree = _user_tree("estimator", spec.path, spec.name)
    if function := _function(tree, spec.name):
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
    tree = _user_tree("estimator", spec.path, spec.name)
    found = None if _function(tree, spec.name) else NotebookModel.find(tree, spec.name)
    if found is None:
        return None
    file = file_of(spec.path)
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
    tree = _user_tree("estimator", spec.path, spec.name)
    function = _function(tree, spec.name)
    if function and goes_on(function, LIBRARIES | imported(tree)):
        raise UserError(
            f"'{spec.name}' samples a model and then states another; sbc tests one model at a "
            "time: give each a function of its own"
        )


@remembered
def simulator(spec: str) -> Any:
    """Load a simulator, a plain function, named as ``path/to/file.py:name``."""
    found = _load("simulator", spec)
    if not callable(found):
        raise UserError(f"{spec} is no function (rng, truth, given) -> data")
    return found


@remembered
def engine(spec: str) -> Engine:
    """Load an engine by its name or as ``path/to/file.py:name``."""
    found = _load("engine", spec)
    if not isinstance(found, Engine):
        raise UserError(f"{spec} is not an engine; decorate it with @sbc.engine")
    return found


def _files(kind: str) -> dict[str, Path]:
    package = importlib.import_module(PACKAGES[kind])
    folders = [Path(folder) for folder in package.__path__]
    return {
        file.stem: file
        for folder in folders
        for file in folder.glob("*.py")
        if not file.stem.startswith("_")
    }


def _load(kind: str, spec: str) -> Any:
    check(kind, spec)
    if (thing := live.find(kind, spec)) is not None:
        return thing
    path, _, name = spec.rpartition(":")
    if not path:
        return getattr(importlib.import_module(f"{PACKAGES[kind]}.{spec}"), spec)
    _user_tree(kind, path, name)
    module = _import_file(file_of(path))
    if not hasattr(module, name):
        raise UserError(f"'{name}' in {path} is made by sampling, which sbc leaves out")
    return getattr(module, name)


def place(path: str, copy: Path) -> None:
    """Say where the text of a user's file lies on this machine, if not where it is named."""
    _COPIES[path] = copy


def file_of(path: str) -> Path:
    """Say where the text of a user's file lies."""
    return _COPIES.get(path, Path(path)).resolve()


def _user_tree(kind: str, path: str, name: str) -> ast.Module:
    """Read a user's file, refusing one that has nothing of this name."""
    file = file_of(path)
    if not file.is_file():
        raise UserError(f"no file {path} to take the {kind} '{name}' from")
    tree = source.tree(file, path)
    if name.partition(".")[0] not in exposed(tree.body)[1]:
        defined = [*functions(tree), *(models(tree) if kind == "estimator" else [])]
        raise unknown(kind, name, defined, f"in {path}")
    return tree


@remembered
def _import_file(file: Path) -> ModuleType:
    from sbc.plugins.userfile import load

    return load(file)
