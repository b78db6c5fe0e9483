"""Graphs of functions that are taken element by element, looked into."""

from __future__ import annotations

from typing import Any

import numpy as np
from pytensor.graph.basic import Constant
from pytensor.tensor.elemwise import Elemwise


def inputs_of(variable: Any, kind: type) -> list[Any] | None:
    """Give what a function of this kind is taken of, element by element; None if it is another."""
    node = variable.owner
    if node is None or not isinstance(node.op, Elemwise):
        return None
    return list(node.inputs) if type(node.op.scalar_op) is kind else None


def number(x: Any) -> float | None:
    """Give the one number that a constant holds, or None."""
    if isinstance(x, int | float):
        return float(x)
    if isinstance(x, Constant) and np.size(x.data) == 1:
        return float(np.asarray(x.data).item())
    return None


__all__ = ["inputs_of", "number"]
