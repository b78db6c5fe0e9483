"""Which parts of a graph depend on the data alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant, Variable
from pytensor.graph.traversal import toposort
from pytensor.tensor.random.op import RandomVariable
from pytensor.tensor.type import TensorType


class Given:
    """The variables that constants and the data that the model holds decide.

    Parameters
    ----------
    outputs : sequence of TensorVariable
        The graph to look at; a variable that is not in it, `variable in given` follows by itself.
    """

    def __init__(self, outputs: Sequence[Variable]) -> None:
        self._known: dict[Variable, bool] = {}
        for node in toposort(outputs):
            self._look_at(node)

    def __contains__(self, variable: Variable) -> bool:
        if isinstance(variable, Constant):
            return True
        if isinstance(variable, SharedVariable):
            return isinstance(variable.type, TensorType)
        if variable not in self._known and variable.owner is not None:
            for node in toposort([variable]):
                self._look_at(node)
        return self._known.get(variable, False)

    def _look_at(self, node: Any) -> None:
        drawn = isinstance(node.op, RandomVariable)
        decided = not drawn and all(v in self for v in node.inputs)
        for v in node.outputs:
            self._known[v] = decided and isinstance(v.type, TensorType)


__all__ = ["Given"]
