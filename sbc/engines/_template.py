"""A model whose arrays are constants: take them out, so that it is compiled once for many datasets.

An ordinary function is called with the arrays of each dataset and gives a graph that holds them,
as they stand or after whatever NumPy did to them. Two such graphs that differ in these arrays
alone share machine code, the arrays being handed over; where anything else differs (a number, the
shape of a parameter, the structure) they do not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pymc as pm
import pytensor
from pymc.distributions.custom import CustomDistRV
from pymc.distributions.distribution import SymbolicRandomVariable
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors, toposort
from pytensor.tensor.random.op import RandomVariable
from pytensor.tensor.random.type import RandomType
from pytensor.tensor.type import TensorType

Array = np.ndarray


@dataclass
class Template:
    """A model, the variables of its graph that hold data, and what tells it from others.

    Attributes
    ----------
    model : pymc.Model
        As the user's function states it.
    data : list
        Constants and shared variables that are handed over, in the order of the graph.
    numbers : list of Array or None
        The value of every number that stands alone; None where it says how long something is.
    key : str
        Equal for models that differ in their data alone.
    """

    model: pm.Model
    varying: frozenset[int] = frozenset()
    data: list[Variable] = field(default_factory=list)
    numbers: list[Array | None] = field(default_factory=list)
    key: str = ""

    def __post_init__(self) -> None:
        model = self.model
        frozen = _sizes(model.free_RVs)
        self._sizes = _sizes(model.observed_RVs) - frozen
        places: dict[Variable, int] = {}
        words = [f"{rv.name} {rv.type.shape} {_transform(model, rv)}" for rv in model.free_RVs]
        words += [f"{d.name} {d.type.ndim}" for d in (*model.deterministics, *model.potentials)]
        for node in toposort(_outputs(model)):
            words.append(_operation(node))
            for variable in node.inputs:
                is_size = variable in frozen
                words.append(self._word(variable, places, is_size))
            places.update({out: len(places) + i for i, out in enumerate(node.outputs)})
        for rv in model.observed_RVs:
            words.append(f"{rv.name} {self._word(model.rvs_to_values[rv], places, False, True)}")
        self.key = hashlib.blake2b("\n".join(words).encode(), digest_size=16).hexdigest()

    def _word(
        self, variable: Variable, places: dict[Variable, int], is_size: bool, observed: bool = False
    ) -> str:
        """Describe one input of the graph, and take it out if it is data."""
        if variable in places:
            return f"#{places[variable]}"
        if isinstance(variable.type, RandomType):
            return "rng"
        value = _value(variable)
        if value is None:
            return f"{variable.name} {variable.type}"
        alone = value.ndim == 0 or value.size < 2
        if alone and not observed:
            self.numbers.append(None if is_size or variable in self._sizes else value)
            taken = len(self.numbers) - 1 in self.varying
        else:
            taken = not is_size
        if taken or variable in self._sizes:
            if variable not in self.data:
                self.data.append(variable)
            return f"data {self.data.index(variable)} {value.dtype} {_pattern(variable, value)}"
        same = self.data.index(variable) if variable in self.data else ""
        return f"{value.dtype}{value.shape}{_digest(value)}{same}"

    def arrays(self) -> dict[str, Array]:
        """Give the data, by the names that `stated` gives them."""
        return {f"c{i}": np.asarray(_value(variable)) for i, variable in enumerate(self.data)}

    def place(self, rv: Variable) -> str:
        """Name the array that is an observed variable's data."""
        return f"c{self.data.index(self.model.rvs_to_values[rv])}"

    def stated(self, data_name: Any) -> pm.Model:
        """State the model anew, with a shared variable for each array, named by `data_name`."""
        old = self.model
        shared = {
            variable: pytensor.shared(
                np.array(value),
                name=data_name(name),
                shape=variable.type.shape
                if variable in self._sizes
                else tuple(1 if n == 1 else None for n in value.shape),
            )
            for variable, (name, value) in zip(self.data, self.arrays().items(), strict=True)
        }
        values = {rv: old.rvs_to_values[rv] for rv in old.observed_RVs}
        named = [*old.basic_RVs, *old.potentials, *old.deterministics]
        cloned = clone_replace(
            [*named, *(v for v in values.values() if v.owner)], shared, rebuild_strict=False
        )
        new = dict(zip([*named, *(v for v in values.values() if v.owner)], cloned, strict=True))
        with pm.Model(model=None) as model:
            for variable in shared.values():
                model.register_data_var(variable)
            for was in old.basic_RVs:
                rv = new[was]
                rv.name = was.name
                if was in values:
                    value = shared.get(values[was], new.get(values[was]))
                    model.observed_RVs.append(rv)
                    model.create_value_var(
                        rv, transform=None, default_transform=None, value_var=value
                    )
                else:
                    model.free_RVs.append(rv)
                    model.create_value_var(
                        rv, transform=old.rvs_to_transforms[was], default_transform=None
                    )
                    model.set_initval(rv, old.rvs_to_initial_values[was])
                model.add_named_variable(rv)
            for kind in ("potentials", "deterministics"):
                for was in getattr(old, kind):
                    new[was].name = was.name
                    getattr(model, kind).append(new[was])
                    model.add_named_variable(new[was])
        return model


def fingerprint(key: str, *arrays: Array) -> str:
    """Tell a model apart by arrays too."""
    return key + "".join(_digest(np.asarray(array)) for array in arrays)


def varying(first: Template, second: Template) -> frozenset[int]:
    """Find the numbers in which two datasets' models differ: they are data too."""
    if len(first.numbers) != len(second.numbers):
        return frozenset()
    pairs = zip(first.numbers, second.numbers, strict=True)
    return frozenset(
        i
        for i, (a, b) in enumerate(pairs)
        if a is not None and b is not None and a.shape == b.shape and _digest(a) != _digest(b)
    )


def _outputs(model: pm.Model) -> list[Variable]:
    values = [model.rvs_to_values[rv] for rv in model.observed_RVs]
    named = [*model.basic_RVs, *model.potentials, *model.deterministics]
    return [*named, *(v for v in values if v.owner)]


def _sizes(rvs: Iterable[Variable]) -> set[Variable]:
    """Collect the numbers that say how large random variables are."""
    found: set[Variable] = set()
    for rv in rvs:
        op = rv.owner.op
        if isinstance(op, RandomVariable | SymbolicRandomVariable):
            size = op.size_param(rv.owner)
            # A constant as it stands, or put together of the lengths of dimensions.
            leaves = [v for v in ancestors([size]) if v.owner is None]
            found |= {v for v in leaves if v is size or getattr(v.type, "ndim", None) == 0}
    return {v for v in found if (value := _value(v)) is not None and value.dtype.kind in "iu"}


def _value(variable: Variable) -> Array | None:
    if not isinstance(variable.type, TensorType):
        return None
    if isinstance(variable, Constant):
        return np.asarray(variable.data)
    if isinstance(variable, SharedVariable):
        return np.asarray(variable.get_value(borrow=True))
    return None


def _pattern(variable: Variable, value: Array) -> str:
    return "".join("1" if n == 1 else "n" for n in value.shape)


def _digest(value: Array) -> str:
    return hashlib.blake2b(np.ascontiguousarray(value).tobytes(), digest_size=8).hexdigest()


def _operation(node: Apply) -> str:
    """Describe an operation: its class, its properties and, if it has one, the graph inside."""
    op = node.op
    kind = type(op)
    name = f"{kind.__module__}.{kind.__qualname__}"
    words = [name, *(str(getattr(out.type, "dtype", "")) for out in node.outputs)]
    inner = getattr(op, "fgraph", None)
    if inner is not None:
        for part in inner.toposort():
            words.append(_operation(part))
            words += [_digest(v) for i in part.inputs if (v := _value(i)) is not None]
    elif hasattr(op, "_props_dict"):
        words.append(str(op._props_dict()))
    else:
        words.append(str(op))
    return " ".join(words)


def _transform(model: pm.Model, rv: Variable) -> str:
    return type(model.rvs_to_transforms[rv]).__name__


def holds_closures(model: pm.Model) -> bool:
    """Say whether the model holds Python code that may hold arrays where no graph shows them."""
    nodes = list(toposort(_outputs(model)))
    return any(
        isinstance(node.op, CustomDistRV)
        or type(node.op).__module__.partition(".")[0] not in ("pytensor", "pymc")
        for node in nodes
    )
