"""Call a user's function until its model stands: sampling is left out, prints go to stderr."""

from __future__ import annotations

import contextlib
import io
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TextIO

import numpy as np
import pymc as pm

from sbc.errors import UserError
from sbc.prints import to_stderr

#: Calls that end the statement of a model; what follows them is about the posterior.
_STOPPING = ("sample", "fit", "find_MAP", "sample_smc")
#: Calls that may come before the end and give nothing to go on with.
_SKIPPED = ("sample_prior_predictive", "sample_posterior_predictive", "compute_log_likelihood")


class _Stopped(BaseException):
    """Leaves the user's code where it begins to sample; no ``except Exception`` holds it up."""

    def __init__(self, model: pm.Model | None) -> None:
        self.model = model


def capture(
    function: Callable[..., Any],
    arrays: Mapping[str, Any],
    coords: Mapping[str, Any],
    aloud: bool = True,
) -> pm.Model:
    """Give the model that a function states for these arrays.

    Parameters
    ----------
    function : callable
        It returns a model, or opens one and samples it, or states variables in the one that is
        open around it.
    arrays : mapping
        Its arguments.
    coords : mapping
        Coordinates of the model that is open around it.
    aloud : bool
        Whether what it prints is seen, on stderr.

    Raises
    ------
    UserError
        If there is no model in the end.
    """
    said = io.StringIO()
    try:
        returned, opened = _called(function, arrays, said)
    except TypeError as problem:
        if "No model on context stack" not in str(problem):
            raise
        said = io.StringIO()  # it is called again, and says it again
        with pm.Model(coords=dict(coords)) as around:
            _called(function, arrays, said)
        return around
    finally:
        if aloud:
            sys.stderr.write(said.getvalue())
    if isinstance(returned, pm.Model):
        return returned
    if opened:
        return next((m for m in reversed(opened) if m.observed_RVs), opened[-1])
    raise UserError(f"'{_name(function)}' states no model: it returns {type(returned).__name__}")


def _name(function: Callable[..., Any]) -> str:
    function = getattr(function, "func", function)  # of one with options
    return getattr(function, "__name__", type(function).__name__)


def _called(
    function: Callable[..., Any], arrays: Mapping[str, Any], said: TextIO
) -> tuple[Any, list[pm.Model]]:
    """Call it; give what it returns, or the model that it began to sample, and those it opened."""
    copies = {n: np.array(a) if isinstance(a, np.ndarray) else a for n, a in arrays.items()}
    with to_stderr(said), warnings.catch_warnings(), watched(function) as opened:
        warnings.simplefilter("ignore")  # once a dataset, they would bury everything else
        try:
            return function(**copies), opened
        except _Stopped as stop:
            return stop.model, opened


@contextlib.contextmanager
def watched(function: Callable[..., Any]) -> Iterator[list[pm.Model]]:
    """Note the models that this thread opens, and let it not sample; for one thread at a time."""
    here, opened = threading.get_ident(), list[pm.Model]()
    enter = pm.Model.__enter__

    def noting(model: pm.Model) -> pm.Model:
        if threading.get_ident() == here:
            opened.append(model)
        return enter(model)

    held = getattr(getattr(function, "func", function), "__globals__", {})
    originals = {name: getattr(pm, name) for name in (*_STOPPING, *_SKIPPED)}
    stand_ins = {n: _stand_in(original, n, here) for n, original in originals.items()}
    # Both `pm.sample` and a `sample` that the user's file imported.
    taken = {n: name for n, v in held.items() for name, o in originals.items() if v is o}
    try:
        pm.Model.__enter__ = noting
        for name, stand_in in stand_ins.items():
            setattr(pm, name, stand_in)
        held.update({n: stand_ins[name] for n, name in taken.items()})
        yield opened
    finally:
        pm.Model.__enter__ = enter
        for name, original in originals.items():
            setattr(pm, name, original)
        held.update({n: originals[name] for n, name in taken.items()})


def _stand_in(original: Callable[..., Any], name: str, here: int) -> Callable[..., Any]:
    def call(*arguments: Any, **keywords: Any) -> Any:
        if threading.get_ident() != here:  # somebody else's, who means it
            return original(*arguments, **keywords)
        if name in _SKIPPED:
            return None
        model = keywords.get("model") or pm.modelcontext(None)
        raise _Stopped(model)

    return call
