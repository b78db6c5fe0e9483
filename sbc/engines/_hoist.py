"""What depends on the data alone is computed once a dataset, not at every step of the sampler.

The constant of a Poisson or binomial likelihood, log y!, takes as long a row as all the rest of its
density; distances between the points of a Gaussian process are as constant. The compiled density
reads such terms from arrays of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pymc as pm
from pymc.pytensorf import compile
from pytensor.graph.basic import Constant, Variable
from pytensor.graph.replace import graph_replace
from pytensor.graph.rewriting.utils import rewrite_graph
from pytensor.graph.traversal import toposort
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.reshape import JoinDims, SplitDims
from pytensor.tensor.shape import Reshape, Shape, Shape_i, SpecifyShape
from pytensor.tensor.sharedvar import TensorSharedVariable
from pytensor.tensor.subtensor import Subtensor

from sbc.engines._given import Given
from sbc.engines._logit import with_logit_kernels
from sbc.plugins.categorical import CategoricalLikelihood
from sbc.plugins.likelihoods import LogitLikelihood
from sbc.plugins.modes import CHEAP
from sbc.plugins.probit import IntervalLikelihood

#: Another look at the same numbers, or their number: as fast as reading them.
_VIEWS = (DimShuffle, Reshape, Shape, Shape_i, SpecifyShape, Subtensor, JoinDims, SplitDims)
#: Arithmetic of a clock tick or less.
_PLAIN = {
    *("Cast", "Identity", "Switch", "Add", "Sub", "Mul", "Neg", "Sqr", "Abs", "Second"),
    *("EQ", "NEQ", "LT", "LE", "GT", "GE", "AND", "OR", "XOR", "Invert"),
}
#: Likelihoods of whole arrays.
_KERNELS = (LogitLikelihood, CategoricalLikelihood, IntervalLikelihood)
#: What the name of such an array begins with; none of the user's can.
_NAME = "constant given the data "


class Hoisted:
    """A model whose density, and quantities, read what depends on the data alone.

    It stands for the model where nutpie's functions are made.

    Parameters
    ----------
    model : pymc.Model
        As `sbc.engines._model.build` states it.
    wanted : sequence of str
        The quantities that are to be computed at each draw.
    """

    def __init__(self, model: pm.Model, wanted: Sequence[str]) -> None:
        self._model = model
        values = list(model.unobserved_value_vars)
        chosen = [v for v in values if v.name in wanted]
        stable = rewrite_graph([model.logp(), *chosen], include=("canonicalize", "stabilize"))
        logp, *replaced = self._replace(with_logit_kernels(stable))
        self._logp = logp
        known: dict[Any, Any] = {}
        for old, new in zip(chosen, replaced, strict=True):
            # Quantities that are equal have become one variable, and each needs its own name.
            mine = new is old or (new.owner is not None and new not in known.values())
            known[old] = new if mine else new.copy()
            known[old].name = old.name
        self._values = [known.get(v, v) for v in values]

    def _replace(self, outputs: list[Any]) -> list[Any]:
        terms = constant_terms(outputs)
        self.terms = tuple(terms)
        self._compute = compile([], terms, mode=CHEAP) if terms else list
        found = [np.asarray(value) for value in self._compute()]
        arrays = [
            TensorSharedVariable(term.type, value, strict=True, name=f"{_NAME}{i}")
            for i, (term, value) in enumerate(zip(terms, found, strict=True))
        ]
        self.names = tuple(array.name for array in arrays)
        return graph_replace(outputs, dict(zip(terms, arrays, strict=True)), strict=False)

    def arrays(self) -> dict[str, np.ndarray]:
        """Compute the terms given the data that the model holds now."""
        return dict(zip(self.names, map(np.asarray, self._compute()), strict=True))

    def logp(self) -> Any:
        """Give the log density, Jacobians included."""
        return self._logp

    @property
    def unobserved_value_vars(self) -> list[Any]:
        """What can be asked for at a draw."""
        return self._values

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def __enter__(self) -> Any:
        return self._model.__enter__()

    def __exit__(self, *problem: Any) -> Any:
        return self._model.__exit__(*problem)


def constant_terms(outputs: Sequence[Variable]) -> list[Variable]:
    """List the largest terms that depend on data alone and take any arithmetic."""
    given = Given(outputs)
    worth: dict[Variable, bool] = {}  # of what the data decide: whether there is arithmetic in it
    for node in toposort(outputs):
        known = [v for v in node.inputs if not isinstance(v, Constant)]
        if all(v in given for v in node.outputs):
            # What depends on no data either is folded into a constant by PyTensor.
            some = any(worth.get(v, False) for v in known) or (bool(known) and not _is_cheap(node))
            worth |= dict.fromkeys(node.outputs, some)
    within, made = set(), set()
    for node in toposort(outputs):
        if not all(v in worth for v in node.outputs):
            within |= set(node.inputs)
            if isinstance(node.op, _KERNELS):  # which read arrays
                made |= {v for v in node.inputs if v in worth}
    return [v for v, some in worth.items() if v in made or (some and (v in within or v in outputs))]


def _is_cheap(node: Any) -> bool:
    """Say whether the compiler's own code for this is as fast as reading its result."""
    plain = isinstance(node.op, Elemwise) and type(node.op.scalar_op).__name__ in _PLAIN
    return plain or isinstance(node.op, _VIEWS)


__all__ = ["Hoisted", "constant_terms"]
