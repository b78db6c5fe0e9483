"""A model with an operation of its own, as a solver is, which fails far out."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.graph.op import Apply, Op

EDGE = 2.5


class Solver(Op):
    """The identity, in Python alone; it raises beyond the edge."""

    def make_node(self, x):
        """Take and give a number."""
        return Apply(self, [pt.as_tensor(x)], [pt.dscalar()])

    def perform(self, node, inputs, outputs):
        """Compute, or raise."""
        if inputs[0] > EDGE:
            raise ValueError("the solver failed")
        outputs[0][0] = np.asarray(inputs[0], dtype=float)

    def pullback(self, inputs, outputs, cotangents):
        """Give the gradient."""
        return [cotangents[0]]


def solved():
    """A mean that goes through the solver: its posterior reaches beyond the edge."""
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1.3)
        pm.Normal("y", Solver()(a), 6, observed=np.zeros(3))
    return model
