"""Ordered answers on the logit scale, found in the graph that a model states.

PyMC makes a matrix of the probabilities of all answers and takes the logarithm of one a row, which
is a difference of two sigmoids; the kernel computes those two, and nothing cancels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.scalar as ps
import pytensor.tensor as pt
from pytensor.graph.basic import Constant
from pytensor.scalar.math import Sigmoid
from pytensor.tensor.basic import Alloc, Join
from pytensor.tensor.subtensor import Subtensor, indices_from_subtensor

from sbc.engines._answers import is_filled, of_answers, parts, picked
from sbc.engines._elements import inputs_of
from sbc.engines._given import Given
from sbc.plugins.likelihoods import ordered_logit


def ordered(rows: Any, given: Given) -> Any:
    """Sum the log probabilities of ordered answers; None if these rows are something else.

    They are log(P[i, y_i]), with P the differences of neighbouring columns of 0, sigmoid(z) and 1,
    and z_ik = c_k - phi_i; minus infinity where the data are no answers. Instead of all
    probabilities, the order of the cutpoints is checked.
    """
    found = _found(rows, given)
    if found is None:
        return None
    answers, phi, cutpoints, wrong = found
    total = ordered_logit(answers, phi, cutpoints)
    fine = pt.all(cutpoints[1:] >= cutpoints[:-1]) & ~pt.any(wrong)
    return pt.switch(fine, total, -np.inf)


def _found(rows: Any, given: Given) -> tuple[Any, ...] | None:
    """Find the answers, phi, the cutpoints, and which rows hold no answer."""
    stated, wrong = of_answers(rows, given)
    log = inputs_of(stated, ps.Log)
    taken = None if log is None else picked(log[0], given)
    if taken is None:
        return None
    z = _latent(taken[0])
    found = None if z is None else parts(z)
    return None if found is None else (taken[1], *found, wrong)


def _latent(table: Any) -> Any:
    """Give z where the table is that of neighbours' differences of 0, sigmoid(z) and 1."""
    sides = inputs_of(table, ps.Sub)
    if sides is None or not all(v.owner and isinstance(v.owner.op, Subtensor) for v in sides):
        return None
    joined = sides[0].owner.inputs[0]
    if joined is not sides[1].owner.inputs[0] or joined.owner is None:
        return None
    if [_kept(v) for v in sides] != [(1, None), (None, -1)]:
        return None
    blocks: list[Any] = joined.owner.inputs if isinstance(joined.owner.op, Join) else []
    if len(blocks) != 3 or not (
        is_filled(_filled(blocks[0]), 0) and is_filled(_filled(blocks[2]), 1)
    ):
        return None
    inside = inputs_of(blocks[1], Sigmoid)
    return None if inside is None else inside[0]


def _kept(columns: Any) -> tuple[Any, ...]:
    """Say from where to where columns are taken, by constants."""
    kept = indices_from_subtensor(columns.owner.inputs[1:], columns.owner.op.idx_list)[-1]
    if not isinstance(kept, slice):
        return ()
    ends = (kept.start, kept.stop)
    return tuple(int(e.data) if isinstance(e, Constant) else e for e in ends)


def _filled(variable: Any) -> Any:
    """Give the number that an array is filled with."""
    filled = variable.owner is not None and isinstance(variable.owner.op, Alloc)
    return variable.owner.inputs[0] if filled else variable


__all__ = ["ordered"]
