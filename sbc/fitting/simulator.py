"""Data from a user's own simulator, truth from the model's own prior: prior SBC of what is doubted.

A simulator is a plain function ``(rng, truth, given) -> data``. Only what is in doubt is written
twice, once as a PyMC model and once in NumPy; a model that is not what its author means shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.graph.replace import graph_replace
from pytensor.graph.traversal import ancestors

from sbc.plugins import outcomes as _outcomes
from sbc.plugins.data import Array, Data, Truth
from sbc.plugins.errors import UserError, unknown
from sbc.plugins.estimator import Estimator

#: What PyMC adds to the name of outcomes some of which are missing, for those that are not.
_OBSERVED = "_observed"
#: ``(rng, truth, given) -> data``.
Simulate = Callable[[np.random.Generator, Truth, Data], Mapping[str, Any]]


class Simulator:
    """A user's function that simulates the outcomes of one model.

    Parameters
    ----------
    simulate : callable
        ``(rng, truth, given) -> data``: `truth` has every free variable by its name, `given` the
        model's named data and the estimator's arguments; what comes back has the outcomes, each by
        the name of its observed variable, or of the argument or the container that holds it.
    name : str
        As the user names it.
    estimator : Estimator
        Whose outcomes they are.
    model : pymc.Model
        As its author states it.
    """

    def __init__(
        self, simulate: Simulate, name: str, estimator: Estimator, model: pm.Model
    ) -> None:
        self._simulate, self._name = simulate, name
        self._named = {v.name: v for v in model.data_vars}
        self._outcomes = {rv.name: rv for rv in model.observed_RVs}
        self._aliases: dict[str, str] = {}
        for rv in model.observed_RVs:
            holder = _outcomes.holder(model.rvs_to_values[rv])
            for alias in (estimator.array_of(rv.name), getattr(holder, "name", None)):
                if alias:
                    self._aliases.setdefault(alias, rv.name)
        self._aliases |= {name: name for name in self._outcomes}
        self._gaps = {
            whole: (name, places)
            for name in self._outcomes
            if (whole := name.removesuffix(_OBSERVED)) != name
            and (places := _places(model, whole, name)) is not None
        }
        self._shapes = {
            rv.name: tuple(np.shape(model.rvs_to_values[rv].eval(mode="FAST_COMPILE")))
            for rv in model.observed_RVs
        }

    def draw(self, rng: np.random.Generator, truth: Truth, design: Data) -> dict[str, Array]:
        """Simulate the outcomes given a truth.

        Raises
        ------
        UserError
            If the function gives no outcome, another one, or one of another shape.
        """
        given = {name: np.array(v.get_value()) for name, v in self._named.items()}
        given |= {name: np.array(array) for name, array in design.items()}
        try:
            found = self._simulate(rng, dict(truth), given)
        except (AttributeError, LookupError, NameError, TypeError) as problem:  # never of the draw
            raise UserError(
                f"the simulator {self._name}, called as (rng, truth, given), raises "
                f"{type(problem).__name__}: {problem}; truth has {', '.join(truth)}, given has "
                f"{', '.join(given) or 'nothing'}"
            ) from problem
        if not isinstance(found, Mapping):
            raise UserError(
                f"the simulator {self._name} must return its data by name, as a dict, not "
                f"{type(found).__name__}"
            )
        outcomes: dict[str, Array] = {}
        for name, values in found.items():
            if name in self._gaps:  # of outcomes some of which are missing, those that are not
                observed, places = self._gaps[name]
                outcomes[observed] = np.asarray(values)[places]
                continue
            if name not in self._aliases:
                where = f"in the model, and the simulator {self._name} gives it"
                raise unknown("outcome", str(name), self._aliases, where)
            outcomes[self._aliases[name]] = np.asarray(values)
        for name, shape in self._shapes.items():
            if name not in outcomes:
                raise UserError(f"the simulator {self._name} gives no '{name}', which is observed")
            if outcomes[name].shape != shape:
                raise UserError(
                    f"the simulator {self._name} gives '{name}' of shape {outcomes[name].shape}; "
                    f"the model observes {shape}"
                )
        return outcomes


def _places(model: pm.Model, whole: str, observed: str) -> tuple[Array, ...] | None:
    """Say where those outcomes that are not missing stand among all of them."""
    if whole not in model.named_vars:
        return None
    rv = model[observed]
    parts = {v for v in ancestors([model[whole]]) if v in model.basic_RVs}
    size = int(np.prod(rv.shape.eval(mode="FAST_COMPILE")))
    numbers = {v: pt.full_like(v, -1) for v in parts} | {rv: pt.arange(size).reshape(rv.shape)}
    # The whole is put together of its parts, each cast to the outcomes' type.
    told = graph_replace(
        model[whole], {v: n.astype(v.dtype) for v, n in numbers.items()}, strict=False
    ).eval(mode="FAST_COMPILE")
    order = np.full(size, -1)
    flat = np.asarray(told).ravel()
    for place, number in enumerate(flat):
        if number >= 0:
            order[int(number)] = place
    return np.unravel_index(order.reshape(rv.shape.eval(mode="FAST_COMPILE")), np.shape(told))
