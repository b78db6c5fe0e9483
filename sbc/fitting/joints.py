"""One joint distribution of each estimator in each world, made when it is first drawn from."""

from __future__ import annotations

from threading import Lock
from typing import Any

from sbc.plugins.contracts import Data, Estimator
from sbc.plugins.undecorated import Own
from sbc.store.settings import Settings, world_key, world_of

_joints: dict[Any, Any] = {}
_guard = Lock()


def joint_of(settings: Settings, spec: str, made: Estimator, design: Data) -> Any:
    """Give the joint distribution of an estimator whose data have this design's structure.

    Parameters
    ----------
    settings : Settings
        Of the run.
    spec : str
        The estimator as the run names it.
    made : Estimator
        The same, its estimands named.
    design : dict of str to ndarray
        What the model is given.

    Returns
    -------
    sbc.joint.Joint
    """
    from sbc.fitting.joint import Joint

    structure = made.structure(made.select(design)) if isinstance(made, Own) else ""
    parameters = tuple(sorted(settings.parameters.items()))
    key = (*world_key(settings), spec, parameters, settings.estimands, settings.seed, structure)
    with _guard:
        if key not in _joints:
            world = world_of(settings)
            _joints[key] = Joint(made, world, design, settings.seed, settings.simulator)
        return _joints[key]


def forget() -> None:
    """Drop them all: a file that they were read from has changed."""
    with _guard:
        _joints.clear()
