"""Turn an estimator and a dataset into a PyMC model whose data can be swapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
from pymc.pytensorf import compile

from sbc.contracts import LOG_LIKELIHOOD, Data, Estimator, Generator, Truth
from sbc.errors import UserError


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
    coords = {
        dim: np.arange(len(data[name])) for name, dim in generator.dims.items() if name in data
    }
    with pm.Model(coords=coords) as model:
        arguments = [pm.Data(data_name(name), data[name]) for name in estimator.arguments]
        estimator.define(*arguments)
        if not model.observed_RVs:
            raise UserError(f"estimator '{estimator.name}' observes nothing (no observed=...)")
        terms = [pm.logp(rv, model.rvs_to_values[rv]).sum() for rv in model.observed_RVs]
        pm.Deterministic(LOG_LIKELIHOOD, sum(terms[1:], terms[0]))
    for name in estimator.estimands:
        if name not in model.named_vars:
            raise UserError(f"estimator '{estimator.name}' has no variable '{name}' to estimate")
    return model


def data_name(argument: str) -> str:
    """Name an argument's ``pm.Data``, leaving the argument's own name to the observed variable."""
    return f"{argument}_data"


def frozen_lengths(model: pm.Model, generator: Generator, data: Data) -> dict[str, int]:
    """Give the lengths that are compiled in: of the arrays along the parameters' dimensions.

    Datasets that agree in them share one compiled model, however many rows they have.

    Returns
    -------
    dict of str to int
        Argument name to length.
    """
    dims = {dim for rv in model.free_RVs for dim in model.named_vars_to_dims.get(rv.name, ())}
    return {name: len(array) for name, array in data.items() if generator.dims.get(name) in dims}


def free_values(model: pm.Model, truth: Truth) -> dict[str, Any] | None:
    """Pick the truth of every free variable, or None where the truth does not name them all."""
    free = [rv.name for rv in model.free_RVs]
    return {name: truth[name] for name in free} if set(free) <= truth.keys() else None


def forward(model: pm.Model, rv: Any) -> Callable[[Any], np.ndarray]:
    """Compile the map from a free variable's value to the unconstrained scale of the sampler."""
    transform = model.rvs_to_transforms[rv]
    if transform is None:
        return np.asarray
    value = rv.type()
    return compile([value], transform.forward(value, *rv.owner.inputs), mode="FAST_COMPILE")
