"""Sums and maxima whose steps do not wait for each other, as those of PyTensor's own code do."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytensor.scalar as ps
import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit
from pytensor.link.numba.dispatch.basic import register_funcify_and_cache_key as register
from pytensor.tensor.elemwise import CAReduce

from sbc.engines._flat import FlatLoop
from sbc.engines._version import VERSION
from sbc.plugins import kernels, rows

#: What is done with the numbers of each row.
_ROWS = {ps.Add: rows.total, ps.ScalarMaximum: rows.largest}


class LaneSum(Op):
    """The sum of an array, eight numbers side by side; PyTensor's own waits for each addition."""

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        """Take an array of doubles."""
        return Apply(self, [x], [pt.dscalar()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[Any]) -> None:
        """Compute outside Numba's mode."""
        output_storage[0][0] = np.asarray(kernels.total(np.ravel(inputs[0])))


class RowReduce(Op):
    """The sum, or the maximum, of each row: of what stands along the last axis.

    Parameters
    ----------
    scalar : type
        The class of the function of two numbers: `pytensor.scalar.Add`, or ``ScalarMaximum``.
    """

    __props__ = ("scalar",)

    def __init__(self, scalar: type) -> None:
        self.scalar = scalar

    def make_node(self, x: Any) -> Apply:
        """Take an array of doubles with two axes or more."""
        return Apply(self, [x], [pt.tensor(dtype="float64", shape=x.type.shape[:-1])])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[Any]) -> None:
        """Compute outside Numba's mode."""
        reduce = np.add if self.scalar is ps.Add else np.maximum
        start = 0.0 if self.scalar is ps.Add else -np.inf
        output_storage[0][0] = np.asarray(reduce.reduce(inputs[0], axis=-1, initial=start))


@register(LaneSum)
def _lane_sum(op: Any, node: Any, **_: Any) -> tuple[Any, str]:
    @numba_njit
    def lane_sum(x: Any) -> Any:
        return np.asarray(kernels.total(np.ascontiguousarray(x).reshape(x.size)))

    return lane_sum, hashlib.sha256(f"LaneSum{VERSION}".encode()).hexdigest()


@register(RowReduce)
def _row_reduce(op: Any, node: Any, **_: Any) -> tuple[Any, str]:
    reduce, known = _ROWS[op.scalar], node.inputs[0].type.shape[-1]

    @numba_njit
    def row_reduce(x: Any) -> Any:
        length = x.shape[-1] if known is None else known
        out = np.empty(x.shape[:-1], np.float64)
        given, flat = np.ascontiguousarray(x).reshape(x.size), out.reshape(out.size)
        for i in range(flat.shape[0]):
            flat[i] = reduce(given, np.uint64(i * length), np.uint64(length))
        return out

    words = f"RowReduce{op.scalar.__name__}{known}{VERSION}"
    return row_reduce, hashlib.sha256(words.encode()).hexdigest()


def faster(node: Any, flat: bool) -> Any:
    """Give what reduces an array in its fast form; None if it has none.

    Parameters
    ----------
    node : Apply
        A node of any kind.
    flat : bool
        Whether sums of what is not a flat loop are left to be put into loops.
    """
    if not isinstance(node.op, CAReduce):
        return None
    kind, (given,), (made,) = type(node.op.scalar_op), node.inputs, node.outputs
    if kind not in _ROWS or {given.type.dtype, made.type.dtype} != {"float64"}:
        return None
    of_loop = given.owner is not None and isinstance(given.owner.op, FlatLoop)
    if flat and kind is ps.Add and not of_loop:
        return None
    axes = tuple(range(given.type.ndim)) if node.op.axis is None else tuple(node.op.axis)
    if len(axes) == given.type.ndim > 0:
        return LaneSum() if kind is ps.Add else None
    return RowReduce(kind) if axes == (given.type.ndim - 1,) else None


__all__ = ["LaneSum", "RowReduce", "faster"]
