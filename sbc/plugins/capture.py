"""Call a user's function until its model stands: sampling is left out, prints go to stderr."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TextIO

import numpy as np
import pymc as pm
import pytensor

from sbc.plugins.contained import contained
from sbc.plugins.errors import UserError
from sbc.plugins.stdout import to_stderr
from sbc.plugins.unsampled import LEFT_OUT
from sbc.plugins.watched import Stopped, watched


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
        It returns a model, PyMC's or Bambi's, or opens one and samples it, or states variables in
        the one that is open around it.
    arrays : mapping
        Its arguments. Without any, random numbers that it does not seed are the same each time.
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
        returned, opened = called(function, arrays, said)
    except TypeError as problem:
        if "No model on context stack" not in str(problem):
            raise
        said = io.StringIO()  # it is called again, and says it again
        with pm.Model(coords=dict(coords)) as around:
            called(function, arrays, said)
        return around
    finally:
        if aloud:
            sys.stderr.write(said.getvalue())
    if (model := as_model(returned)) is not None:
        return model
    if opened:
        return next((m for m in reversed(opened) if m.observed_RVs), opened[-1])
    raise UserError(f"'{_name(function)}' states no model: it gives {type(returned).__name__}")


def as_model(thing: Any) -> pm.Model | None:
    """Give the PyMC model that something is or, as Bambi's models, has; None if there is none."""
    if isinstance(thing, pm.Model):
        return thing
    if type(thing).__module__.partition(".")[0] == "bambi":
        if not thing.built:
            thing.build()
        thing = thing.backend.model
        return thing if isinstance(thing, pm.Model) else None
    return None


def stated(run: Callable[[], Any]) -> Any:
    """Run a user's code without what it samples; give what it gives, or the model it samples."""
    found, _ = called(run, {}, sys.stderr)
    return found


def _name(function: Callable[..., Any]) -> str:
    function = getattr(function, "func", function)  # of one with options
    return getattr(function, "__name__", type(function).__name__)


def called(
    function: Callable[..., Any], arrays: Mapping[str, Any], said: TextIO
) -> tuple[Any, list[pm.Model]]:
    """Call it; give what it returns, or the model that it began to sample, and those it opened.

    Parameters
    ----------
    function : callable
        The user's.
    arrays : mapping
        Its arguments.
    said : file
        Where its prints go.
    """
    copies = {n: np.array(a) if isinstance(a, np.ndarray) else a for n, a in arrays.items()}
    space = getattr(getattr(function, "func", function), "__globals__", {})
    with to_stderr(said), warnings.catch_warnings(), watched(space, seeded=not arrays) as opened:
        warnings.simplefilter("ignore")  # once a dataset, they would bury everything else
        try:
            # PyTensor notes for every variable where it was made, a third of the time.
            with contained(), pytensor.config.change_flags(traceback__limit=0):
                return function(**copies), opened
        except Stopped as stop:
            return stop.model, opened
        except NameError as problem:
            if problem.name not in space.get(LEFT_OUT, ()):
                raise
            raise UserError(
                f"'{_name(function)}' reads '{problem.name}', which its file computes by sampling; "
                "sbc leaves that out: write the numbers into the file"
            ) from problem
