"""Turn an estimator and a dataset into a PyMC model whose data can be swapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.pytensorf import compile
from pytensor.graph.replace import graph_replace

from sbc.contracts import LOG_LIKELIHOOD, Data, Estimator, Generator, OwnData, Truth, replicates
from sbc.engines._again import observe_again
from sbc.errors import UserError, unknown
from sbc.prints import to_stderr


def build(estimator: Estimator, generator: Generator, data: Data) -> pm.Model:
    """Open a model, hand the estimator its data, and add the log likelihood to it.

    Parameters
    ----------
    estimator : Estimator
        Whose ``define`` states the model.
    generator : Generator
        Which says along which dimension each array runs.
    data : dict of str to ndarray
        The arrays of one dataset, already selected for this estimator.

    Returns
    -------
    pymc.Model
        With one ``pm.Data`` an argument (named by `data_name`), coordinates for each dimension, and
        the deterministic ``log_likelihood``, the sum over all observed variables.

    Raises
    ------
    UserError
        If an estimand is not a variable of the model, or nothing is observed.
    """
    with _stated(estimator, generator, data) as model:
        if not model.observed_RVs:
            raise UserError(f"estimator '{estimator.name}' observes nothing (no observed=...)")
        if replicates(data):
            observe_again(model, data, places_of(model, estimator, data), data_name)
        terms = [pm.logp(rv, model.rvs_to_values[rv]).sum() for rv in model.observed_RVs]
        pm.Deterministic(LOG_LIKELIHOOD, sum(terms[1:], terms[0]))
    for name in estimator.estimands:
        if name not in model.named_vars:
            known = [v.name for v in (*model.free_RVs, *model.deterministics)]
            known.remove(LOG_LIKELIHOOD)
            raise unknown("variable to estimate", name, known, f"in '{estimator.name}'")
    return model


def places_of(model: pm.Model, estimator: Estimator, data: Data) -> dict[Any, str]:
    """Find the variables that hold observed data: each to the observed variable's name.

    An observed variable that is named like an argument is that argument.
    """
    named = {rv.name for rv in model.observed_RVs}
    if isinstance(data, OwnData):
        places = data.observed
    else:
        places = {name: name for name in estimator.arguments if name in named}
    return {model[data_name(place)]: name for place, name in places.items()}


def _stated(estimator: Estimator, generator: Generator, data: Data) -> pm.Model:
    if isinstance(data, OwnData):
        return data.state(data_name)
    coords = {
        dim: np.arange(len(data[name])) for name, dim in generator.dims.items() if name in data
    }
    with pm.Model(coords=coords) as model, to_stderr():
        estimator.define(*(pm.Data(data_name(n), data[n]) for n in estimator.arguments))
    return model


def data_name(argument: str) -> str:
    """Name an argument's ``pm.Data``, leaving the argument's own name to the observed variable."""
    return f"{argument}_data"


def wanted(estimator: Estimator, model: pm.Model) -> tuple[str, ...]:
    """List the variables whose draws are needed; a user's own quantities need all free ones."""
    free = [rv.name for rv in model.free_RVs] if estimator.quantities else []
    return tuple(dict.fromkeys([*estimator.estimands, LOG_LIKELIHOOD, *free]))


def frozen_lengths(model: pm.Model, generator: Generator, data: Data) -> dict[str, int]:
    """Give the lengths that are compiled in: of the arrays along dimensions of what is drawn.

    Datasets that agree in them share one compiled model, however many rows they have.

    Returns
    -------
    dict of str to int
        Argument name to length.
    """
    ranked = [v.name for v in (*model.free_RVs, *model.deterministics)]
    dims = {dim for name in ranked for dim in model.named_vars_to_dims.get(name, ())}
    return {name: len(array) for name, array in data.items() if generator.dims.get(name) in dims}


def discrete(model: pm.Model) -> list[str]:
    """Name the free variables that have no gradient."""
    return [rv.name for rv in model.free_RVs if not rv.dtype.startswith("float")]


def refuse_discrete(estimator: Estimator, model: pm.Model, who: str) -> None:
    """Refuse a model that only another engine can sample.

    Raises
    ------
    UserError
        Naming a discrete variable, who needs continuous ones, and the engine that takes both.
    """
    if names := discrete(model):
        raise UserError(
            f"'{names[0]}' of '{estimator.name}' is discrete: {who} need continuous variables; "
            "the engine pymc takes both"
        )


def is_complete(model: pm.Model, truth: Truth) -> bool:
    """Say whether the truth names every free variable of the model."""
    return all(rv.name in truth for rv in model.free_RVs)


def unconstrain(model: pm.Model) -> Callable[[Truth, Data], np.ndarray]:
    """Compile the map from the free variables' values to the sampler's unconstrained point.

    Returns
    -------
    callable
        ``(truth, data) -> point``; pure, but not for two threads at once.
    """
    free = model.free_RVs
    values = {rv: rv.type() for rv in free}
    arguments = [variable.name.removesuffix(data_name("")) for variable in model.data_vars]
    data = {variable: variable.type() for variable in model.data_vars}
    moved = [
        values[rv]
        if (transform := model.rvs_to_transforms[rv]) is None
        # A transform may look at the variable's own parameters, which are variables or data.
        else transform.forward(values[rv], *rv.owner.inputs)
        for rv in free
    ]
    point = pt.concatenate([pt.as_tensor(value).ravel() for value in moved])
    inputs = [*values.values(), *data.values()]
    function = compile(
        inputs,
        graph_replace(point, values | data, strict=False),
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )

    def evaluate(truth: Truth, arrays: Data) -> np.ndarray:
        given = [truth[rv.name] for rv in free] + [arrays[name] for name in arguments]
        typed = [np.asarray(g, dtype=v.type.dtype) for g, v in zip(given, inputs, strict=True)]
        return np.asarray(function(*typed), dtype=float)

    return evaluate
