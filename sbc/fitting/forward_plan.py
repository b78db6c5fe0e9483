"""What of a generator and a model can be compared without a fit, and given what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pymc as pm
from pytensor.graph.traversal import ancestors
from pytensor.scalar.basic import Identity
from pytensor.tensor.elemwise import Elemwise

from sbc.engines import _model
from sbc.fitting.prior import unmet
from sbc.fitting.suitable import is_improper, undrawable
from sbc.plugins import outcomes
from sbc.plugins.data import Truth, is_density

PRIOR, LIKELIHOOD = "prior", "likelihood"


@dataclass(frozen=True, eq=False)
class Target:
    """One variable whose values are ranked among the model's draws.

    Attributes
    ----------
    kind : str
        `PRIOR` or `LIKELIHOOD`.
    variable : TensorVariable
        Of the model.
    given : tuple of TensorVariable
        What is held at the truth while it is drawn.
    free : tuple of TensorVariable
        What it depends on that no truth names, parents first: drawn with it.
    has_density : bool
        Whether it is a random variable, not computed from others.
    lagged : bool
        Whether it is drawn given its own values before: what is one draw is then row by row.
    """

    kind: str
    variable: Any
    given: tuple[Any, ...]
    free: tuple[Any, ...] = ()
    has_density: bool = True
    lagged: bool = False

    @property
    def name(self) -> str:
        """As the model has it."""
        return str(self.variable.name)

    @property
    def what(self) -> tuple[str, str]:
        """Its kind and its name."""
        return (self.kind, self.name)


@dataclass
class Plan:
    """What is compared of one model and the truths of one generator.

    Attributes
    ----------
    targets : list of Target
        Parameters in the model's order, so that the first wrong level comes first, then data.
    derived : list of TensorVariable
        What the model computes from the truth alone, and the truth names as well.
    inputs : list of TensorVariable
        Variables of the model whose values are taken from the truth.
    skipped : dict of str to str
        What is not compared, and why.
    only_in_truth, only_in_model : list of str
        Parameters that one of the two does not name.
    """

    targets: list[Target] = field(default_factory=list)
    derived: list[Any] = field(default_factory=list)
    inputs: list[Any] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    only_in_truth: list[str] = field(default_factory=list)
    only_in_model: list[str] = field(default_factory=list)


def plan_of(model: pm.Model, truth: Truth, likelihood_only: bool = False) -> Plan:
    """Find what can be compared.

    Parameters
    ----------
    model : pymc.Model
        With the data of one dataset.
    truth : dict
        Of the same dataset.
    likelihood_only : bool
        Whether truths are drawn from this very model, so that its priors need no comparison.
    """
    plan = Plan()
    named = _named(model, truth, plan)
    graph = _Graph(model, named)
    if not likelihood_only:
        _add_priors(model, named, graph, plan)
    for rv in model.observed_RVs:
        _add_likelihood(model, rv, graph, plan)
    used = [v for t in plan.targets for v in t.given]
    used += [t.variable for t in plan.targets if t.kind == PRIOR]
    used += [v for d in plan.derived for v in (d, *graph.fixed([d], named))]
    plan.inputs = [v for v in named.values() if v in set(used)]
    return plan


def _named(model: pm.Model, truth: Truth, plan: Plan) -> dict[str, Any]:
    """Find the variables that the truth names, and say which of the two names what alone."""
    known = [*model.free_RVs, *(d for d in model.deterministics if not is_density(d.name))]
    named = {}
    for v in known:
        if v.name not in truth:
            continue
        shape, there = _model.shape_of(v), np.shape(truth[v.name])
        if _plain(shape) == _plain(there):
            named[v.name] = v
        else:
            plan.skipped[v.name] = f"its shape is {shape} in the model and {there} in the truth"
    names = {v.name for v in known}
    plan.only_in_truth = [n for n in truth if n not in names]
    plan.only_in_model = [v.name for v in model.free_RVs if v.name not in truth]
    return named


def _plain(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Leave out axes of length 1: a number and an array of one number are the same truth."""
    return tuple(n for n in shape if n != 1)


class _Graph:
    """Says what a variable depends on, up to variables that are held fixed."""

    def __init__(self, model: pm.Model, named: Mapping[str, Any]) -> None:
        self._free = list(model.free_RVs)
        self.named = dict(named)
        known = set(named.values())
        self.complete = {
            name: v
            for name, v in named.items()
            if all(rv in known for rv in self._free if rv in set(ancestors([v])))
        }

    def fixed(self, variables: Iterable[Any], held: Mapping[str, Any]) -> list[Any]:
        """List what is held of what these variables read."""
        read = self._read(variables, held)
        return [v for v in held.values() if v in read]

    def drawn(self, variables: Iterable[Any], held: Mapping[str, Any]) -> list[Any]:
        """List the free variables that they depend on and that are not held, parents first."""
        read = self._read(variables, held)
        return [rv for rv in self._free if rv in read and rv not in set(held.values())]

    def _read(self, variables: Iterable[Any], held: Mapping[str, Any]) -> set[Any]:
        variables = list(variables)
        inputs = [i for v in variables if v.owner is not None for i in v.owner.inputs]
        blocked = [v for v in held.values() if v not in variables]
        # Code may read the expression that a Deterministic is a copy of.
        copied = {v.owner.inputs[0]: v for v in blocked if is_copy(v)}
        own = {v.owner.inputs[0] for v in variables if is_copy(v)}
        copied = {e: v for e, v in copied.items() if e not in self._free and e not in own}
        found = set(ancestors(inputs, blockers=[*blocked, *copied]))
        return found | {v for e, v in copied.items() if e in found}


def is_copy(variable: Any) -> bool:
    """Say whether a variable is nothing but another by a new name, as a Deterministic is."""
    op = variable.owner.op if variable.owner is not None else None
    return isinstance(op, Elemwise) and isinstance(op.scalar_op, Identity)


def _add_priors(model: pm.Model, named: dict[str, Any], graph: _Graph, plan: Plan) -> None:
    if model.potentials:
        names = ", ".join(f"'{p.name}'" for p in model.potentials)
        told = f"the Potential {names} weighs the prior, of which forward draws know nothing"
        plan.skipped |= dict.fromkeys(named, told)
        return
    reading = dict(outcomes.priors(model))
    restricted = unmet(model)
    for name, v in named.items():
        others = {n: o for n, o in named.items() if o is not v}
        is_free = v in model.free_RVs
        given, free = others, graph.drawn([v], others)
        if free:  # what was made from these can no longer be held
            given = {n: o for n, o in graph.complete.items() if o is not v}
            free = graph.drawn([v], given)
        concerned = [v, *free] if is_free else free
        if not is_free and not free:
            plan.derived.append(v)
        elif why := _not_forward(concerned, restricted, reading):
            plan.skipped[name] = why
        else:
            held = tuple(graph.fixed([v, *free], given))
            plan.targets.append(Target(PRIOR, v, held, tuple(free), has_density=is_free))


def _not_forward(rvs: list[Any], restricted: set[str], reading: dict[str, str]) -> str:
    """Say why forward draws of variables are not what the model's density says."""
    for rv in rvs:
        if is_improper(rv):
            return f"the prior of '{rv.name}' is improper"
        if rv.name in restricted:
            return f"a transform restricts '{rv.name}', of which forward draws know nothing"
        if rv.name in reading:
            return f"the prior of '{rv.name}' follows the outcome '{reading[rv.name]}'"
    if without := undrawable(rvs):
        return f"'{without[0].name}' has a density but no way to draw from it"
    return ""


def _add_likelihood(model: pm.Model, rv: Any, graph: _Graph, plan: Plan) -> None:
    missing = [v.name for v in graph.drawn([rv], graph.named)]
    weighed = _sharing(model, rv)
    if missing:
        told = ", ".join(f"'{name}'" for name in missing)
        plan.skipped[rv.name] = f"its likelihood depends on {told}, which the truth does not name"
    elif weighed:
        plan.skipped[rv.name] = f"the Potential '{weighed[0]}' may be part of its likelihood"
    elif undrawable([rv]):
        plan.skipped[rv.name] = "it has a density but no way to draw from it"
    else:
        held = tuple(graph.fixed([rv], graph.named))
        plan.targets.append(Target(LIKELIHOOD, rv, held, lagged=rv.name in outcomes.lagged(model)))


def _sharing(model: pm.Model, rv: Any) -> list[str]:
    """List Potentials of parameters that a likelihood reads, or of its outcome.

    One of parameters alone may be the constant of a likelihood that is stated in two parts, as
    that of a truncated one is: forward draws of the stated part are then not the model's.
    """
    free = set(model.free_RVs)
    own = {rv, *(v for v in ancestors([rv]) if v in free)}
    return [str(p.name) for p in model.potentials if own & set(ancestors([p]))]
