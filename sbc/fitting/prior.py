"""Whether forward draws are draws from the density of a model's free variables, and if not, what.

PyMC's forward draws know nothing of transforms and Potentials, and the density that is sampled
knows both. Where something restricts the variables, forward draws are accepted or rejected, which
is exact; where something weighs them, or hardly one draw in a thousand is accepted, a long run of
NUTS on the prior density takes their place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pymc as pm
from pymc.distributions.transforms import ChainedTransform, Interval, Ordered, _default_transform
from pymc.pytensorf import compile
from pytensor.graph.replace import graph_replace

from sbc.engines import _model
from sbc.fitting.drawing import Drawing
from sbc.fitting.suitable import undrawable
from sbc.plugins.data import Data, OwnData, Truth
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.plugins.modes import CHEAP
from sbc.plugins.outcomes import read_by

Draw = Callable[[np.random.Generator], Truth]

#: So many forward draws are tried where a Potential may weigh them.
TRIED = 1000
#: Rejection is left where fewer than one draw in so many is accepted.
RAREST = 1000
#: So many accepted draws say that it is not.
ENOUGH = 20


@dataclass
class Law:
    """How truths are drawn from the density of a model's free variables.

    Attributes
    ----------
    by_sampling : bool
        Whether forward draws will not do.
    lines : list of str
        What a reader should know of it.
    """

    by_sampling: bool = False
    lines: list[str] = field(default_factory=list)
    _restriction: _Restriction | None = None

    def accepted(self, rng: np.random.Generator, draw: Draw) -> Truth:
        """Draw forward until a draw is accepted.

        Raises
        ------
        ValueError
            If none of many is.
        """
        if self._restriction is None:
            return draw(rng)
        for _ in range(100 * RAREST):
            values = draw(rng)
            if self._restriction.holds(values):
                return values
        raise ValueError("no draw from the prior satisfies the model's transforms and Potentials")


def law_of(model: pm.Model, draw: Draw) -> Law:
    """Find out how truths have to be drawn.

    Parameters
    ----------
    model : pymc.Model
        With its data.
    draw : callable
        A generator of random numbers to a forward draw of the free variables, by name.
    """
    lines = _lines(model)
    undrawn = undrawable(model.free_RVs)
    if undrawn:
        told = f"'{undrawn[0].name}' has a density but no way to draw from it: {_BY_NUTS}"
        return Law(by_sampling=True, lines=[*lines, told])
    watched = [rv for rv in model.free_RVs if _may_restrict(model, rv)]
    if not watched and not model.potentials:
        return Law(lines=lines)
    restriction = _Restriction(model, watched)
    rng = np.random.default_rng(0)
    accepted = tried = 0
    fewest = TRIED if model.potentials else 0
    try:
        while tried < fewest or (accepted < ENOUGH and tried < 2 * RAREST):
            accepted += restriction.holds(draw(rng))
            tried += 1
            if accepted >= ENOUGH and not model.potentials:
                break
    except Weighed as found:
        other = [line for line in lines if line not in str(found)]
        return Law(by_sampling=True, lines=[*other, f"{found}: {_BY_NUTS}"])
    if accepted * RAREST < tried:
        what = ", ".join(f"'{n}'" for n in restriction.names)
        told = f"fewer than one prior draw in {RAREST} meets {what}: {_BY_NUTS}"
        return Law(by_sampling=True, lines=[*lines, told])
    if accepted < tried:
        told = ", ".join(f"'{n}'" for n in restriction.names)
        lines.append(f"prior draws that do not meet {told} are rejected ({accepted} of {tried} do)")
    return Law(lines=lines, _restriction=restriction)


_BY_NUTS = "truths are drawn by NUTS from the prior's density"


class Weighed(Exception):  # noqa: N818 - it is no error
    """A Potential takes more than one finite value: it weighs the prior."""


class _Restriction:
    """Says whether a forward draw lies where the density is not zero."""

    def __init__(self, model: pm.Model, watched: list[Any], potentials: bool = True) -> None:
        self._inputs = {rv: rv.type() for rv in model.free_RVs}
        self._watched = [rv.name for rv in watched]
        weighing = list(model.potentials) if potentials else []
        self._potentials = [term.name for term in weighing]
        self.names = [*self._watched, *self._potentials]
        back = []
        for rv in watched:
            transform = model.rvs_to_transforms[rv]
            parameters = rv.owner.inputs
            back.append(transform.backward(transform.forward(rv, *parameters), *parameters))
        outputs = [*back, *(_model.as_tensor(term).sum() for term in weighing)]
        self._function = compile(
            list(self._inputs.values()),
            graph_replace(outputs, self._inputs, strict=False),
            mode=CHEAP,
            on_unused_input="ignore",
        )
        self._weights: dict[str, float] = {}

    def holds(self, values: Truth) -> bool:
        """Say it of one draw.

        Raises
        ------
        Weighed
            If a Potential is finite and not the number that it was before.
        """
        with np.errstate(all="ignore"):
            found = self._function(*(values[rv.name] for rv in self._inputs))
        for name, back in zip(self._watched, found, strict=False):
            if not np.allclose(back, values[name], rtol=1e-6, atol=1e-9):
                return False
        for name, weight in zip(self._potentials, found[len(self._watched) :], strict=True):
            if weight == -np.inf:
                return False
            if self._weights.setdefault(name, float(weight)) != float(weight):
                raise Weighed(f"the Potential '{name}' counts as part of the prior and weighs it")
        return True


def unmet(model: pm.Model) -> set[str]:
    """Name the free variables whose transform reaches less than their distribution does.

    Each of those whose transform somebody chose is tried on a hundred forward draws.
    """
    watched = [rv for rv in model.free_RVs if _may_restrict(model, rv)]
    if not watched:
        return set()
    bare = [_Restriction(model, [rv], potentials=False) for rv in watched]
    names = [rv.name for rv in model.free_RVs]
    drawing, rng = Drawing([], model.free_RVs, CHEAP), np.random.default_rng(0)
    found = set()
    for _ in range(100):
        values = dict(zip(names, drawing.draw(rng), strict=True))
        found |= {
            rv.name
            for rv, one in zip(watched, bare, strict=True)
            if rv.name not in found and not one.holds(values)
        }
    return found


def _may_restrict(model: pm.Model, rv: Any) -> bool:
    """Say whether a variable's transform might reach less than its distribution does."""
    transform = model.rvs_to_transforms[rv]
    if transform is None:
        return False
    if isinstance(transform, ChainedTransform | Interval | Ordered):
        return True
    return type(transform) is not type(_default_transform(rv.owner.op, rv))


def _lines(model: pm.Model) -> list[str]:
    """Say what a Potential or a restriction does to the priors as they are written."""
    lines = [
        f"the Potential '{term.name}' counts as part of the prior" for term in model.potentials
    ]
    for rv in model.free_RVs:
        if type(rv.owner.op).__name__ == "ICARRV" or _is_restricting(model, rv):
            parents = sorted(
                other.name for other in model.free_RVs if other in read_by(rv.owner.inputs)
            )
            if parents:
                lines.append(
                    f"the density of '{rv.name}' is not normalised given {', '.join(parents)}, so "
                    "that their prior is not the one that is written"
                )
    return lines


def _is_restricting(model: pm.Model, rv: Any) -> bool:
    """Say whether a transform that somebody chose stands where it may reach less."""
    transform = model.rvs_to_transforms[rv]
    if transform is None:
        return False
    if isinstance(transform, ChainedTransform | Ordered):
        return True
    return type(transform) is not type(_default_transform(rv.owner.op, rv))


def prior_data(estimator: Estimator, generator: Generator, data: Data) -> tuple[pm.Model, Data]:
    """Give the model without what it observes, and data that stand for it in an engine."""

    def state(_: Callable[[str], str]) -> pm.Model:
        model = _model.build(estimator, generator, data)
        return without_observed(model)

    return state(_model.data_name), OwnData({}, f"prior of {estimator.name}", state)


def without_observed(model: pm.Model) -> pm.Model:
    """Take the observed variables, and what is computed from them, out of a model."""
    observed = set(model.observed_RVs)
    gone = observed | {
        d
        for d in model.deterministics
        if read_by([d]) & (observed | {model.rvs_to_values[rv] for rv in observed})
    }
    for variable in gone:
        del model.named_vars[variable.name]
        model.named_vars_to_dims.pop(variable.name, None)
        if variable in observed:
            model.values_to_rvs.pop(model.rvs_to_values.pop(variable), None)
            model.rvs_to_transforms.pop(variable, None)
    for kind in ("observed_RVs", "deterministics"):
        kept = [v for v in getattr(model, kind) if v not in gone]
        getattr(model, kind).clear()
        getattr(model, kind).extend(kept)
    return model
