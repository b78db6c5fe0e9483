"""Find generators, estimators and engines: one file each, by name, or in a user's own file.

Names and descriptions are read from the files' text, so that listing them and refusing a wrong
name costs no import of PyMC.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from sbc import seeds
from sbc.contracts import Estimator, Generator
from sbc.errors import UserError, unknown

#: Where the built-in plug-ins of each kind live.
PACKAGES = {"generator": "sbc.generators", "estimator": "sbc.models", "engine": "sbc.engines"}


def names(kind: str) -> list[str]:
    """List the built-in plug-ins of a kind, sorted."""
    return sorted(_files(kind))


def standard(kind: str) -> list[str]:
    """List the built-ins that ``all`` stands for: those not declared ``control=True``."""
    return [name for name in names(kind) if not _is_control(kind, name)]


def describe(kind: str, name: str) -> str:
    """Give a built-in's one-line description without importing its file."""
    tree = _parsed(kind, name)
    node = _function(tree, name) or tree
    return (ast.get_docstring(node) or "").partition("\n")[0]


def _parsed(kind: str, name: str) -> ast.Module:
    return ast.parse(_files(kind)[name].read_text(encoding="utf-8"))


def _function(tree: ast.Module, name: str) -> ast.FunctionDef | None:
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    return found[-1] if found else None


def _is_control(kind: str, name: str) -> bool:
    function = _function(_parsed(kind, name), name)
    decorators = function.decorator_list if function else []
    words = [word for d in decorators if isinstance(d, ast.Call) for word in d.keywords]
    return any(w.arg == "control" and getattr(w.value, "value", None) is True for w in words)


def check(kind: str, spec: str) -> None:
    """Refuse a name that cannot be meant, before anything slow is imported.

    Raises
    ------
    UserError
        For an unknown name, or a file that is not there.
    """
    path, _, name = spec.rpartition(":")
    if path and kind != "engine":  # an engine is more than one function
        _user_file(kind, path, name)
    elif spec.endswith(".py") and kind != "engine":
        raise UserError(f"{spec} names a file but no {kind} in it; write {spec}:NAME")
    elif spec not in _files(kind):
        raise unknown(kind, spec, names(kind))


@lru_cache
def generator(spec: str) -> Generator:
    """Load a generator by its name or as ``path/to/file.py:name``."""
    found = _load("generator", spec)
    if not isinstance(found, Generator):
        raise UserError(f"{spec} is not a generator; decorate it with @sbc.contracts.generator")
    if not found.regimes:
        raise UserError(f"{spec} has no truth regime; decorate one with @{found.name}.regime")
    return found


@lru_cache
def estimator(spec: str) -> Estimator:
    """Load an estimator by its name or as ``path/to/file.py:name``."""
    found = _load("estimator", spec)
    if not isinstance(found, Estimator):
        raise UserError(f"{spec} is not an estimator; decorate it with @sbc.contracts.estimator")
    if not found.estimands:
        raise UserError(f"{spec} names no estimands: @estimator(estimands=(...))")
    return found


@lru_cache
def engine(name: str) -> Any:
    """Load an engine's module by name."""
    check("engine", name)
    return importlib.import_module(f"{PACKAGES['engine']}.{name}")


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
    path, _, name = spec.rpartition(":")
    if not path:
        return getattr(importlib.import_module(f"{PACKAGES[kind]}.{spec}"), spec)
    module = _import_file(_user_file(kind, path, name))
    return getattr(module, name)


def _user_file(kind: str, path: str, name: str) -> Path:
    file = Path(path)
    if not file.is_file():
        raise UserError(f"no file {path} to take the {kind} '{name}' from")
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise UserError(f"{path} cannot be read: {problem.strerror}") from problem
    except (SyntaxError, ValueError) as problem:
        raise UserError(f"{path} is not Python: {problem}") from problem
    defined = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]
    if name not in defined:
        raise unknown(f"function for a {kind}", name, defined, f"in {path}")
    return file.resolve()


@lru_cache
def _import_file(file: Path) -> ModuleType:
    # The path's digest keeps two files of the same name apart.
    module_name = f"sbc_user_{file.stem}_{seeds.key(str(file)):016x}"
    spec = importlib.util.spec_from_file_location(module_name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as problem:
        del sys.modules[module_name]
        raise UserError(
            f"{file} cannot be imported: {type(problem).__name__}: {problem}"
        ) from problem
    return module
