"""Bernoulli, binomial and ordered likelihoods on the logit scale, fast as the arithmetic allows.

The log likelihood of all rows and its derivative come out together, with one exponential a row and,
for Bernoulli, one logarithm for hundreds of rows. PyTensor, left to itself, makes a dozen passes
and computes the sigmoid and its logarithms apart.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numba import njit
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key
from pytensor.scalar import Cast
from pytensor.tensor.elemwise import Elemwise

from sbc.plugins.instructions import ROUND, fma, power_of_two
from sbc.plugins.kernels import log1p_share

#: A cutpoint that every answer lies on one side of.
_BEYOND = 1e6


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
        return logit_likelihood(eta, y, 1)

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
        return logit_likelihood(eta, y, n) + pt.sum(log_ways)

    def dist(n: Any, eta: Any, size: Any) -> Any:
        return pm.Binomial.dist(n=n, logit_p=eta)

    how = {"logp": logp, "dist": dist, "signature": "(r),(r)->(r)", "dtype": "int64"}
    return pm.CustomDist(name, n, eta, observed=observed, **how)


def OrderedLogit(name: str, phi: Any, cutpoints: Any, *, observed: Any) -> Any:
    """State P(R_i > k) = logit⁻¹(phi_i − c_k), R_i in 0..K, independent given phi and cutpoints.

    Use it like ``pm.OrderedLogistic(name, eta=phi, cutpoints=cutpoints, observed=R)``, whose
    density it has. P(R_i = k), a difference of two sigmoids, is a product as well:
    logit⁻¹(phi_i − c_{k−1}) logit⁻¹(c_k − phi_i) (1 − exp(c_{k−1} − c_k)), so that an answer is
    two Bernoulli outcomes, above the one cutpoint and below the other, and nothing cancels.

    Parameters
    ----------
    name : str
        The variable's name.
    phi : tensor of shape (rows,)
        Log odds; any finite value.
    cutpoints : tensor of shape (K,)
        Increasing.
    observed : tensor of shape (rows,)
        Whole numbers 0..K.

    Returns
    -------
    pymc random variable
        It can be drawn from, so that prior and posterior predictive draws work.
    """

    def dist(phi: Any, cutpoints: Any, size: Any) -> Any:
        return pm.OrderedLogistic.dist(eta=phi, cutpoints=cutpoints)

    how = {"logp": ordered_logit, "dist": dist, "signature": "(r),(k)->(r)", "dtype": "int64"}
    return pm.CustomDist(name, phi, cutpoints, observed=observed, **how)


def ordered_logit(y: Any, phi: Any, cutpoints: Any) -> Any:
    """Sum the log probabilities of ordered answers, as `OrderedLogit` states them."""
    edges = pt.concatenate([[-_BEYOND], cutpoints, [_BEYOND]])
    between = pt.log(-pt.expm1(edges[:-1] - edges[1:]))
    above = logit_likelihood(phi - edges[y], pt.ones_like(y), 1)
    below = logit_likelihood(phi - edges[y + 1], pt.zeros_like(y), 1)
    return above + below + pt.sum(between[y])


def logit_likelihood(eta: Any, y: Any, n: Any) -> Any:
    """Sum y_i eta_i − n_i log(1 + exp(eta_i)) over vectors; n may be the number 1."""
    return _sum_and_residual(eta, y, n)[0]


class LogitLikelihood(Op):
    """sum_i [y_i eta_i − n_i log(1 + exp(eta_i))], and its gradient y_i − n_i logit⁻¹(eta_i)."""

    __props__ = ()

    def make_node(self, eta: Any, y: Any, n: Any) -> Apply:
        """Take vectors eta and y; n is a vector too, or the number 1 for one trial a row."""
        inputs = [pt.as_tensor(eta).astype("float64"), _uncast(pt.as_tensor(y)), pt.as_tensor(n)]
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


def _uncast(y: Any) -> Any:
    """Take whole numbers as they lie in memory: widened copies would be made at every step."""
    if y.owner and isinstance(y.owner.op, Elemwise) and isinstance(y.owner.op.scalar_op, Cast):
        narrow = y.owner.inputs[0]
        if np.can_cast(narrow.dtype, y.dtype, "safe"):
            return narrow
    return y


_sum_and_residual = LogitLikelihood()


#: Without ``fastmath`` the bits do not depend on where the compiler puts the code, which differs
#: between a process that compiles a model and one that loads it; loops without sums are vectorised
#: all the same. By NumPy's rules of division no row is searched for a zero divisor.
_EXACT: dict[str, Any] = {"error_model": "numpy"}

#: 1/12!, 1/11!, ..., 1/0!: the Taylor polynomial of exp, highest power first.
_TAYLOR = tuple(1 / math.factorial(j) for j in range(12, -1, -1))


@njit(**_EXACT)
def _exp_minus_abs(x: float) -> float:
    """Compute exp(−|x|) by plain arithmetic, which the compiler vectorises over rows.

    exp(a) = 2ᵏ exp(r) with k the nearest whole number to a / log 2 and |r| ≤ log(2) / 2, where the
    Taylor polynomial of degree 12 is exact to rounding. The relative error stays below 3e-14, and
    below −708, where doubles lose their precision, the result stays at e⁻⁷⁰⁸.
    """
    a = -abs(x)
    a = -708.0 if a < -708.0 else a  # NaN stays NaN
    rounded = fma(a, 1.4426950408889634, ROUND)
    r = fma(rounded - ROUND, -0.6931471805599453, a)
    series = 0.0
    for coefficient in _TAYLOR:
        series = fma(series, r, coefficient)
    return series * power_of_two(rounded)


@njit(**_EXACT)
def _sum(x: Any) -> float:
    """Add up, in place, by adding the second half to the first until one is left."""
    width = x.shape[0]
    while width > 1:
        half = (width + 1) // 2
        for i in range(width - half):
            x[i] += x[half + i]
        width = half
    return x[0] if x.shape[0] else 0.0


@njit(**_EXACT)
def _log_product(x: Any) -> float:
    """Add up the logarithms of factors in (1, 2], one logarithm for up to 512 of them."""
    width = x.shape[0]
    for _ in range(9):
        half = (width + 1) // 2
        for i in range(width - half):
            x[i] *= x[half + i]
        width = half
    total = 0.0
    for i in range(width):
        total += np.log(x[i])
    return total


@njit(**_EXACT)
def _bernoulli(eta: Any, y: Any, n: Any) -> Any:
    rows = eta.shape[0]
    residual, linear, factor = np.empty(rows), np.empty(rows), np.empty(rows)
    for i in range(rows):
        x, e = eta[i], _exp_minus_abs(eta[i])
        share = 1 / (1 + e)
        residual[i] = y[i] - (share if x >= 0 else e * share)
        linear[i] = y[i] * x - (0.0 if x < 0 else x)
        factor[i] = 1 + e
    return _sum(linear) - _log_product(factor), residual


@njit(**_EXACT)
def _binomial(eta: Any, y: Any, n: Any) -> Any:
    rows = eta.shape[0]
    residual, terms = np.empty(rows), np.empty(rows)
    for i in range(rows):
        x, e = eta[i], _exp_minus_abs(eta[i])
        share = 1 / (1 + e)
        residual[i] = y[i] - n[i] * (share if x >= 0 else e * share)
        terms[i] = y[i] * x - n[i] * ((0.0 if x < 0 else x) + log1p_share(e))
    return _sum(terms), residual


def _kernel(node: Apply) -> Any:
    return _bernoulli if node.inputs[2].type.ndim == 0 else _binomial


@register_funcify_default_op_cache_key(LogitLikelihood)
def _compile_for_numba(op: Op, node: Apply, **_: Any) -> Any:
    kernel = _kernel(node)

    @numba_njit
    def logit_likelihood(eta: Any, y: Any, n: Any) -> Any:
        total, residual = kernel(eta, y, n)
        return np.asarray(total), residual

    version = 10  # of the kernel: machine code of another version on disk is not used
    return logit_likelihood, version
