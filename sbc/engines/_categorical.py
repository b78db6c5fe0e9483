"""Categorical answers by softmax, found in the graph that a model states.

PyMC makes a matrix of log probabilities, and one of probabilities to check them, and takes one of
each row; the kernel of `sbc.plugins.categorical` makes one pass.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.special import LogSoftmax

from sbc.engines._answers import of_answers, picked
from sbc.engines._given import Given
from sbc.plugins.categorical import categorical_likelihood


def categorical(rows: Any, given: Given) -> Any:
    """Sum log softmax(eta_i)[y_i]; None if these rows are something else.

    That probabilities which softmax gives lie between 0 and 1 and sum to 1 is not checked.
    """
    stated, wrong = of_answers(rows, given)
    found = picked(stated, given)
    if found is None:
        return None
    table, answers = found
    if table.owner is None or not isinstance(table.owner.op, LogSoftmax):
        return None
    if tuple(table.owner.op.axis) != (1,):
        return None
    total = categorical_likelihood(table.owner.inputs[0], answers)
    return pt.switch(pt.any(wrong), -np.inf, total)


__all__ = ["categorical"]
