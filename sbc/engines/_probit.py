"""Ordered answers on the probit scale, found in the graph that a model states.

PyMC computes the probabilities of all answers, by several formulas each, and takes one a row; the
kernel of `sbc.plugins.probit` computes that one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.scalar as ps
import pytensor.tensor as pt
from pytensor.graph.basic import equal_computations
from pytensor.graph.replace import graph_replace
from pytensor.graph.rewriting.utils import rewrite_graph
from pytensor.tensor.basic import Join
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.subtensor import Subtensor

from sbc.engines._answers import of_answers, parts, picked
from sbc.engines._elements import inputs_of
from sbc.engines._given import Given
from sbc.plugins.probit import ordered_probit


def probit(rows: Any, given: Given) -> Any:
    """Sum the log probabilities of ordered answers; None if these rows are something else.

    They are log(P[i, y_i]), with P what ``pm.OrderedProbit`` states of z_ik = phi_i - c_k and a
    standard deviation of one. Instead of all probabilities, the order of the cutpoints is checked.
    """
    stated, wrong = of_answers(rows, given)
    log = inputs_of(stated, ps.Log)
    taken = None if log is None else picked(log[0], given)
    if taken is None:
        return None
    table, answers = taken
    z = _latent(table)
    found = parts(z) if z is not None and _is_probit(table, z) else None
    if found is None:
        return None
    phi, cutpoints = (-part for part in found)
    fine = pt.all(cutpoints[1:] >= cutpoints[:-1]) & ~pt.any(wrong)
    return pt.switch(fine, ordered_probit(answers, phi, cutpoints), -np.inf)


def _latent(table: Any) -> Any:
    """Give the matrix of whose first column the first block of exp(joined blocks) is made."""
    inside = inputs_of(table, ps.Exp)
    if inside is None or inside[0].owner is None or not isinstance(inside[0].owner.op, Join):
        return None
    variable = inside[0].owner.inputs[0]
    while variable.owner is not None and isinstance(variable.owner.op, Elemwise | DimShuffle):
        variable = variable.owner.inputs[0]
    if variable.owner is None or not isinstance(variable.owner.op, Subtensor):
        return None
    z = variable.owner.inputs[0]
    return z if z.type.ndim == 2 else None


def _is_probit(table: Any, z: Any) -> bool:
    """Say whether a table is, node by node, what PyMC makes of z."""
    rows, columns = z.type.shape
    eta, cutpoints = (pt.vector(dtype=z.type.dtype, shape=(n,)) for n in (rows, columns))
    stated = pm.OrderedProbit.compute_p(eta, cutpoints, 1)
    theirs = rewrite_graph(stated, include=("canonicalize", "stabilize"))
    own = _latent(theirs)
    if own is None or own.type != z.type:
        return False
    same = z.type()
    ours, wanted = (
        graph_replace([whole], {part: same}) for whole, part in ((table, z), (theirs, own))
    )
    return equal_computations(ours, wanted)


__all__ = ["probit"]
