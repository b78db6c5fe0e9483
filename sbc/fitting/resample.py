"""Sample a fit of a run once more, to keep all that the run did not: every draw, every variable."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sbc.fitting.compiled import compiled_for
from sbc.fitting.convergence import retry_schedule
from sbc.fitting.fit import Task
from sbc.plugins import registry
from sbc.plugins.data import Array
from sbc.plugins.engine import FUNCTION, Budget, Draws
from sbc.plugins.errors import UserError
from sbc.plugins.estimates import Estimates
from sbc.store.publish import publish_tree
from sbc.store.rows import Fit

if TYPE_CHECKING:
    import xarray as xr


def sample_all(task: Task, row: Fit) -> tuple[Any, Draws]:
    """Sample a fit once more and keep every variable of the model.

    The estimator is compiled as one that wants all its variables; neither its density nor the
    sampler's seed depend on what is kept, so that the draws of the estimands are those of `row`.

    Parameters
    ----------
    task : Task
        Which fit.
    row : Fit
        What came of it: the attempt and its seed.

    Returns
    -------
    pymc.Model, Draws
        The model with its data, and its draws.

    Raises
    ------
    UserError
        If the fit stopped with an error, so that there are no draws.
    """
    if not row.results:
        raise UserError(f"this fit has no draws to save: {row.error or row.status}")
    if task.engine == FUNCTION:
        raise UserError(f"'{task.estimator}' is a function: it has no model whose draws to save")
    from sbc.engines import _model

    setup = task.setup
    estimator, generator = setup.estimator, setup.generator
    data = estimator.select(setup.draw(task.dataset).data)
    model = _model.build(estimator, generator, data)
    names = [variable.name for variable in (*model.free_RVs, *model.deterministics)]
    if task.engine != "exact":  # a posterior in closed form is one of what its author says
        names = [*estimator.estimands, *names]
        estimator = replace(estimator, estimands=tuple(dict.fromkeys(names)))
    compiled = registry.engine(task.engine).compile(estimator, generator, data)
    return model, compiled.fit(data, budget_of(task, row), row.seed)


def sample_again(task: Task, row: Fit) -> Draws:
    """Sample the ranked quantities of a fit once more, and keep all draws, not only thinned ones.

    Parameters and errors are those of `sample_all`; of an estimate without draws there are none.
    """
    if not row.results:
        raise UserError(f"{task.estimator} has no draws: {row.error or row.status}")
    data = task.setup.estimator.select(task.setup.draw(task.dataset).data)
    found = compiled_for(task.setup, task.engine, data).fit(data, budget_of(task, row), row.seed)
    return Draws({}) if isinstance(found, Estimates) else found


def budget_of(task: Task, row: Fit) -> Budget:
    """Give what the attempt that was kept might cost."""
    return retry_schedule(task.settings.budget)[row.attempt]


def data_tree(task: Task, row: Fit) -> xr.DataTree:
    """Arrange a fit as ArviZ expects it.

    Returns
    -------
    xarray.DataTree
        Groups ``posterior``, with every variable of the model, ``observed_data``,
        ``constant_data`` and, for what has one, ``truth``.

    Raises
    ------
    UserError
        If the fit has no draws.
    """
    import xarray as xr

    from sbc.engines._model import argument_of

    model, draws = sample_all(task, row)
    observed = {rv.name for rv in model.observed_RVs}
    data = {argument_of(variable.name): variable.get_value() for variable in model.data_vars}
    truth = {k: np.asarray(v, float) for k, v in row.truth.items() if k in model.named_vars}
    groups = {
        "posterior": {
            k: _labelled(model, k, v, ("chain", "draw")) for k, v in draws.values.items()
        },
        "observed_data": {k: _labelled(model, k, v) for k, v in data.items() if k in observed},
        "constant_data": {k: _labelled(model, k, v) for k, v in data.items() if k not in observed},
        "truth": {k: _labelled(model, k, v) for k, v in truth.items()},
    }
    tree = xr.DataTree.from_dict({name: xr.Dataset(group) for name, group in groups.items()})
    tree.attrs = {
        "estimator": row.estimator,
        "engine": row.engine,
        "generator": task.settings.generator,
        "regime": task.settings.truth,
        "run_seed": task.settings.seed,
        "dataset": row.dataset,
        "sampler_seed": row.seed,
        "attempt": row.attempt,
        "divergences": row.divergences,
    }
    return tree


def _labelled(model: Any, name: str, values: Array, first: tuple[str, ...] = ()) -> xr.DataArray:
    """Give an array the dimensions that the model declares, after the `first` ones."""
    import xarray as xr

    coords = {dim: list(found) for dim, found in model.coords.items() if found is not None}
    dims = [dim for dim in model.named_vars_to_dims.get(name, ()) if dim in coords]
    shape = values.shape[: len(first)] + tuple(len(coords[dim]) for dim in dims)
    if dims and math.prod(shape) == values.size:
        values = values.reshape(shape)  # engines deliver what has several dimensions in one
    else:
        dims = [f"{name}_dim_{i}" for i in range(values.ndim - len(first))]
    known = {dim: coords[dim] for dim in dims if dim in coords}
    return xr.DataArray(values, dims=[*first, *dims], coords=known)


def save(task: Task, row: Fit, file: Path) -> None:
    """Write the whole posterior of a fit as netCDF.

    Raises
    ------
    UserError
        If there are no draws or the file cannot be written.
    """
    publish_tree(file, data_tree(task, row))
