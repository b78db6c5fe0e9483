"""A model whose arrays are constants: take them out, so that it is compiled once for many datasets.

An ordinary function is called with the arrays of each dataset and gives a graph that holds them,
as they stand or after whatever NumPy did to them. Two such graphs that differ in these arrays
alone share machine code, the arrays being handed over; where anything else differs (a number, the
shape of a parameter, the structure) they do not. What is data is known by the identity of the
variables in the graph: that two arrays hold equal numbers says nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pymc as pm
import pytensor
from pytensor.graph.basic import Variable
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors, toposort
from pytensor.tensor.random.type import RandomType
from pytensor.xtensor.basic import xtensor_from_tensor
from pytensor.xtensor.type import XTensorType

from sbc.plugins import graph, outcomes

Array = np.ndarray


@dataclass
class Template:
    """A model, the variables of its graph that hold data, and what tells it from others.

    Attributes
    ----------
    model : pymc.Model
        As the user's function states it.
    lifted : bool
        Whether arrays are taken out: not where the model brings its own, which never change.
    replaced : bool
        Whether each observed variable's value is data of its own, whatever the model takes it from.
    varying : frozenset of int
        Which of `leaves` differ between two datasets.
    leaves : list of Array or None
        The value of every number and array in the graph; None where it says how long something is.
    data : list of Variable
        Constants and shared variables that are handed over, in the order of the graph.
    key : str
        Equal for models that differ in their data alone.
    told : str
        What the key is a digest of.
    """

    model: pm.Model
    lifted: bool = True
    replaced: bool = False
    varying: frozenset[int] = frozenset()
    leaves: list[Array | None] = field(default_factory=list)
    data: list[Variable] = field(default_factory=list)
    key: str = ""
    told: str = ""

    def __post_init__(self) -> None:
        model = self.model
        frozen = graph.sizes(model.free_RVs)
        self._sizes = graph.sizes(model.observed_RVs) - frozen
        self._outcomes = outcomes.find(model) if self.replaced else {}
        places: dict[Variable, int] = {}
        words = [graph.declaration(model, rv) for rv in model.free_RVs]
        words += [f"{d.name} {d.type.ndim}" for d in (*model.deterministics, *model.potentials)]
        self._describe(self._outputs(), words, places, frozen)
        self._describe(graph.transformed(model), words, places, frozen, only_told=True)
        for rv in model.observed_RVs:
            value = model.rvs_to_values[rv]
            told = graph.pattern(value) if self.replaced else self._word(value, places, False, True)
            words.append(f"{rv.name} {rv.type.dtype} {rv.type.ndim} {told}")
        self.told = "\n".join(words)
        self.key = hashlib.blake2b(self.told.encode(), digest_size=16).hexdigest()

    def _describe(
        self,
        outputs: list[Variable],
        words: list[str],
        places: dict[Variable, int],
        frozen: set[Variable],
        only_told: bool = False,
    ) -> None:
        """Put a graph into words, node by node, and take its data out."""
        for node in toposort(outputs):
            if node.outputs[0] in places:
                continue
            words.append(graph.operation(node))
            for i, variable in enumerate(node.inputs):
                static = only_told or variable in frozen or graph.is_shape(node, i)
                words.append(self._word(variable, places, static))
            places.update({out: len(places) + i for i, out in enumerate(node.outputs)})

    def _word(
        self, variable: Variable, places: dict[Variable, int], static: bool, observed: bool = False
    ) -> str:
        """Describe one input of the graph, and take it out if it is data."""
        if variable in places:
            return f"#{places[variable]}"
        if isinstance(variable.type, RandomType):
            return "rng"
        if variable in self._outcomes:
            return f"outcome {self._outcomes[variable].name} {graph.pattern(variable)}"
        value = graph.value_of(variable)
        if value is None:
            return f"{variable.name} {variable.type}"
        is_length = static or variable in self._sizes
        self.leaves.append(None if is_length and not observed else value)
        varies = value.size > 1 or len(self.leaves) - 1 in self.varying
        taken = observed or (varies and not static)
        if self.lifted and (taken or variable in self._sizes):
            if variable not in self.data:
                self.data.append(variable)
            return f"data {self.data.index(variable)} {value.dtype} {graph.pattern(variable)}"
        same = self.data.index(variable) if variable in self.data else ""
        return f"{value.dtype}{value.shape}{graph.digest(value)}{same}"

    def arrays(self) -> dict[str, Array]:
        """Give the data, by the names that `stated` gives them: ``c0`` and so on, and outcomes'."""
        found = {
            f"c{i}": np.asarray(graph.value_of(variable)) for i, variable in enumerate(self.data)
        }
        if self.replaced:
            found |= {outcome_name(rv.name): self.observed(rv) for rv in self.model.observed_RVs}
        return found

    def observed(self, rv: Variable) -> Array:
        """Give what the model itself observes of a variable, as its likelihood takes it."""
        value = self.model.rvs_to_values[rv]
        held = graph.value_of(value)
        if held is None:
            held = value.eval(mode="FAST_COMPILE")
        return np.asarray(held).astype(rv.type.dtype)

    def places(self) -> dict[str, str]:
        """Name the arrays that are an observed variable's data as they stand, and the variable."""
        if self.replaced:
            return {outcome_name(rv.name): rv.name for rv in self.model.observed_RVs}
        values = {rv.name: self.model.rvs_to_values[rv] for rv in self.model.observed_RVs}
        return {f"c{self.data.index(v)}": n for n, v in values.items() if v in self.data}

    def parts(self) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
        """Tell priors, Potentials and likelihoods apart by all that they are made of."""
        model = self.model
        kinds = (model.free_RVs, model.potentials, model.observed_RVs)
        return tuple({v.name: graph.made_of(v) for v in kind} for kind in kinds)  # type: ignore[return-value]

    def stated(self, data_name: Callable[[str], str]) -> pm.Model:
        """State the model anew, with a shared variable for each array, named by `data_name`."""
        old = self.model
        shared = {
            v: _share(graph.value_of(v), data_name(f"c{i}"), v, v in self._sizes)
            for i, v in enumerate(self.data)
        }
        slots: dict[Variable, Variable] = {}
        if self.replaced:
            slots = {
                rv: _share(self.observed(rv), data_name(outcome_name(rv.name)), rv)
                for rv in old.observed_RVs
            }
        inner = {v: _as_type(s, v) for v, s in shared.items()}
        inner |= {v: _as_type(slots[rv], v) for v, rv in self._outcomes.items()}
        outputs = self._outputs()
        inner |= {
            # Random streams of its own, or two threads would share one.
            v: pytensor.shared(np.random.default_rng(), name=v.name)
            for v in ancestors(outputs)
            if isinstance(v.type, RandomType) and v.owner is None
        }
        new = dict(zip(outputs, clone_replace(outputs, inner, rebuild_strict=False), strict=True))
        with pm.Model(model=None) as model:
            for variable in (*shared.values(), *slots.values()):
                model.register_data_var(variable)
            for was in old.basic_RVs:
                value = None
                if was in old.observed_RVs:
                    kept = old.rvs_to_values[was]
                    value = (
                        _as_type(slots[was], was) if slots else inner.get(kept, new.get(kept, kept))
                    )
                _register(model, old, was, new[was], value)
            for kind in ("potentials", "deterministics"):
                for was in getattr(old, kind):
                    new[was].name = was.name
                    getattr(model, kind).append(new[was])
                    model.add_named_variable(new[was])
        return model

    def _outputs(self) -> list[Variable]:
        model = self.model
        named = [*model.basic_RVs, *model.potentials, *model.deterministics]
        if self.replaced:
            return named
        values = [model.rvs_to_values[rv] for rv in model.observed_RVs]
        return [*named, *(v for v in values if v.owner)]


def outcome_name(observed: str) -> str:
    """Name the array of an observed variable's value where that is data of its own."""
    return f"value of {observed}"


def _register(
    model: pm.Model, old: pm.Model, was: Variable, rv: Variable, value: Variable | None
) -> None:
    """Take a random variable into a model as it stood in another, with another value."""
    rv.name = was.name
    if value is not None:
        model.observed_RVs.append(rv)
        model.create_value_var(rv, transform=None, default_transform=None, value_var=value)
    else:
        model.free_RVs.append(rv)
        transform = old.rvs_to_transforms[was]
        model.create_value_var(rv, transform=transform, default_transform=None)
        model.set_initval(rv, old.rvs_to_initial_values[was])
    model.add_named_variable(rv)


def _share(value: Any, name: str, like: Variable, as_long: bool = False) -> Any:
    """Make a shared tensor of a value; of its shape, only where it is 1 is known for good."""
    shape = like.type.shape if as_long else tuple(1 if n == 1 else None for n in value.shape)
    return pytensor.shared(np.array(value), name=name, shape=shape)


def _as_type(tensor: Variable, like: Variable) -> Variable:
    """Give a tensor the named dimensions of a variable that has some."""
    if not isinstance(like.type, XTensorType):
        return tensor
    named = xtensor_from_tensor(tensor, dims=like.type.dims)
    named.name = tensor.name
    return named


def fingerprint(key: str, *arrays: Array) -> str:
    """Tell a model apart by arrays too."""
    return key + "".join(graph.digest(np.asarray(array)) for array in arrays)


def identity(model: pm.Model) -> str:
    """Tell a model from others, data and all, the same in every process.

    What Python code, as that of a CustomDist, holds in closures is in no graph and is not seen.
    """
    told = re.sub(r" at 0x[0-9a-f]+", "", Template(model, lifted=False).told)
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


def varying(first: Template, second: Template) -> frozenset[int]:
    """Find the numbers and arrays in which two datasets' models differ: they are data."""
    if len(first.leaves) != len(second.leaves):
        return frozenset()
    pairs = zip(first.leaves, second.leaves, strict=True)
    return frozenset(
        i
        for i, (a, b) in enumerate(pairs)
        if a is not None
        and b is not None
        and a.ndim == b.ndim
        and graph.digest(a) != graph.digest(b)
    )
