"""Bernoulli and binomial likelihoods on the logit scale, as fast as the arithmetic allows.

The log likelihood of all rows and its derivative come out together, with one exponential a row and,
for Bernoulli, one logarithm for hundreds of rows. PyTensor, left to itself, makes a dozen passes
and computes the sigmoid and its logarithms apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numba import njit
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

#: With |eta| ≥ 0 each factor 1 + exp(−|eta|) lies in (1, 2]: the product of 500 stays below 2⁵⁰⁰.
_ROWS_PER_LOG = 500


def BernoulliLogit(name: str, eta: Any, *, observed: Any) -> Any:
    """State Y_i ~ Bernoulli(logit⁻¹(eta_i)), independent given eta.

    Use it like ``pm.Bernoulli(name, logit_p=eta, observed=Y)``, whose density it has.

    Parameters
    ----------
    name : str
        The variable's name.
    eta : tensor of shape (rows,)
        Log odds; any finite value.
    observed : tensor of shape (rows,)
        Zeros and ones.

    Returns
    -------
    pymc random variable
        It can be drawn from, so that prior and posterior predictive draws work.
    """

    def logp(y: Any, eta: Any) -> Any:
        return _sum_and_residual(eta, y, 1)[0]

    def dist(eta: Any, size: Any) -> Any:
        return pm.Bernoulli.dist(logit_p=eta)  # eta has the full shape, whatever `size`

    return pm.CustomDist(
        name, eta, logp=logp, dist=dist, signature="(r)->(r)", dtype="int64", observed=observed
    )


def BinomialLogit(name: str, n: Any, eta: Any, *, observed: Any) -> Any:
    """State Y_i ~ Binomial(n_i, logit⁻¹(eta_i)), independent given eta.

    Use it like ``pm.Binomial(name, n=n, logit_p=eta, observed=Y)``, whose density it has.

    Parameters
    ----------
    name : str
        The variable's name.
    n : tensor of shape (rows,)
        Numbers of trials, at least 0.
    eta : tensor of shape (rows,)
        Log odds; any finite value.
    observed : tensor of shape (rows,)
        Numbers of successes, 0..n_i.

    Returns
    -------
    pymc random variable
        It can be drawn from, so that prior and posterior predictive draws work.
    """

    def logp(y: Any, n: Any, eta: Any) -> Any:
        log_ways = pt.gammaln(n + 1) - pt.gammaln(y + 1) - pt.gammaln(n - y + 1)
        return _sum_and_residual(eta, y, n)[0] + pt.sum(log_ways)

    def dist(n: Any, eta: Any, size: Any) -> Any:
        return pm.Binomial.dist(n=n, logit_p=eta)

    return pm.CustomDist(
        *(name, n, eta),
        logp=logp,
        dist=dist,
        signature="(r),(r)->(r)",
        dtype="int64",
        observed=observed,
    )


class LogitLikelihood(Op):
    """sum_i [y_i eta_i − n_i log(1 + exp(eta_i))], and its gradient y_i − n_i logit⁻¹(eta_i)."""

    __props__ = ()

    def make_node(self, eta: Any, y: Any, n: Any) -> Apply:
        """Take vectors eta and y; n is a vector too, or the number 1 for one trial a row."""
        inputs = [pt.as_tensor(eta).astype("float64"), pt.as_tensor(y), pt.as_tensor(n)]
        return Apply(self, inputs, [pt.dscalar(), pt.dvector()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[Any]) -> None:
        """Compute outside Numba's mode, with the same kernel."""
        total, residual = _kernel(node)(*inputs)
        output_storage[0][0], output_storage[1][0] = np.asarray(total), residual

    def infer_shape(self, node: Apply, input_shapes: list[Any]) -> list[Any]:
        """Give the shapes of both outputs."""
        return [(), input_shapes[0]]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Hand the gradient on to eta; the second output is a derivative already."""
        to_sum, to_residual = cotangents
        if not isinstance(to_residual.type, DisconnectedType):
            raise NotImplementedError("second derivatives of the logit likelihood")
        return [to_sum * outputs[1], disconnected_type(), disconnected_type()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Say that nothing is differentiated towards the data."""
        return [[True, True], [False, False], [False, False]]


_sum_and_residual = LogitLikelihood()


#: The compiler may reorder sums, which vectorising needs; NaN and infinities keep their meaning.
_FAST = {"contract", "arcp", "nsz", "reassoc"}


@njit(fastmath=_FAST)
def _exp_minus_abs(eta: Any) -> Any:
    """Compute exp(−|eta|) by plain arithmetic, which the compiler vectorises.

    exp(a) = 2ᵏ exp(r) with k the nearest whole number to a / log 2 and |r| ≤ log(2) / 2, where the
    Taylor polynomial of degree 12 is exact to rounding. The relative error stays below 3e-14, and
    below −708, where doubles lose their precision, the result stays at e⁻⁷⁰⁸.
    """
    rows = eta.shape[0]
    result = np.empty(rows)
    power = np.empty(rows)
    bits = power.view(np.int64)
    for i in range(rows):
        a = max(-abs(eta[i]), -708.0)
        k = np.floor(a * 1.4426950408889634 + 0.5)
        bits[i] = (np.int64(k) + 1023) << 52
        r = a - k * 0.6931471805599453
        series = 1 + r / 12
        for j in range(11, 0, -1):
            series = 1 + r / j * series
        result[i] = series
    for i in range(rows):
        result[i] *= power[i]
    return result


@njit(fastmath=_FAST)
def _bernoulli(eta: Any, y: Any, n: Any) -> Any:
    rows = eta.shape[0]
    e = _exp_minus_abs(eta)
    residual = np.empty(rows)
    total = 0.0
    for i in range(rows):
        x, share = eta[i], 1 / (1 + e[i])
        residual[i] = y[i] - (share if x >= 0 else e[i] * share)
        total += y[i] * x - max(x, 0.0)
    for first in range(0, rows, _ROWS_PER_LOG):
        product = 1.0
        for i in range(first, min(first + _ROWS_PER_LOG, rows)):
            product *= 1 + e[i]
        total -= np.log(product)
    return total, residual


@njit(fastmath=_FAST)
def _binomial(eta: Any, y: Any, n: Any) -> Any:
    rows = eta.shape[0]
    e = _exp_minus_abs(eta)
    residual = np.empty(rows)
    total = 0.0
    for i in range(rows):
        x, share = eta[i], 1 / (1 + e[i])
        residual[i] = y[i] - n[i] * (share if x >= 0 else e[i] * share)
        total += y[i] * x - n[i] * (max(x, 0.0) + np.log1p(e[i]))
    return total, residual


def _kernel(node: Apply) -> Any:
    return _bernoulli if node.inputs[2].type.ndim == 0 else _binomial


@register_funcify_default_op_cache_key(LogitLikelihood)
def _compile_for_numba(op: Op, node: Apply, **_: Any) -> Any:
    kernel = _kernel(node)

    @numba_njit
    def logit_likelihood(eta: Any, y: Any, n: Any) -> Any:
        total, residual = kernel(eta, y, n)
        return np.asarray(total), residual

    version = 2  # of the kernel: machine code of another version on disk is not used
    return logit_likelihood, version
