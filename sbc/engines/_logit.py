"""Likelihoods on the logit scale, found in the graph that a model states.

PyMC states log p and log(1 - p) of every row, each by a logarithm and an exponential, and chooses
between them. Whatever is linear in softplus(eta) and softplus(-eta) = softplus(eta) - eta, with
factors that the data give, sums to the kernel of `sbc.plugins.likelihoods`, which makes one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytensor.scalar as ps
import pytensor.tensor as pt
from pymc.logprob.utils import CheckParameterValue
from pytensor.graph.replace import graph_replace
from pytensor.graph.traversal import toposort
from pytensor.scalar.math import Sigmoid, Softplus
from pytensor.tensor.basic import MakeVector, ScalarFromTensor
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.math import All, Sum

from sbc.engines._categorical import categorical
from sbc.engines._elements import inputs_of, number
from sbc.engines._given import Given
from sbc.engines._ordered import ordered
from sbc.engines._probit import probit
from sbc.plugins.likelihoods import logit_likelihood


@dataclass(frozen=True)
class _Row:
    """One row's log density: constant + successes * eta - trials * softplus(eta).

    All but `eta` depends on the data alone; `eta` is None where there is none.
    """

    constant: Any = 0
    successes: Any = 0
    trials: Any = 0
    eta: Any = None


def with_logit_kernels(outputs: Sequence[Any]) -> list[Any]:
    """Put the kernel in the place of each sum that it computes.

    Parameters
    ----------
    outputs : sequence of TensorVariable
        A graph in PyTensor's canonical, stable form.

    Returns
    -------
    list of TensorVariable
        Equal but for rounding, where eta is finite.
    """
    given = Given(outputs)
    found = {}
    for node in toposort(outputs):
        if isinstance(node.op, Sum) and len(node.op.axis or ()) in (0, node.inputs[0].type.ndim):
            made = _summed(node.inputs[0], given)
            if made is not None:
                found[node.outputs[0]] = made
    return list(graph_replace(outputs, found, strict=False)) if found else list(outputs)


def _summed(rows: Any, given: Given) -> Any:
    """Sum log densities by a kernel; None if none can."""
    for sort in (ordered, probit, categorical, _linear):
        if (total := sort(rows, given)) is not None:
            return total
    return None


def _linear(rows: Any, given: Given) -> Any:
    """Sum what is linear in softplus(eta), with what is checked of it; None for anything else."""
    if rows.owner and isinstance(rows.owner.op, CheckParameterValue):
        made = _linear(rows.owner.inputs[0], given)
        left = [c for c in map(_doubtful, rows.owner.inputs[1:]) if c is not None]
        return made if made is None or not left else rows.owner.op(made, *left)
    row = _row(rows, given)
    if row is None or row.eta is None or row.eta.type.ndim == 0:
        return None
    full = rows.type.broadcastable
    successes = pt.as_tensor(row.successes)
    if not row.eta.type.broadcastable == successes.type.broadcastable == full:
        return None
    trials = row.trials
    if number(trials) != 1:
        trials = (trials + pt.zeros_like(successes)).ravel()
    constant = pt.sum(row.constant + pt.zeros_like(successes))
    total = logit_likelihood(row.eta.ravel(), successes.ravel(), trials)
    return total if number(row.constant) == 0 else total + constant


def _doubtful(condition: Any) -> Any:
    """Leave out of what is checked that a probability which is a sigmoid lies between 0 and 1."""
    joined = condition
    while joined.owner is not None and isinstance(joined.owner.op, ScalarFromTensor | All):
        joined = joined.owner.inputs[0]
    if joined.owner is None or not isinstance(joined.owner.op, MakeVector):
        return condition
    left = [part for part in joined.owner.inputs if not _is_certain(part)]
    if len(left) == len(joined.owner.inputs):
        return condition
    return pt.scalar_from_tensor(pt.all(pt.stack(left))) if left else None


def _is_certain(part: Any) -> bool:
    each = part.owner.inputs[0] if part.owner and isinstance(part.owner.op, All) else part
    for kind, bound in ((ps.GE, 0), (ps.LE, 1)):
        if sides := inputs_of(each, kind):
            return number(sides[1]) == bound and _is_probability(sides[0])
    return False


def _is_probability(x: Any) -> bool:
    """Say whether this is a sigmoid, or one minus one."""
    if _sigmoid(x) is not None:
        return True
    sides = inputs_of(x, ps.Sub)
    return sides is not None and number(sides[0]) == 1 and _sigmoid(sides[1]) is not None


def _row(variable: Any, given: Given) -> _Row | None:
    """State a variable as a row's log density; None if it is not linear in softplus(+-eta)."""
    if variable in given:
        return _Row(constant=_constant(variable))
    node = variable.owner
    if node is None or not isinstance(node.op, Elemwise):
        return None
    rule = _RULES.get(type(node.op.scalar_op))
    return None if rule is None else rule(node.inputs, given)


def _log(inputs: Sequence[Any], given: Given) -> _Row | None:
    """State log p."""
    x = _sigmoid(inputs[0])
    return None if x is None else _times(-1, _softplus(-x))


def _log1p(inputs: Sequence[Any], given: Given) -> _Row | None:
    """State log(1 - p)."""
    p, negative = _positive(inputs[0])
    x = _sigmoid(p) if negative else None
    return None if x is None else _times(-1, _softplus(x))


def _sum(inputs: Sequence[Any], given: Given) -> _Row | None:
    return _added([_row(v, given) for v in inputs])


def _difference(inputs: Sequence[Any], given: Given) -> _Row | None:
    return _added([_row(inputs[0], given), _times(-1, _row(inputs[1], given))])


def _softplus(x: Any) -> _Row:
    """State softplus(x), or softplus(-eta) = softplus(eta) - eta."""
    eta, negative = _positive(x)
    return _Row(successes=-1 if negative else 0, trials=-1, eta=eta)


def _positive(x: Any) -> tuple[Any, bool]:
    """Take minus signs off; say whether one is left over. A factor 1 is none."""
    negative = False
    while x.owner is not None and isinstance(x.owner.op, Elemwise):
        kind, inputs = type(x.owner.op.scalar_op), x.owner.inputs
        if kind is ps.Neg:
            x, negative = inputs[0], not negative
            continue
        factors = [number(v) for v in inputs] if kind is ps.Mul and len(inputs) == 2 else []
        sign = next((f for f in factors if f in (1, -1)), None)
        if sign is None:
            break
        x, negative = inputs[1 - factors.index(sign)], negative != (sign == -1)
    return x, negative


def _sigmoid(x: Any) -> Any:
    """Give what this is the sigmoid of, or None."""
    x, negative = _positive(x)
    inside = None if negative else inputs_of(x, Sigmoid)
    return None if inside is None else inside[0]


def _product(factors: Sequence[Any], given: Given) -> _Row | None:
    of_data = [_constant(v) for v in factors if v in given]
    others = [v for v in factors if v not in given]
    if len(others) != 1:
        return None
    product = of_data[0]
    for factor in of_data[1:]:
        product = product * factor
    return _times(product, _row(others[0], given))


def _times(factor: Any, row: _Row | None) -> _Row | None:
    if row is None:
        return None
    constant, successes, trials = (
        _scaled(factor, x) for x in (row.constant, row.successes, row.trials)
    )
    return _Row(constant, successes, trials, row.eta)


def _scaled(factor: Any, x: Any) -> Any:
    """Multiply, where a plain number stays one and nothing is made of 0."""
    return 0 if number(x) == 0 else factor * x


def _added(rows: Sequence[_Row | None]) -> _Row | None:
    total = _Row()
    for row in rows:
        if row is None or (None not in (total.eta, row.eta) and total.eta is not row.eta):
            return None
        total = _Row(
            *(_plus(total.constant, row.constant), _plus(total.successes, row.successes)),
            *(_plus(total.trials, row.trials), row.eta if total.eta is None else total.eta),
        )
    return total


def _plus(a: Any, b: Any) -> Any:
    return b if number(a) == 0 else a if number(b) == 0 else a + b


def _chosen(inputs: Sequence[Any], given: Given) -> _Row | None:
    """State a choice that the data make between two rows."""
    condition, *branches = inputs
    if condition not in given:
        # 0 log 0 = 0: PyMC asks for it, and log p of a finite eta is never minus infinity.
        return _row(branches[1], given) if _asks_for_zero(condition, given) else None
    a, b = (_row(branch, given) for branch in branches)
    if a is None or b is None:
        return None
    constant = _either(condition, a.constant, b.constant)
    for row, other in ((a, b), (b, a)):
        if number(row.constant) == -np.inf:  # whatever else stands in the row
            return replace(other, constant=constant)
    if None not in (a.eta, b.eta) and a.eta is not b.eta:
        return None
    return _Row(
        *(constant, _either(condition, a.successes, b.successes)),
        *(_either(condition, a.trials, b.trials), b.eta if a.eta is None else a.eta),
    )


def _either(condition: Any, a: Any, b: Any) -> Any:
    if number(a) is not None and number(a) == number(b):
        return a
    return pt.switch(condition, a, b)


def _asks_for_zero(condition: Any, given: Given) -> bool:
    """Say whether it is that a logarithm is minus infinity, and something about the data."""
    asked = [v for v in inputs_of(condition, ps.AND) or () if v not in given]
    compared = inputs_of(asked[0], ps.EQ) if len(asked) == 1 else None
    return any(number(v) == -np.inf for v in compared or ())


#: How each function of elements is taken apart.
_RULES: dict[type, Any] = {
    Softplus: lambda inputs, _: _softplus(inputs[0]),
    ps.Log: _log,
    ps.Log1p: _log1p,
    ps.Neg: lambda inputs, given: _times(-1, _row(inputs[0], given)),
    ps.Mul: _product,
    ps.Add: _sum,
    ps.Sub: _difference,
    ps.Switch: _chosen,
}


def _constant(variable: Any) -> Any:
    """Give a variable, or the plain number that it holds."""
    value = number(variable)
    return variable if value is None else value


__all__ = ["with_logit_kernels"]
