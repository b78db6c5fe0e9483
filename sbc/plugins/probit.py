"""Normal probabilities of intervals: the sum of their logarithms and its gradient in one pass."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytensor.tensor as pt
from numba import njit
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from sbc.plugins.error_functions import erfcx
from sbc.plugins.instructions import select
from sbc.plugins.kernels import EXACT, exp, log, total

#: A cutpoint that every answer lies on one side of.
_BEYOND = 1e6
#: The square root of 1/2 as PyMC has it, whose square root of two is one of single precision: the
#: density that is stated, not the better one, is what a shortcut must have.
_ROOT_HALF = 1 / float(np.float32(math.sqrt(2)))


class IntervalLikelihood(Op):
    """sum_i log(Phi(a_i) - Phi(b_i)), b_i <= a_i, and its derivatives by a_i and by b_i."""

    __props__ = ()

    def make_node(self, a: Any, b: Any) -> Apply:
        """Take two vectors of doubles, of equal length."""
        inputs = [pt.as_tensor(x).astype("float64") for x in (a, b)]
        return Apply(self, inputs, [pt.dscalar(), pt.dvector(), pt.dvector()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[Any]) -> None:
        """Compute outside Numba's mode, with the same kernel."""
        total, by_a, by_b = _intervals(*inputs)
        output_storage[0][0] = np.asarray(total)
        output_storage[1][0], output_storage[2][0] = by_a, by_b

    def infer_shape(self, node: Apply, input_shapes: list[Any]) -> list[Any]:
        """Give the shapes of the outputs."""
        return [(), *input_shapes]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Hand the gradient on; the other outputs are derivatives already."""
        to_sum, *to_slopes = cotangents
        if not all(isinstance(to.type, DisconnectedType) for to in to_slopes):
            raise NotImplementedError("second derivatives of the probabilities of intervals")
        return [to_sum * outputs[1], to_sum * outputs[2]]


def ordered_probit(y: Any, phi: Any, cutpoints: Any) -> Any:
    """Sum log P(R_i = y_i) with P(R_i > k) = Phi(phi_i - c_k), answers counted from 0 on."""
    edges = pt.concatenate([[-_BEYOND], cutpoints, [_BEYOND]])
    return _sum_and_slopes(phi - edges[y], phi - edges[y + 1])[0]


_sum_and_slopes = IntervalLikelihood()


@njit(**EXACT)
def interval(a: float, b: float) -> tuple[float, float, float]:
    """Compute log(Phi(a) - Phi(b)) and its derivatives by a and by b.

    By symmetry the interval is moved to where the larger end in size is the lower one. With u and
    v its ends' sizes divided by sqrt(2), and erfc(x) = exp(-x**2) erfcx(x), nothing underflows.
    """
    turned = a + b > 0.0
    high, low = select(turned, -b, a), select(turned, -a, b)
    u, v = abs(high) * _ROOT_HALF, abs(low) * _ROOT_HALF
    outer = exp((u - v) * (u + v))
    both = high > 0.0  # the interval has 0 in it
    inner = exp(-u * u)
    near, far = 0.5 * erfcx(u), 0.5 * outer * erfcx(v)
    p = select(both, 1.0 - inner * (near + far), near - far)
    by_high = select(both, inner, 1.0) * (_ROOT_HALF / math.sqrt(math.pi)) / p
    by_low = -outer * by_high
    value = log(p) - select(both, 0.0, u * u)
    return value, select(turned, -by_low, by_high), select(turned, -by_high, by_low)


@njit(error_model="numpy")
def _intervals(a: Any, b: Any) -> Any:
    """Compute the sum and the gradient."""
    count = a.shape[0]
    if b.shape[0] != count:
        raise ValueError("as many lower ends as upper ends are needed")
    values, by_a, by_b = np.empty(count), np.empty(count), np.empty(count)
    for i in range(count):
        values[i], by_a[i], by_b[i] = interval(a[i], b[i])
    return total(values), by_a, by_b


@register_funcify_default_op_cache_key(IntervalLikelihood)
def _compile_for_numba(op: Op, node: Apply, **_: Any) -> Any:
    @numba_njit
    def interval_likelihood(a: Any, b: Any) -> Any:
        total, by_a, by_b = _intervals(a, b)
        return np.asarray(total), by_a, by_b

    version = 1  # of the kernel: machine code of another version on disk is not used
    return interval_likelihood, version


__all__ = ["IntervalLikelihood", "ordered_probit"]
