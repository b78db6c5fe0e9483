"""Run a user's file statement by statement, without the sampling that it does on the way."""

from __future__ import annotations
import __future__

import ast
import contextlib
import importlib
import importlib.util
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from sbc.plugins import source
from sbc.plugins.contained import contained
from sbc.plugins.errors import UserError
from sbc.plugins.notebook import LIBRARIES, NotebookModel, binds
from sbc.plugins.stdout import to_stderr
from sbc.plugins.syntax import exposed, imported
from sbc.plugins.unsampled import LEFT_OUT, PACKAGES, cut
from sbc.stats import seeds


def load(file: Path) -> ModuleType:
    """Import a user's file or notebook.

    Sampling that it does outside of functions is left out, and so is what is computed from that.

    Raises
    ------
    UserError
        If it raises.
    """
    tree = source.tree(file, str(file))
    # The path's digest keeps two files of the same name apart.
    module = ModuleType(
        f"sbc_user_{file.stem}_{seeds.key(str(file)):016x}", ast.get_docstring(tree)
    )
    module.__file__ = str(file)
    module.__spec__ = importlib.util.spec_from_file_location(module.__name__, file)
    held = vars(module)
    text = source.text(file)
    if samples := any(package in text for package in (*PACKAGES, "bambi")):
        load_pytensor()
    beside(file)
    sys.modules[module.__name__] = module
    try:
        with to_stderr(), _unsampled(held) if samples else contextlib.nullcontext():
            _run(tree, held, str(file))
    except Exception as problem:
        del sys.modules[module.__name__]
        raise UserError(
            f"{file} cannot be imported: {type(problem).__name__}: {problem}"
        ) from problem
    return module


def beside(file: Path) -> None:
    """Let a file import its neighbours, as Python does for a script; packages come first."""
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))


#: Bytes that compiling a first model takes at least.
_SPACE = 1 << 18


@cache
def load_pytensor() -> None:
    """Import PyTensor, and see, once a process, that it can write to its folder of compiled code.

    Raises
    ------
    UserError
        If it cannot.
    """
    try:
        from pytensor import config

        with tempfile.TemporaryFile(dir=config.compiledir) as trial:  # which makes the folder
            trial.write(bytes(_SPACE))
    except ImportError:  # it is not installed, or for want of memory
        raise
    except Exception as problem:
        said = f"{type(problem).__name__}: {problem}".strip().partition("\n")[0]
        raise UserError(
            f"PyTensor cannot keep what it compiles ({said}); choose a folder that can be written "
            "and has space by PYTENSOR_FLAGS=base_compiledir=DIR"
        ) from problem


@contextlib.contextmanager
def _unsampled(held: dict[str, Any]) -> Any:
    """Watch over a file that may sample; one that names no such package needs no watch."""
    from sbc.plugins.watched import watched

    with watched(held, seeded=True):
        yield


def _run(tree: ast.Module, held: dict[str, Any], file: str) -> None:
    known, gone, stopped = LIBRARIES | imported(tree), set[str](), False
    held[LEFT_OUT] = gone
    for stated in tree.body:
        statement = cut(stated, gone, known)
        stopped |= statement is not stated
        try:
            stopped |= _step(statement, held, file, _flags(tree), gone) is not None
        except Exception as problem:
            if not stopped:
                raise
            # It may be about what was not sampled: only who reads what it sets has to know.
            gone |= exposed([statement])[1]
            text = f"{type(problem).__name__}: {problem}"
            print(f"sbc: {file}, line {statement.lineno} is left out: {text}", file=sys.stderr)


def execute(pasted: NotebookModel, file: str, arrays: Mapping[str, Any]) -> Any:
    """Run pasted code with arrays in place of what it reads; give what it names.

    Raises
    ------
    UserError
        If that cannot be had without sampling.
    """
    held: dict[str, Any] = {"__name__": "sbc_pasted", "__file__": file}
    used = {n.id for n in ast.walk(pasted.code) if isinstance(n, ast.Name)}
    for name in used & LIBRARIES.keys():
        held[name] = importlib.import_module(LIBRARIES[name])
    held.update(arrays)
    beside(Path(file))
    gone, stopped = set[str](), pasted.cut
    body = pasted.code.body
    for i, statement in enumerate(body):
        anew = any(binds(later, pasted.root) for later in body[i + 1 :])
        gone -= exposed([statement])[1]
        try:
            stop = _step(statement, held, file, _flags(pasted.code), gone)
        except Exception as problem:
            if not (stopped or gone):
                raise
            text = f"{type(problem).__name__}: {problem}"
            raise UserError(
                f"'{pasted.name}' in {file} cannot be stated without sampling, which sbc leaves "
                f"out: line {statement.lineno} raises {text}"
            ) from problem
        stopped |= stop is not None
        if stop is not None and not anew:
            meant = pasted.root in gone or _value(pasted, held) is stop.model
            if meant:
                return stop.model
    if missing := {pasted.root, *exposed(body)[0]} & gone:
        raise UserError(
            f"'{pasted.name}' in {file} needs '{min(missing)}', which is computed by sampling: sbc "
            "samples nothing to state a model; write the numbers into the file"
        )
    return _value(pasted, held)


def _step(statement: ast.stmt, held: dict[str, Any], file: str, flags: int, gone: set[str]) -> Any:
    """Run one statement; give where it stopped to sample, and note what it has not set then."""
    before = dict(held)
    sets = exposed([statement])[1]
    code = compile(ast.Module([statement], []), file, "exec", flags, dont_inherit=True)
    try:
        with contained(loading=True):
            exec(code, held)
        return None
    except NameError as problem:
        if problem.name not in gone:
            raise
        stop = None
    except BaseException as problem:
        if type(problem).__name__ != "Stopped":  # its class comes with PyMC
            raise
        stop = problem
    stale = {n for n in sets if n not in held or held[n] is before.get(n, held)}
    for name in stale:
        held.pop(name, None)
    gone |= stale
    return stop


def _value(pasted: NotebookModel, held: Mapping[str, Any]) -> Any:
    if pasted.root not in held:
        return None
    first, *parts = pasted.name.split(".")
    value = held[first]
    for part in parts:
        value = getattr(value, part)
    return value


def _flags(tree: ast.Module) -> int:
    """Give the flags of ``from __future__ import ...``, which hold for every statement."""
    futures = [s for s in tree.body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
    names = [a.name for s in futures for a in s.names]
    return sum({getattr(__future__, name).compiler_flag for name in names})
