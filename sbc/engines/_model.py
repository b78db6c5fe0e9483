"""Turn an estimator and a dataset into a PyMC model whose data can be swapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.logprob.basic import conditional_logp
from pymc.pytensorf import compile
from pytensor.graph.replace import graph_replace

from sbc.engines._again import observe_again
from sbc.plugins.contained import contained
from sbc.plugins.data import (
    DENSITIES,
    LOG_LIKELIHOOD,
    LOG_PRIOR,
    Data,
    OwnData,
    Truth,
    is_density,
    likelihood_of,
    replicates,
    users_own,
)
from sbc.plugins.errors import UserError, unknown
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.plugins.modes import CHEAP
from sbc.plugins.stdout import to_stderr


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
        the deterministics ``log_likelihood``, the sum over all observed variables, where there are
        several also ``log_likelihood of Y`` of each, and ``log_prior``, the sum over all free
        variables and Potentials.

    Raises
    ------
    UserError
        If an estimand is not a variable of the model, or nothing is observed.
    """
    with _stated(estimator, generator, data) as model:
        if not model.observed_RVs and not isinstance(data, OwnData):
            raise UserError(f"estimator '{estimator.name}' observes nothing (no observed=...)")
        for name in (*DENSITIES, *(likelihood_of(rv.name) for rv in model.observed_RVs)):
            _set_free(model, name)
        if replicates(data):
            observe_again(model, data, places_of(model, estimator, data), data_name)
        if model.observed_RVs:
            parts = log_likelihoods(model)
            pm.Deterministic(LOG_LIKELIHOOD, sum(parts[1:], parts[0]))
            if len(parts) > 1 and not replicates(data):
                for rv, part in zip(model.observed_RVs, parts, strict=True):
                    pm.Deterministic(likelihood_of(rv.name), part)
        if model.free_RVs:
            pm.Deterministic(LOG_PRIOR, log_prior(model))
    for name in estimator.estimands:
        if name not in model.named_vars:
            known = [v.name for v in (*model.free_RVs, *model.deterministics)]
            raise unknown(
                "variable to estimate",
                name,
                [n for n in known if not is_density(n)],
                f"in '{estimator.name}'",
            )
    return model


def log_likelihoods(model: pm.Model) -> list[Any]:
    """State the log density of each observed variable, given the free variables, as PyMC sees it.

    Of a variable whose density PyMC derives, ``pm.logp`` may hold random numbers; this does not.
    """
    points = {rv: rv.type() for rv in model.free_RVs}
    values = {rv: model.rvs_to_values[rv] for rv in model.observed_RVs}
    # Of the free variables too, or those that the likelihood derives from would be drawn.
    factors = conditional_logp({**points, **values})
    terms = [as_tensor(factors[v]).sum() for v in values.values()]
    return graph_replace(terms, {point: rv for rv, point in points.items()}, strict=False)


def log_prior(model: pm.Model) -> Any:
    """State the log density of all free variables on their own scale, plus the Potentials."""
    points = {rv: rv.type() for rv in model.free_RVs}
    factors = conditional_logp(points)
    terms = [as_tensor(factors[v]).sum() for v in points.values()]
    stated = graph_replace(
        sum(terms[1:], terms[0]), {point: rv for rv, point in points.items()}, strict=False
    )
    return sum((as_tensor(potential).sum() for potential in model.potentials), stated)


def set_data(model: pm.Model, data: Data) -> None:
    """Put a dataset into a model that `build` has stated.

    Unlike ``pm.set_data``, which takes whole numbers for such of 32 bits, it loses nothing.

    Raises
    ------
    ValueError
        If an array's numbers do not fit into the type that the model has for them.
    """
    for name, values in data.items():
        shared = model[data_name(name)]
        array = np.asarray(values)
        held = array.astype(shared.type.dtype)
        if array.dtype.kind in "iu" and not np.array_equal(held, array):
            raise ValueError(
                f"'{name}' holds whole numbers beyond {shared.type.dtype}; give them as floats"
            )
        shared.set_value(held)


def _set_free(model: pm.Model, name: str) -> None:
    """Give a variable of the user's that has a name which sbc needs another one."""
    if name not in model.named_vars:
        return
    variable = model.named_vars.pop(name)
    other = users_own(name)
    variable.name = other
    model.named_vars[other] = variable
    if variable in model.free_RVs:
        value, transform = model.rvs_to_values[variable], model.rvs_to_transforms[variable]
        value.name = other if transform is None else f"{other}_{transform.name}__"
    if name in model.named_vars_to_dims:
        model.named_vars_to_dims[other] = model.named_vars_to_dims.pop(name)


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
    with pm.Model(coords=coords) as model, to_stderr(), contained():
        estimator.define(*(pm.Data(data_name(n), data[n]) for n in estimator.arguments))
    return model


def data_name(argument: str) -> str:
    """Name an argument's ``pm.Data``, leaving the argument's own name to the observed variable."""
    return f"{argument} (data)"


def as_tensor(variable: Any) -> Any:
    """Give a variable as a tensor, without the dimensions' names that it may have."""
    return pt.as_tensor(variable, allow_xtensor_conversion=True)


def shape_of(rv: Any) -> tuple[int, ...]:
    """Give the shape that a variable has with the data that its model holds."""
    static = rv.type.shape
    if None not in static:
        return tuple(static)
    return tuple(int(n) for n in as_tensor(rv).shape.eval(mode="FAST_COMPILE"))


def argument_of(name: str) -> str:
    """Name the argument whose ``pm.Data`` is called so."""
    return name.removesuffix(data_name(""))


def wanted(estimator: Estimator, model: pm.Model) -> tuple[str, ...]:
    """List the variables whose draws are needed; a user's own quantities need all free ones."""
    free = [rv.name for rv in model.free_RVs] if estimator.quantities else []
    ranked = [name for name in model.named_vars if is_density(name)]
    return tuple(dict.fromkeys([*estimator.estimands, *ranked, *free]))


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
    values = {rv: rv.type() for rv in model.free_RVs}
    moved = [
        values[rv]
        if (transform := model.rvs_to_transforms[rv]) is None
        # A transform may look at the variable's own parameters, which are variables or data.
        else transform.forward(values[rv], *rv.owner.inputs)
        for rv in model.free_RVs
    ]
    flat = [as_tensor(value).ravel() for value in moved]
    return _of_truth(model, values, pt.concatenate(flat))


def density_at(
    model: pm.Model, name: str = LOG_LIKELIHOOD, cheap: bool = False
) -> Callable[[Truth, Data], np.ndarray]:
    """Compile the log likelihood, or prior, as a function of the free variables and the data.

    Returns
    -------
    callable
        ``(truth, data) -> number``; pure, but not for two threads at once.
    """
    values = {rv: rv.type() for rv in model.free_RVs}
    return _of_truth(model, values, model[name], CHEAP if cheap else "FAST_COMPILE")


def _of_truth(
    model: pm.Model, values: dict[Any, Any], output: Any, mode: Any = "FAST_COMPILE"
) -> Callable[[Truth, Data], np.ndarray]:
    free = model.free_RVs
    arguments = [argument_of(variable.name) for variable in model.data_vars]
    data = {variable: variable.type() for variable in model.data_vars}
    inputs = [*values.values(), *data.values()]
    function = compile(
        inputs,
        graph_replace(output, values | data, strict=False),
        mode=mode,
        on_unused_input="ignore",
    )

    def evaluate(truth: Truth, arrays: Data) -> np.ndarray:
        given = [truth[rv.name] for rv in free] + [arrays[name] for name in arguments]
        typed = [np.asarray(g, dtype=v.type.dtype) for g, v in zip(given, inputs, strict=True)]
        return np.asarray(function(*typed), dtype=float)

    return evaluate
