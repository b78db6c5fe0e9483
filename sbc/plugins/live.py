"""Models and functions that stand in no file: handed over as they are, and known by a name.

They live as long as the process. Processes and clusters get copies; no file holds one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sbc.plugins.errors import UserError

#: (kind, name) → what was handed over.
_held: dict[tuple[str, str], Any] = {}


def put(kind: str, name: str, thing: Any) -> bool:
    """Know a thing by a name; say whether another one had it.

    Raises
    ------
    UserError
        If it cannot be a name.
    """
    if not re.fullmatch(r"[\w.+-]+", name):
        raise UserError(f"'{name}' is not a valid name for an {kind}: letters, digits, and . + - _")
    before = _held.get((kind, name), thing)
    _held[kind, name] = thing
    return before is not thing


def find(kind: str, name: str) -> Any:
    """Give the thing of a name; None if there is none."""
    return _held.get((kind, name))


def check_known(run: Mapping[str, Any], folder: Path, then: str = "") -> None:
    """Refuse to go on with a run whose models are not at hand.

    Parameters
    ----------
    run : mapping
        What ``run.json`` says of it.
    folder : Path
        The run's.
    then : str
        What is to be called on the run in Python, once its models have been handed over.

    Raises
    ------
    UserError
        Naming the model.
    """
    for name in run.get("models", {}):
        if find("estimator", name) is None:
            raise UserError(
                f"'{name}' of {folder} is not in a file: pass it again, "
                f"sbc.run({{'{name}': model}}, resume='{folder}'){then}"
            )


def packed(names: Iterable[str]) -> dict[tuple[str, str], bytes]:
    """Pickle those of these names for another process.

    Raises
    ------
    UserError
        If one cannot be: it holds an open file, a lock or the like.
    """
    import cloudpickle

    found = {}
    wanted = set(names)
    for (kind, name), thing in _held.items():
        if name not in wanted:
            continue
        try:
            found[kind, name] = cloudpickle.dumps(thing)
        except Exception as problem:
            raise UserError(
                f"{kind} '{name}' cannot be sent to another process ({problem}); write it to a "
                "file, or choose an engine that fits in threads"
            ) from problem
    return found


def unpack(kind: str, name: str, content: bytes) -> bool:
    """Know in this process what another has packed; say whether another thing had the name."""
    import cloudpickle

    return put(kind, name, cloudpickle.loads(content))
