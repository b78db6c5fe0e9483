"""What Python's functions are called with, in the words of the command line, and what follows."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sbc.fitting import handed
from sbc.plugins.errors import in_python
from sbc.plugins.patience import patient
from sbc.studies.checked import Checked, checked
from sbc.studies.question import answered_while_running, progress_line, question
from sbc.studies.request import make, requested

if TYPE_CHECKING:
    from sbc.gates.gate import Gate
    from sbc.studies.loaded import LoadedRun
    from sbc.studies.posterior import Posteriors

#: What may be handed over as it is, and the name that it is known by where it has none.
_THINGS = {
    **{"generator": "generator", "simulator": "simulator", "quantity": "quantity"},
    "engine": "",
}


def in_words(given: Mapping[str, Any]) -> dict[str, Any]:
    """Name all that was handed over, and write settings as the command line has them.

    Parameters
    ----------
    given : mapping
        The arguments of `sbc.run` or of a function like it, by their names.

    Raises
    ------
    UserError
        If something handed over has no name, or that of another.
    """
    wanted = dict(given)
    wanted["estimator"] = _listed("estimator", given.get("estimator"), given.get("name", "model"))
    wanted["estimand"] = _listed("estimand", given.get("estimands"))
    for kind, name in _THINGS.items():
        wanted[kind] = _listed(kind, given.get(kind), name)
    if given.get("data") is not None:
        wanted["data"] = str(given["data"])
    return wanted


def _listed(kind: str, chosen: Any, name: str = "") -> str | None:
    return None if chosen is None else ",".join(handed.names(kind, chosen, name))


def fitted(given: Mapping[str, Any]) -> LoadedRun:
    """Do what `sbc.run` is called for; arguments and errors are its own."""
    from sbc.studies.loaded import LoadedRun

    with patient(given["fit_timeout"]):
        request = requested(in_words(given))
        if request.told and given["progress"]:
            say(in_python(request.told))
        told = say if given["progress"] else lambda line: None
        made = make(request, progress=given["progress"], command=["sbc.run"], say=told)
    if made.stopped is not None:
        warnings.warn(str(made.stopped), stacklevel=3)
    if given["profile"] and made.profile is not None:
        print(made.profile.describe())
    return LoadedRun.of(made.folder)


def gated(given: Mapping[str, Any]) -> Gate:
    """Do what `sbc.gate` is called for; arguments and errors are its own."""
    from sbc.gates.files import publish

    asked = question(given)
    told = say if given["progress"] else lambda line: None
    with patient(given["fit_timeout"]):
        request = requested(in_words(given), grows=True)
        if request.told:
            told(in_python(request.told))
        gate = answered_while_running(
            request,
            asked,
            command=["sbc.gate"],
            say=lambda line: told(in_python(line)),
            watch=lambda gate: told(progress_line(gate)),
        )
    publish(gate, given["json"], given["junit"], given["markdown"])
    return gate


def compared(given: Mapping[str, Any]) -> Checked:
    """Do what `sbc.check` is called for; arguments and errors are its own."""
    with patient(None):
        return checked(in_words(given))


def drawn(given: Mapping[str, Any]) -> Posteriors:
    """Do what `sbc.posterior` is called for; arguments and errors are its own."""
    from sbc.studies.posterior import posteriors

    with patient(None):
        return posteriors(in_words(given), given["run"])


def say(line: str) -> None:
    """Tell on stderr what goes on."""
    print(f"sbc: {line}", file=sys.stderr)
