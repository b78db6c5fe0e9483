"""Generator and model side by side, without a fit: one dataset's truth and data among the model's.

Each parameter that both name is ranked among draws of its prior given those of its parents that the
truth names, and each observed variable among draws of its likelihood at the truth. If both state
the same thing, all these ranks are uniform.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.distributions.shape_utils import change_dist_size
from pymc.logprob.basic import conditional_logp
from pytensor.graph.replace import graph_replace, vectorize_graph
from pytensor.graph.traversal import ancestors
from pytensor.tensor.random.op import RandomVariable
from pytensor.tensor.type_other import NoneTypeT

from sbc.engines import _model
from sbc.fitting.drawing import Drawing
from sbc.fitting.forward_plan import PRIOR, Plan, Target, is_copy
from sbc.plugins.data import Array, Data, Truth
from sbc.plugins.modes import CHEAP
from sbc.stats.exchangeable import DENSITY, statistics

#: Draws among which a value is ranked: 128 equally likely bins, as in a fit.
DRAWS = 127
#: Elements beyond which the elements of a parameter are not ranked by themselves.
MOST_ELEMENTS = 100


@dataclass
class ModelDraws:
    """Draws what one model says of the parameters and data that a generator made.

    Parameters
    ----------
    model : pymc.Model
        With data; `sbc.engines._model.set_data` puts others into it.
    plan : Plan
        What is compared, and given what.

    Attributes
    ----------
    skipped : dict of str to str
        What could not be compared after all, and why.
    """

    model: pm.Model
    plan: Plan
    skipped: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._inputs = {v: v.type() for v in self.plan.inputs}
        self._shapes = [_model.shape_of(v) for v in self._inputs]
        self._targets: dict[Target, Drawing] = {}
        for target in self.plan.targets:
            try:
                pool, density = _pool(self.model, target, self._inputs)
                self._targets[target] = self._drawing(
                    [pool] if density is None else [pool, density]
                )
            except (NotImplementedError, TypeError, ValueError) as problem:
                logging.getLogger("sbc").debug("%s cannot be drawn: %s", target.name, problem)
                self.skipped[target.name] = f"PyMC cannot draw it {DRAWS} times at once"
        computed = [_restated(v, self._inputs) for v in self.plan.derived]
        self._derived = self._drawing([_model.as_tensor(v) for v in computed])

    def _drawing(self, outputs: list[Any]) -> Drawing:
        """Compile by itself, so that what cannot be drawn of one dataset costs that alone."""
        return Drawing(self._inputs.values(), outputs, CHEAP)

    def ranked(self, truth: Truth, data: Data, rng: np.random.Generator) -> Ranked:
        """Compute what is ranked of one dataset.

        Parameters
        ----------
        truth : dict
            By name; it names at least what the plan's inputs are.
        data : dict of str to ndarray
            As the estimator selects them.
        rng : numpy.random.Generator
            Of the model's draws.
        """
        _model.set_data(self.model, data)
        given = [
            np.asarray(truth[str(v.name)], dtype=v.type.dtype).reshape(shape)
            for v, shape in zip(self._inputs, self._shapes, strict=True)
        ]
        found = Ranked()
        for target, drawing in self._targets.items():
            try:
                with np.errstate(all="ignore"):
                    drawn = drawing.draw(rng, *given)
            except Exception as problem:
                found.failed[target] = f"{type(problem).__name__}: {problem}".partition("\n")[0]
                continue
            self._take(found, target, drawn, rng)
        with np.errstate(all="ignore"):
            computed = self._derived.draw(rng, *given)
        for v, value in zip(self.plan.derived, computed, strict=True):
            told = np.reshape(truth[str(v.name)], np.shape(value))
            if not np.allclose(value, told, rtol=1e-6, atol=1e-9, equal_nan=True):
                found.differing.append(str(v.name))
        return found

    def _take(
        self, found: Ranked, target: Target, drawn: list[Array], rng: np.random.Generator
    ) -> None:
        pool = np.asarray(drawn[0], dtype=float).reshape(DRAWS + 1, -1)
        if not pool.shape[1]:
            return
        ranked = statistics(pool, rng if target.lagged else None)
        if len(drawn) > 1:
            density = np.asarray(drawn[1], dtype=float)
            if density[0] == -np.inf and np.isfinite(density[1:]).all():
                found.impossible.append(target)
            if pool.shape[1] > 1:
                ranked[DENSITY] = density
        if target.kind == PRIOR and 1 < pool.shape[1] <= MOST_ELEMENTS:
            ranked |= {f"[{i}]": pool[:, i] for i in range(pool.shape[1])}
        found.pools[target] = ranked


@dataclass
class Ranked:
    """What is ranked of one dataset.

    Attributes
    ----------
    pools : dict
        Of each target, by name of the statistic, its value for the dataset followed by those for
        the draws. ``[i]`` is element i of a parameter.
    differing : list of str
        Parameters that the model computes from the truth, to other values than the truth's.
    impossible : list of Target
        What has the density 0 at the dataset's value, and more at every draw.
    failed : dict
        Targets that could not be drawn given this truth, and why.
    """

    pools: dict[Target, dict[str, Array]] = field(default_factory=dict)
    differing: list[str] = field(default_factory=list)
    impossible: list[Target] = field(default_factory=list)
    failed: dict[Target, str] = field(default_factory=dict)


def _pool(model: pm.Model, target: Target, inputs: dict[Any, Any]) -> tuple[Any, Any]:
    """State the value followed by draws of it, and the log density of each of them."""
    fixed = _held(model, target, inputs)
    stand_ins = {v: v.type() for v in target.free}
    many: dict[Any, Any] = {}
    for v in target.free:  # parents first
        many[stand_ins[v]] = _many(_restated(v, fixed | stand_ins), many)
    variable = _restated(target.variable, fixed | stand_ins)
    drawn = _model.as_tensor(_many(variable, many))
    of = inputs if target.kind == PRIOR else model.rvs_to_values
    value = _model.as_tensor(of[target.variable])
    pool = pt.concatenate([value.astype(drawn.dtype)[None], drawn])
    if target.free or target.lagged or not target.has_density:
        return pool, None
    return pool, _density(variable, pool)


def _density(variable: Any, pool: Any) -> Any:
    """State the log density of every value in a pool, shape (DRAWS + 1,); None if PyMC cannot."""
    try:
        many = change_dist_size(variable, (DRAWS + 1,), expand=True)
        values = pool.type()
        terms = conditional_logp({many: values})[values]
    except (NotImplementedError, TypeError, ValueError):
        # Of some, as LKJCholeskyCov, PyMC has the density of one value only.
        try:
            value = pool[0].type()
            one = conditional_logp({variable: value})[value]
            return vectorize_graph(one.sum(), {value: pool})
        except (NotImplementedError, TypeError, ValueError):
            return None
    stated = graph_replace(_model.as_tensor(terms), {values: pool}, strict=False)
    return stated.reshape((DRAWS + 1, -1)).sum(axis=1)


def _held(model: pm.Model, target: Target, inputs: dict[Any, Any]) -> dict[Any, Any]:
    """Give what stands for the variables that are held while the target is drawn."""
    fixed = {v: inputs[v] for v in target.given}
    for other in model.observed_RVs:
        if other is not target.variable:  # a likelihood that reads other data reads those observed
            fixed[other] = model.rvs_to_values[other]
    for v in target.given:
        # The user's code may read the expression that the Deterministic is a copy of.
        if v in model.deterministics and is_copy(v) and v.owner.inputs[0] not in model.free_RVs:
            fixed[v.owner.inputs[0]] = inputs[v]
    return fixed


def _restated(variable: Any, fixed: dict[Any, Any]) -> Any:
    """State a variable anew, with what it reads replaced, but not the variable itself."""
    others = {old: new for old, new in fixed.items() if old is not variable}
    if is_copy(variable):
        others.pop(variable.owner.inputs[0], None)
    node = variable.owner
    made = node.clone_with_new_inputs(graph_replace(list(node.inputs), others, strict=False))
    return made.outputs[node.outputs.index(variable)]


def _unsized(variable: Any) -> Any:
    """State a scalar distribution's size by its parameters, which can then differ by draw."""
    node = variable.owner
    if not isinstance(node.op, RandomVariable) or any(node.op.ndims_params) or node.op.ndim_supp:
        return variable
    rng, size, *parameters = node.inputs
    if isinstance(size.type, NoneTypeT):
        return variable
    lengths = tuple(size[i] for i in range(variable.type.ndim))
    wide = [pt.broadcast_to(parameter, lengths) for parameter in parameters]
    return node.op.make_node(rng, None, *wide).outputs[1]


def _many(variable: Any, many: dict[Any, Any]) -> Any:
    """Draw a variable many times, each time with one of the draws of what it depends on."""
    read = set(ancestors([variable]))
    follows = {one: drawn for one, drawn in many.items() if one in read}
    if follows:
        return vectorize_graph(_unsized(variable), follows)
    return change_dist_size(variable, (DRAWS,), expand=True)
