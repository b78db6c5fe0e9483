"""Answers to questions with several, looked up in the graph that a model states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.scalar as ps
import pytensor.tensor as pt
from pymc.logprob.utils import CheckParameterValue
from pytensor.graph.basic import Constant
from pytensor.tensor.basic import ARange
from pytensor.tensor.elemwise import DimShuffle
from pytensor.tensor.subtensor import AdvancedSubtensor

from sbc.engines._elements import inputs_of
from sbc.engines._given import Given

#: What PyMC says that it checks of a categorical variable's probabilities.
_CHECKED = "0 <= p <=1, sum(p) = 1"


def of_answers(rows: Any, given: Given) -> tuple[Any, Any]:
    """Take off what PyMC checks: give log probabilities of answers, and which rows hold none."""
    if rows.owner is not None and isinstance(rows.owner.op, CheckParameterValue):
        rows = rows.owner.inputs[0] if rows.owner.op.msg == _CHECKED else rows
    inputs = inputs_of(rows, ps.Switch)
    if inputs is not None and inputs[0] in given and is_filled(inputs[1], -np.inf):
        return inputs[2], inputs[0]
    return rows, pt.constant(False)


def picked(variable: Any, given: Given) -> tuple[Any, Any] | None:
    """Take P[i, y_i] apart: P, and y, which the data give."""
    variable = _undressed(variable)
    if variable.owner is None or not isinstance(variable.owner.op, AdvancedSubtensor):
        return None
    table, *index = variable.owner.inputs
    if table.type.ndim != 2 or len(index) != 2 or not _counts(index[0]) or index[1] not in given:
        return None
    return table, index[1].ravel()


def parts(z: Any) -> tuple[Any, Any] | None:
    """Take z_ik = c_k - phi_i apart: phi and c."""
    terms = [(z, False)]
    phi: Any = 0
    cutpoints: Any = 0
    while terms:
        term, negative = terms.pop()
        added = inputs_of(term, ps.Add)
        taken = inputs_of(term, ps.Sub)
        if added is not None:
            terms += [(v, negative) for v in added]
        elif taken is not None:
            terms += [(taken[0], negative), (taken[1], not negative)]
        elif term.type.broadcastable[1]:
            phi = phi + (term[:, 0] if negative else -term[:, 0])
        elif term.type.broadcastable[0]:
            cutpoints = cutpoints + (-term[0] if negative else term[0])
        else:
            return None
    if any(isinstance(part, int) for part in (phi, cutpoints)):
        return None
    return phi, cutpoints


def is_filled(variable: Any, number: float) -> bool:
    """Say whether it is a constant that holds this number alone."""
    return isinstance(variable, Constant) and bool(np.all(np.asarray(variable.data) == number))


def _counts(variable: Any) -> bool:
    """Say whether it is 0, 1, 2, ..."""
    node = _undressed(variable).owner
    if node is None or not isinstance(node.op, ARange):
        return False
    start, _, step = node.inputs
    return is_filled(start, 0) and is_filled(step, 1)


def _undressed(variable: Any) -> Any:
    """Take off what only moves axes of length one."""
    while variable.owner is not None and isinstance(variable.owner.op, DimShuffle):
        variable = variable.owner.inputs[0]
    return variable


__all__ = ["is_filled", "of_answers", "parts", "picked"]
