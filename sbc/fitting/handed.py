"""What is handed to Python's functions as it is: models, functions, several of them by name."""

from __future__ import annotations

import hashlib
import inspect
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import CodeType
from typing import Any

from sbc.fitting.setup import setup_of
from sbc.plugins import catalogue, live
from sbc.plugins.errors import UserError
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.plugins.memory import forget
from sbc.store.folder import RunFile
from sbc.store.settings import Settings

#: What `sbc.run` takes for an estimator: a name, a function, a model of PyMC's or Bambi's.
Named = Any


def names(
    kind: str, chosen: Named | Iterable[Named] | Mapping[str, Named], name: str = ""
) -> list[str]:
    """Name what was handed over as settings do; what has no name of its own is kept under one.

    Parameters
    ----------
    kind : {"estimator", "generator", "simulator", "quantity", "engine", "estimand"}
        Of what.
    chosen : str, thing, dict of things by name, or several
        Functions at the top of a module that is imported are named by their file, where other
        processes and a later resume find them. All other things are kept as they are.
    name : str
        Of the one thing that has none.

    Raises
    ------
    UserError
        If two things would have one name, or a name is another's.
    """
    if isinstance(chosen, Mapping):
        return [_keep(kind, str(key), thing) for key, thing in chosen.items()]
    things = list(chosen) if isinstance(chosen, list | tuple | set) else [chosen]
    named = [_written(kind, thing) for thing in things]
    if named.count("") > 1:
        raise UserError(f"give each {kind} a name: {{'first': ..., 'second': ...}}")
    return [text or _keep(kind, name, thing) for text, thing in zip(named, things, strict=True)]


def _written(kind: str, thing: Named) -> str:
    """Name a thing as the command line would; empty if it stands in no file."""
    if isinstance(thing, str):
        return thing
    function = getattr(thing, "define", None) or getattr(thing, "simulate", None) or thing
    name = getattr(function, "__name__", "")
    module = getattr(function, "__module__", "") or ""
    if module == f"{catalogue.PACKAGES.get(kind)}.{name}":
        return name
    held = vars(sys.modules[module]) if module in sys.modules else {}
    # By identity: a closure or a method may bear the name of another function of the file.
    if module == "__main__" or not any(held.get(name) is one for one in (thing, function)):
        return ""
    try:
        file = inspect.getsourcefile(function)
    except TypeError:
        return ""
    return f"{os.path.relpath(file)}:{name}" if file and Path(file).is_file() else ""


def _keep(kind: str, name: str, thing: Named) -> str:
    if isinstance(thing, str):
        raise UserError(f"{kind} '{name}' is the text '{thing}'; a dict names models or functions")
    if kind == "engine":
        raise UserError(f"{thing!r} is not in a file; name an engine 'file.py:name'")
    if kind in catalogue.PACKAGES and name in catalogue.names(kind):
        raise UserError(f"'{name}' is the name of one of sbc's own {kind}s; choose another")
    if not (callable(thing) or kind == "estimator" or isinstance(thing, Generator)):
        raise UserError(f"a {kind} is a function, not {type(thing).__name__}")
    _check_model(kind, thing)
    if live.put(kind, name, thing):
        forget()
    return name


def _check_model(kind: str, thing: Any) -> None:
    if kind != "estimator" or callable(thing) or isinstance(thing, Estimator):
        return
    from sbc.plugins.capture import as_model

    if as_model(thing) is None:
        raise UserError(
            f"an estimator is a model of PyMC's or Bambi's, a function that states one or gives "
            f"estimates or draws, or a name, not {type(thing).__name__}"
        )


def identities(settings: Settings) -> dict[str, str]:
    """Tell the handed-over models of a run from others of the same names: name to digest."""
    from sbc.engines import _model
    from sbc.plugins import template

    found = {}
    for name in settings.estimators:
        if live.find("estimator", name) is None:
            continue
        if name in settings.functions:
            found[name] = fingerprint(live.find("estimator", name))
            continue
        setup = setup_of(settings, name)
        data = setup.estimator.select(setup.designs[0])
        model = _model.build(setup.estimator, setup.generator, data)
        found[name] = template.identity(model)
    return found


def fingerprint(function: Any) -> str:
    """Tell functions apart by their code, and by the code of those within it; not by their data."""
    code = getattr(getattr(function, "define", function), "__code__", None)
    digest = hashlib.blake2b(digest_size=8)
    todo = [code] if isinstance(code, CodeType) else []
    while todo:
        one = todo.pop()
        digest.update(one.co_code + repr(one.co_names).encode())
        for constant in one.co_consts:
            if isinstance(constant, CodeType):
                todo.append(constant)
            else:
                digest.update(repr(constant).encode())
    return digest.hexdigest()


def check(run: RunFile, settings: Settings, folder: Path) -> None:
    """Refuse to go on with a run whose models are others.

    Errors as of `sbc.plugins.live.check_known`.
    """
    now = identities(settings)
    for name, digest in run.models.items():
        if now.get(name) != digest:
            raise UserError(
                f"'{name}' is not the model that {folder} was made with; start a new run"
            )


def needed(settings: Settings) -> set[str]:
    """Name what of a run stands in no file, so that other processes have to be sent it."""
    return {
        *(*settings.estimators, *settings.quantities),
        *(settings.generator, settings.simulator),
    }
