"""What a name means, read from the text of files: nothing is run, and no import of PyMC is paid.

Generators, estimators and engines are one file each, named after what they hold, or stand in a
user's own file.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
from pathlib import Path
from typing import Any

from sbc.plugins import live, source
from sbc.plugins.errors import UserError, option, unknown
from sbc.plugins.notebook import models
from sbc.plugins.spec import KINDS, Spec
from sbc.plugins.syntax import exposed, functions, imported

#: Where the built-in plug-ins of each kind live.
PACKAGES = {"generator": "sbc.generators", "estimator": "sbc.models", "engine": "sbc.engines"}

#: The generator of estimators that bring their own data.
OWN_DATA = "own_data"

#: A user's file as it is named, to where its text lies on this machine: on a cluster's workers.
_COPIES: dict[str, Path] = {}


def names(kind: str) -> list[str]:
    """List the built-in plug-ins of a kind, sorted."""
    return sorted(files(kind))


def option_defaults(kind: str, spec: Spec) -> dict[str, Any]:
    """Read an estimator's options and their defaults, without importing its file."""
    if live.find(kind, spec.name) is not None:
        return {}
    if spec.path:
        tree: ast.Module = user_tree(kind, spec.path, spec.name)
    else:
        tree = parsed(kind, spec.name)
    function = function_of(tree, spec.name)
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
    tree = parsed(kind, name)
    node = function_of(tree, name) or tree
    return (ast.get_docstring(node) or "").partition("\n")[0]


def parsed(kind: str, name: str) -> ast.Module:
    """Read the syntax tree of a built-in's file."""
    return ast.parse(files(kind)[name].read_text(encoding="utf-8"))


def function_of(tree: ast.Module, name: str) -> ast.FunctionDef | None:
    """Find the function of this name in a file."""
    return functions(tree).get(name)


def is_control(kind: str, name: str) -> bool:
    """Say whether a built-in is declared ``control=True``, so that ``all`` leaves it out."""
    return _keyword(kind, name, "control") is True


def _keyword(kind: str, name: str, keyword: str) -> Any:
    """Read what a built-in's decorator is given, if it stands there as a constant."""
    node = _keyword_node(kind, name, keyword)
    return None if node is None else ast.literal_eval(node)


def _keyword_node(kind: str, name: str, keyword: str) -> ast.expr | None:
    function = function_of(parsed(kind, name), name)
    decorators = function.decorator_list if function else []
    words = [word for d in decorators if isinstance(d, ast.Call) for word in d.keywords]
    return next((w.value for w in words if w.arg == keyword), None)


def derived(name: str) -> set[str]:
    """Name the arguments that a built-in estimator computes from the data."""
    node = _keyword_node("estimator", name, "derived")
    return {_constant(key) for key in node.keys} if isinstance(node, ast.Dict) else set()


def states_model(name: str) -> bool:
    """Say whether a built-in estimator states a model of PyMC's; its file imports that then."""
    return "pymc" in {
        found.partition(".")[0] for found in imported(parsed("estimator", name)).values()
    }


def _constant(node: ast.expr | None) -> Any:
    """Give the value of a literal; None for anything else."""
    try:
        return None if node is None else ast.literal_eval(node)
    except ValueError:
        return None


def _check_packages(kind: str, name: str) -> None:
    """Refuse a plug-in whose package is not there, naming the extra that brings it."""
    for package in _keyword(kind, name, "needs") or ():
        if importlib.util.find_spec(package) is None:
            raise UserError(
                f"{kind} '{name}' needs the package {package}: pip install 'sbc-harness[{package}]'"
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
        user_tree(kind, path, name)
    elif live.find(kind, name) is not None:
        pass
    elif kind in ("simulator", "quantity"):
        raise UserError(f"{option(kind)} takes FILE.py:NAME, not '{spec}'")
    elif colon:
        raise unknown(kind, spec, names(kind))
    elif name.endswith((".py", ".ipynb")):
        raise UserError(f"{name} names a file but no {kind} in it; write {name}:NAME")
    elif name not in files(kind):
        raise unknown(kind, name, names(kind))
    elif kind in ("engine", "estimator"):
        _check_packages(kind, name)
    if named.options:
        named.canonical(option_defaults(kind, named))


def files(kind: str) -> dict[str, Path]:
    """List the files of the built-ins of a kind, by their name."""
    package = importlib.import_module(PACKAGES[kind])
    folders = [Path(folder) for folder in package.__path__]
    return {
        file.stem: file
        for folder in folders
        for file in folder.glob("*.py")
        if not file.stem.startswith("_")
    }


def place(path: str, copy: Path) -> None:
    """Say where the text of a user's file lies on this machine, if not where it is named."""
    _COPIES[path] = copy


def file_of(path: str) -> Path:
    """Say where the text of a user's file lies."""
    return _COPIES.get(path, Path(path)).resolve()


def user_tree(kind: str, path: str, name: str) -> ast.Module:
    """Read a user's file, refusing one that has nothing of this name."""
    file = file_of(path)
    if not file.is_file():
        raise UserError(f"no file {path} to take the {kind} '{name}' from")
    tree = source.tree(file, path)
    if name.partition(".")[0] not in exposed(tree.body)[1]:
        defined = [*functions(tree), *(models(tree) if kind == "estimator" else [])]
        raise unknown(kind, name, defined, f"in {path}")
    return tree
