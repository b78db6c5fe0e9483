"""Models that know nothing of sbc: ordinary functions, and code as it stands in a notebook.

The function is called with the arrays of each dataset, and the arrays that its model then holds
are taken out of it: see `sbc.engines._template`. So it may do with them what NumPy can.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sbc.contracts import Array, Data, Estimator, Generator, OwnData, replicates, summary
from sbc.errors import UserError, unknown
from sbc.pasted import LIBRARIES, Pasted


@dataclass(frozen=True)
class Own(Estimator):
    """An estimator made of a function that nobody decorated.

    Attributes
    ----------
    optional : tuple of str
        Arguments with a default that is no number; filled where the generator has such an array.
    arrays : mapping of str to str
        Argument to the generator's array, or to ``len DIM``, the length of a dimension.
    dims : mapping of str to str
        The generator's, for the coordinates of the model around a function that opens none.
    ties : mapping of str to str
        Observed variable to the argument's array that it is about.
    varying : frozenset of int
        Which numbers in the model are data: see `sbc.engines._template`.
    """

    optional: tuple[str, ...] = ()
    arrays: Mapping[str, str] = field(default_factory=dict)
    dims: Mapping[str, str] = field(default_factory=dict)
    ties: Mapping[str, str] = field(default_factory=dict)
    varying: frozenset[int] = frozenset()
    _kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, function: Callable[..., Any], options: Mapping[str, Any]) -> Own:
        """Read a function's signature: what has no default is an array, numbers are options."""
        parameters = inspect.signature(function).parameters.values()
        plain = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        return cls(
            name=function.__name__,
            define=function,
            arguments=tuple(p.name for p in plain if p.default is p.empty),
            estimands=(),
            derived={},
            summary=summary(function),
            options=options,
            optional=tuple(
                p.name for p in plain if p.default is not p.empty and p.name not in options
            ),
        )

    @classmethod
    def of_code(cls, pasted: Pasted, file: str) -> Own:
        """Take code as it stands: what it reads and does not set are its arguments."""

        def run(**arrays: Any) -> Any:
            return execute(pasted, file, arrays)

        return cls(pasted.name, run, pasted.arguments, (), {})

    def placed(self, generator: Generator, first: Data, second: Data) -> Own:
        """Find what each argument is in a generator's data, and what in the model is data.

        Parameters
        ----------
        generator : Generator
            Whose arrays have the arguments' names, in capitals or not; ``N_GROUPS`` or ``n_groups``
            is the length of the dimension ``groups``.
        first, second : dict of str to ndarray
            Two of its datasets.

        Raises
        ------
        UserError
            If it has no such array, or the model changes from call to call.
        """
        asked = [*self.arguments, *(name for name in self.optional if name in first)]
        arrays = {name: _source(self.name, name, generator, first) for name in asked}
        made = replace(
            self,
            arguments=tuple(dict.fromkeys(s for s in arrays.values() if not s.startswith("len "))),
            arrays=arrays,
            dims=generator.dims,
            _kept={},
        )
        one, again, other = (
            made._fresh(d, aloud=not i) for i, d in enumerate((first, first, second))
        )
        if one.key != again.key or not _equal(one.arrays(), again.arrays()):
            raise UserError(
                f"'{self.name}' gives another model each time it is called with the same data; "
                "seed its random numbers"
            )
        from sbc.engines._template import varying

        made = replace(made, varying=varying(one, other))
        return replace(made, ties=made._ties(first), _kept={})

    def array_of(self, observed: str) -> str:
        """Name the array of a dataset that an observed variable is about."""
        return self.ties.get(observed, observed)

    def select(self, data: Data) -> Data:
        """State the model for a dataset and take its arrays out."""
        template = self._template(data)
        arrays = template.arrays()
        observed = {}
        for rv in template.model.observed_RVs:
            place = template.place(rv)
            for name in (place, *_twins(arrays, place)):
                observed[name] = rv.name
                if rv.name not in self.ties and rv.name in data:
                    arrays[name] = np.asarray(data[rv.name]).astype(arrays[name].dtype)
        arrays |= replicates(data)
        return OwnData(arrays, self._key(template, data), template.stated, observed)

    def _template(self, data: Data) -> Any:
        if self.arrays:
            return self._fresh(data)
        if "template" not in self._kept:  # its own data: always the same
            self._kept["template"] = self._fresh(data)
        return self._kept["template"]

    def _fresh(self, data: Data, aloud: bool = False) -> Any:
        from sbc.engines._capture import capture
        from sbc.engines._template import Template

        lengths = {dim: len(data[name]) for name, dim in self.dims.items() if name in data}
        given = {
            name: lengths[source[4:]] if source.startswith("len ") else np.asarray(data[source])
            for name, source in self.arrays.items()
        }
        coords = {dim: np.arange(length) for dim, length in lengths.items()}
        model = capture(self.define, given, coords, aloud)
        if not model.observed_RVs:
            raise UserError(f"estimator '{self.name}' observes nothing (no observed=...)")
        return Template(model, self.varying)

    def _key(self, template: Any, data: Data) -> str:
        from sbc.engines._template import fingerprint, holds_closures

        if not holds_closures(template.model):
            return template.key
        # What Python code holds of the data is in no graph: such a model serves one dataset.
        return fingerprint(template.key, *(data[name] for name in self.arguments))

    def _ties(self, data: Data) -> dict[str, str]:
        template = self._fresh(data)
        found = {}
        for rv in template.model.observed_RVs:
            value = template.arrays()[template.place(rv)]
            same = [n for n in self.arguments if _same(np.asarray(data[n]), value)]
            named = [n for n in same if n.casefold() == rv.name.casefold()]
            if same:
                found[rv.name] = (named or same)[0]
        return found


def execute(pasted: Pasted, file: str, arrays: Mapping[str, Any]) -> Any:
    """Run pasted code with arrays in place of what it reads; give its model."""
    held: dict[str, Any] = {"__name__": "sbc_pasted", "__file__": file}
    used = {n.id for n in ast.walk(pasted.code) if isinstance(n, ast.Name)}
    for name in used & LIBRARIES.keys():
        held[name] = importlib.import_module(LIBRARIES[name])
    held.update(arrays)
    exec(compile(pasted.code, file, "exec"), held)
    return held[pasted.name]


def _source(estimator: str, name: str, generator: Generator, data: Data) -> str:
    """Say which array an argument is, or the length of which dimension."""
    if name in data:
        return name
    alike = [array for array in data if array.casefold() == name.casefold()]
    if len(alike) == 1:
        return alike[0]
    for dim in generator.dims.values():
        if name.casefold() == f"n_{dim}".casefold():
            return f"len {dim}"
    where = f"in the data of '{generator.name}', for which '{estimator}' asks"
    raise unknown("array", name, data, where)


def _same(a: Array, b: Array) -> bool:
    return a.shape == b.shape and a.size > 0 and bool((a == b).all())


def _equal(a: Data, b: Data) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[n], b[n]) for n in a)


def _twins(arrays: Data, place: str) -> Iterable[str]:
    """Name the other arrays that hold the same values, if these are no mere constant."""
    value = arrays[place]
    if value.ndim == 0 or value.size < 2 or (value == value.flat[0]).all():
        return []
    others = {n: a for n, a in arrays.items() if n != place and a.dtype == value.dtype}
    return [name for name, array in others.items() if _same(array, value)]
