"""Categorical likelihood by softmax: the sum of all rows and its gradient in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from numba import njit
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from sbc.plugins import rows
from sbc.plugins.kernels import EXACT, exp, log, total


class CategoricalLikelihood(Op):
    """sum_i log softmax(eta_i)[y_i], and its gradient: (k equals y_i) - softmax(eta_i)[k].

    A row of eta, or of y, that is the only one stands for as many as the other has.
    """

    __props__ = ()

    def make_node(self, eta: Any, y: Any) -> Apply:
        """Take a matrix eta, one category a column, and a vector of whole numbers from 0 on."""
        inputs = [pt.as_tensor(eta).astype("float64"), pt.as_tensor(y)]
        return Apply(self, inputs, [pt.dscalar(), pt.dmatrix()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[Any]) -> None:
        """Compute outside Numba's mode, with the same kernel."""
        total, slopes = _likelihood(*inputs)
        output_storage[0][0], output_storage[1][0] = np.asarray(total), slopes

    def infer_shape(self, node: Apply, input_shapes: list[Any]) -> list[Any]:
        """Give the shapes of both outputs."""
        return [(), input_shapes[0]]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Hand the gradient on to eta; the second output is a derivative already."""
        to_sum, to_slopes = cotangents
        if not isinstance(to_slopes.type, DisconnectedType):
            raise NotImplementedError("second derivatives of the categorical likelihood")
        return [to_sum * outputs[1], disconnected_type()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Say that nothing is differentiated towards the data."""
        return [[True, True], [False, False]]


def categorical_likelihood(eta: Any, y: Any) -> Any:
    """Sum log softmax(eta_i)[y_i] over the rows of a matrix."""
    return _sum_and_slopes(eta, y)[0]


_sum_and_slopes = CategoricalLikelihood()


@njit(**EXACT)
def _shares(eta: Any, width: int, below: Any, shares: Any, sums: Any) -> None:
    """Fill in how far each number is above the largest of its row, exp of that, and its sum."""
    first = np.uint64(0)
    for _ in range(sums.shape[0]):
        top = rows.largest(eta, first, width)
        for k in range(first, first + width):
            below[k] = eta[k] - top
        first += width
    for k in range(eta.shape[0]):
        shares[k] = exp(below[k])
    first = np.uint64(0)
    for i in range(sums.shape[0]):
        sums[i] = rows.total(shares, first, width)
        first += width


@njit(**EXACT)
def _slopes(shares: Any, sums: Any, width: int, times: float) -> Any:
    """Give minus softmax, as often as there are answers to a row."""
    slopes, first = np.empty(shares.shape[0]), np.uint64(0)
    for i in range(sums.shape[0]):
        share = -times / sums[i]
        for k in range(first, first + width):
            slopes[k] = shares[k] * share
        first += width
    return slopes


@njit(error_model="numpy")
def _likelihood(eta: Any, y: Any) -> Any:
    """Compute the sum and the gradient."""
    count, categories = eta.shape
    length = len(y) if count == 1 else count
    if len(y) not in (1, length):
        raise ValueError("as many answers as rows are needed")
    width, flat = np.uint64(categories), np.ascontiguousarray(eta).reshape(eta.size)
    below, shares, sums = np.empty(eta.size), np.empty(eta.size), np.empty(count)
    _shares(flat, width, below, shares, sums)
    slopes = _slopes(shares, sums, width, length / max(count, 1))
    logs, picked = np.empty(count), np.empty(length)
    for i in range(count):
        logs[i] = log(sums[i])
    steps = (width if count == length else np.uint64(0), 1 if len(y) == length else 0)
    first, j = np.uint64(0), 0
    for i in range(length):
        answer = y[j]
        if answer < 0 or answer >= categories:
            raise IndexError("an answer is no category")
        place = first + np.uint64(answer)
        picked[i] = below[place]
        slopes[place] += 1.0
        first += steps[0]
        j += steps[1]
    repeated = 1.0 if count == length else float(length)
    return total(picked) - repeated * total(logs), slopes.reshape(eta.shape)


@register_funcify_default_op_cache_key(CategoricalLikelihood)
def _compile_for_numba(op: Op, node: Apply, **_: Any) -> Any:
    @numba_njit
    def categorical_likelihood(eta: Any, y: Any) -> Any:
        total, slopes = _likelihood(eta, y)
        return np.asarray(total), slopes

    version = 1  # of the kernel: machine code of another version on disk is not used
    return categorical_likelihood, version


__all__ = ["CategoricalLikelihood", "categorical_likelihood"]
