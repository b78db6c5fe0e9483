"""Who reads the outcome's data in a model's graph: its own likelihood, another's, a prior.

Where truth and data come from the model itself, the value of each observed variable is replaced and
everything else stays as the model states it. Whether that is a draw from the density that is
fitted depends on who else reads the variable that holds the outcome.
"""

from __future__ import annotations

from collections.abc import Iterable

import pymc as pm
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant, Variable
from pytensor.graph.traversal import walk
from pytensor.scalar.basic import Cast
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.random.type import RandomType
from pytensor.tensor.shape import Shape, Shape_i
from pytensor.xtensor.basic import TensorFromXTensor, XTensorFromTensor
from pytensor.xtensor.vectorization import XElemwise


def find(model: pm.Model) -> dict[Variable, Variable]:
    """Find the variables that hold an outcome as it stands, and that only others read.

    Returns
    -------
    dict
        Each to its observed variable. Where the likelihood of Y reads the data of X, and X is
        observed too, a simulated Y follows the simulated X.
    """
    held = {rv: holder(model.rvs_to_values[rv]) for rv in model.observed_RVs}
    holders = [v for v in held.values() if v is not None]
    prior = read_by([*model.free_RVs, *model.potentials])
    found: dict[Variable, Variable] = {}
    readers = {rv: read_by(rv.owner.inputs) for rv in model.observed_RVs}
    for rv, variable in held.items():
        if variable is None or holders.count(variable) > 1 or variable in prior:
            continue
        if variable in readers[rv]:
            continue
        if any(v in readers[rv] for v, other in found.items() if variable in readers[other]):
            continue  # each of the two reads the other's: neither comes first
        found[variable] = rv
    return found


def conditional(model: pm.Model) -> list[str]:
    """Name the observed variables whose likelihood reads outcomes' data that stay as they are."""
    followed = find(model)
    return [
        rv.name
        for rv in model.observed_RVs
        if (read_by(rv.owner.inputs) & _holding(model)) - followed.keys()
    ]


def lagged(model: pm.Model) -> list[str]:
    """Name the observed variables whose likelihood reads their own data, as lags do."""
    return [
        rv.name
        for rv in model.observed_RVs
        if read_by(rv.owner.inputs) & _leaves([model.rvs_to_values[rv]])
    ]


def priors(model: pm.Model) -> list[tuple[str, str]]:
    """List the free variables whose prior reads an outcome's data, each with that outcome."""
    return [
        (rv.name, outcome) for rv in model.free_RVs for outcome in _outcomes_read(model, rv, False)
    ]


def potentials(model: pm.Model) -> list[tuple[str, str]]:
    """List the Potentials that read an outcome or its data, each with that outcome."""
    return [
        (term.name, outcome)
        for term in model.potentials
        for outcome in _outcomes_read(model, term, True)
    ]


def _outcomes_read(model: pm.Model, variable: Variable, itself: bool) -> list[str]:
    read = read_by([variable])
    return [
        rv.name
        for rv in model.observed_RVs
        if (read & _leaves([model.rvs_to_values[rv]])) or (itself and rv in read)
    ]


def holder(value: Variable) -> Variable | None:
    """Give the constant or shared variable that a value is, but for its type; None for a graph."""
    while value.owner is not None:
        op = value.owner.op
        cast = isinstance(op, Elemwise | XElemwise) and isinstance(op.scalar_op, Cast)
        if not (cast or isinstance(op, TensorFromXTensor | XTensorFromTensor)):
            return None
        value = value.owner.inputs[0]
    return value if isinstance(value, Constant | SharedVariable) else None


def _holding(model: pm.Model) -> set[Variable]:
    return _leaves(model.rvs_to_values[rv] for rv in model.observed_RVs)


def _leaves(variables: Iterable[Variable]) -> set[Variable]:
    """Collect what holds the numbers of these variables; a scalar constant may be anything's."""
    found = read_by(variables)
    return {
        v
        for v in found
        if isinstance(v, SharedVariable) or (isinstance(v, Constant) and _several(v))
    }


def _several(variable: Variable) -> bool:
    return getattr(variable.type, "ndim", 0) > 0


def read_by(variables: Iterable[Variable]) -> set[Variable]:
    """Collect what variables depend on; that something is as long as an array is no dependence."""

    def inputs(variable: Variable) -> list[Variable]:
        if variable.owner is None or isinstance(variable.owner.op, Shape | Shape_i):
            return []
        return [v for v in variable.owner.inputs if not isinstance(v.type, RandomType)]

    return set(walk(variables, inputs))
