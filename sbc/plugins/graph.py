"""What a model's graph is made of, told in words that are the same in every process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pymc as pm
from pymc.distributions.custom import CustomDistRV
from pymc.distributions.distribution import SymbolicRandomVariable
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.traversal import ancestors, toposort
from pytensor.graph.utils import MissingInputError
from pytensor.tensor.basic import Alloc, AllocEmpty, Split
from pytensor.tensor.random.op import RandomVariable
from pytensor.tensor.shape import Reshape
from pytensor.tensor.type import TensorType
from pytensor.xtensor.type import XTensorType

Array = np.ndarray


def sizes(rvs: Iterable[Variable]) -> set[Variable]:
    """Collect the numbers that say how large random variables are."""
    found: set[Variable] = set()
    for rv in rvs:
        op = rv.owner.op
        if not isinstance(op, RandomVariable | SymbolicRandomVariable):
            continue
        if isinstance(op, SymbolicRandomVariable) and op.extended_signature is None:
            continue
        size = op.size_param(rv.owner)
        if size is None:  # inside the variable's own graph
            continue
        # A constant as it stands, or put together of the lengths of dimensions.
        leaves = [v for v in ancestors([size]) if v.owner is None]
        found |= {v for v in leaves if v is size or getattr(v.type, "ndim", None) == 0}
    return {v for v in found if (value := value_of(v)) is not None and value.dtype.kind in "iu"}


def is_shape(node: Apply, i: int) -> bool:
    """Say whether an input tells the shape of the output, which compiled code may rely on."""
    return (
        (isinstance(node.op, Reshape) and i == 1)
        or (isinstance(node.op, Split) and i == 2)
        or (isinstance(node.op, Alloc) and i > 0)
        or isinstance(node.op, AllocEmpty)
    )


def value_of(variable: Variable) -> Array | None:
    """Give the number or array that a constant or a shared variable holds; None of all others."""
    if not isinstance(variable.type, TensorType | XTensorType):
        return None
    if isinstance(variable, Constant):
        return np.asarray(variable.data)
    if isinstance(variable, SharedVariable):
        return np.asarray(variable.get_value(borrow=True))
    return None


def made_of(variable: Variable) -> str:
    """Put all that a variable is computed from into words, the data included."""
    nodes = list(toposort([variable]))
    words = [operation(node) for node in nodes]
    words += [digest(v) for node in nodes for i in node.inputs if (v := value_of(i)) is not None]
    return " ".join(words)


def pattern(variable: Variable) -> str:
    """Write a shape as far as compiled code may rely on it: which lengths are 1."""
    value = value_of(variable)
    shape = variable.type.shape if value is None else value.shape
    return "".join("1" if n == 1 else "n" for n in shape)


def digest(value: Any) -> str:
    """Digest an array's shape and bytes; of objects, how they are written."""
    array = np.asarray(value)
    content = array.tobytes() if array.dtype != object else repr(value).encode()
    return hashlib.blake2b(f"{array.shape}".encode() + content, digest_size=8).hexdigest()


def operation(node: Apply) -> str:
    """Describe an operation: its class, its properties and, if it has one, the graph inside."""
    op = node.op
    kind = type(op)
    name = f"{kind.__module__}.{kind.__qualname__}"
    words = [name, *(str(getattr(out.type, "dtype", "")) for out in node.outputs)]
    inner = getattr(op, "fgraph", None)
    if inner is not None:
        for part in inner.toposort():
            words.append(operation(part))
            words += [digest(v) for i in part.inputs if (v := value_of(i)) is not None]
    elif hasattr(op, "_props_dict"):
        words.append(str(op._props_dict()))
    else:
        words.append(str(op))
    return " ".join(words)


def declaration(model: pm.Model, rv: Variable) -> str:
    """Describe a free variable: what its shape, its transform and its start say of the model."""
    start = model.rvs_to_initial_values[rv]
    told = start if start is None or isinstance(start, str | Variable) else digest(start)
    return f"{rv.name} {_shape(rv)} {type(model.rvs_to_transforms[rv]).__name__} {told}"


def _shape(rv: Variable) -> tuple[int | None, ...]:
    """Give a variable's shape, computed where the graph hides it."""
    shape = rv.type.shape
    if None not in shape or not isinstance(rv.owner.op, SymbolicRandomVariable):
        return shape
    try:
        return tuple(int(n) for n in rv.shape.eval(mode="FAST_COMPILE"))
    except MissingInputError:  # it depends on another variable's draw
        return shape


def transformed(model: pm.Model) -> list[Variable]:
    """Give what the transforms compute, which may hold bounds of their own."""
    return [
        transform.backward(model.rvs_to_values[rv], *rv.owner.inputs)
        for rv in model.free_RVs
        if (transform := model.rvs_to_transforms[rv]) is not None
    ]


def holds_closures(model: pm.Model) -> bool:
    """Say whether the model holds Python code that may hold arrays where no graph shows them."""
    nodes = list(toposort([*model.basic_RVs, *model.potentials, *model.deterministics]))
    return any(
        isinstance(node.op, CustomDistRV)
        or type(node.op).__module__.partition(".")[0] not in ("pytensor", "pymc")
        for node in nodes
    )
